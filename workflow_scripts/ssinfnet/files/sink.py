"""A file for libraries that do not survive a failed write."""

import io


class Sink(io.FileIO):
    """A new file, to be given to `h5py.File`, whose writes fail only when `check` is called.

    HDF5 crashes some time after a write that failed, at the latest when the process ends. So it is never told, and
    what it writes from then on is dropped.
    """

    def __init__(self, path):
        super().__init__(path, "w+")
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the error of the first write that failed, if any did."""
        if self._error:
            raise self._error

    def write(self, data) -> int:
        """Write all of `data`, or keep the error for `check`."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._error = self._error or error
        return size

    def truncate(self, size=None) -> int:
        """Set the size of the file, or keep the error for `check`."""
        try:
            return super().truncate(size)
        except OSError as error:
            self._error = self._error or error
            return size
