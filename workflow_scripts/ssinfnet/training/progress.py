"""What a person sees of a long training: one line per epoch, with the time that is left."""

import sys
import time


class Progress:
    """Prints a line per epoch to stderr."""

    def __init__(self, first: int, last: int):
        """Epochs count from `first` + 1 to `last`."""
        self._first, self._last = first, last
        self._start = time.monotonic()

    def report(self, epoch: int, message: str) -> None:
        """Report the end of `epoch` (counted from 1)."""
        each = (time.monotonic() - self._start) / (epoch - self._first)
        left = each * (self._last - epoch)
        print(f"epoch {epoch}/{self._last}  {message}  {each:.1f} s/epoch  ETA {_clock(left)}", file=sys.stderr)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
