"""Work on a file that one process does at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ssinfnet.errors import InputError


@contextmanager
def alone(path: str | Path) -> Iterator[None]:
    """Wait until no other process works on `path`, then hold it; its folder is created when missing.

    The lock is the kernel's (flock) on `.lock-NAME`, so it ends with its process, however that ends; NFS passes it on
    to other machines. Where a file system has no such locks, filelock falls back to the presence of the file and warns.
    Raises `InputError` when the folder cannot be written to.
    """
    import filelock

    path = Path(path)
    file = path.with_name(f".lock-{path.name}")
    lock = filelock.FileLock(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            print(f"{path}: another process is at it; waiting for it to end", file=sys.stderr, flush=True)
            lock.acquire()
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); make its folder writable") from None
    try:
        yield
    finally:
        # While the lock is held: whoever waits sees that the file has gone, and makes a new one.
        file.unlink(missing_ok=True)
        lock.release()
