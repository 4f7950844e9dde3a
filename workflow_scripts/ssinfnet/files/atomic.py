"""Files that are either whole or absent."""

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ssinfnet.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_TEMPORARY = ".partial-"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success sync it and rename it to `path`, else remove it.

    The folder is created when missing. Readers never see a half-written file, and an existing file
    survives a failed write. Raises `InputError` when the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix stays, as some writers choose the format by it.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{_TEMPORARY}{path.stem}-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except InputError:
        raise
    except Exception as error:
        if not _is_full_disk(error):
            raise
        raise InputError(
            f"{path}: no space left on the disk (or of the quota); free some and run the same command again"
        ) from None


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_csv(path: str | Path, table: "pd.DataFrame", *, digits: int | None = None) -> None:
    """Write a table as CSV without its index, atomically; floats with so many significant `digits` (default: all)."""
    float_format = f"%.{digits}g" if digits else None
    write_text(path, table.to_csv(index=False, lineterminator="\n", float_format=float_format))


def remove_temporaries(folder: str | Path, *, hours: float = 0) -> None:
    """Remove what killed processes left of `atomic_path` in `folder` and below, if untouched for so many hours.

    With 0 hours, call it only while nothing writes there.
    """
    for path in Path(folder).rglob(f"{_TEMPORARY}*"):
        with suppress(FileNotFoundError):  # whoever still writes it may just have renamed it
            if path.stat().st_mtime <= time.time() - 3600 * hours:
                path.unlink()


def _is_full_disk(error: Exception) -> bool:
    # Libraries written in C or Rust wrap the system's error into one of their own, and keep its text.
    texts = [os.strerror(number) for number in _NO_SPACE]
    return getattr(error, "errno", None) in _NO_SPACE or any(text in str(error) for text in texts)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
