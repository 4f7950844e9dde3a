"""Unpacking of zip archives that come from elsewhere."""

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted

MAX_FILES = 20_000
MAX_BYTES = 8 * 2**30
"""More than the nine volumes of MedSeg's set 2 would have with eight bytes a voxel."""
MAX_RATIO = 1_000
"""Largest ratio of unpacked to packed size; deflate reaches 1,032 on constant data, a scan's masks some hundred."""

_CHUNK = 1 << 20
# The two methods that zipfile unpacks piece by piece; the others return in one go whatever a piece unpacks to.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@contextmanager
def unpacked(
    path: str | Path, *, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES, max_ratio: float = MAX_RATIO
) -> Iterator[Path]:
    """Yield a temporary folder with the content of the zip archive `path`; it is removed at the end.

    Raises `InputError` that lists every defect, before anything is written: not a zip, an absolute path or `..`,
    a link or device, an encrypted or repeated entry, more than `max_files` files, `max_bytes` bytes or a `max_ratio`
    of unpacked to packed size, or more than the disk has room for. A wrong checksum is found while unpacking.
    """
    path = Path(path)
    with (
        _open(path, max_files, max_bytes, max_ratio) as archive,
        tempfile.TemporaryDirectory(prefix="ssinfnet-") as folder,
    ):
        entries = [entry for entry in _files(archive) if not _is_clutter(entry.filename)]
        size, free = sum(entry.file_size for entry in entries), shutil.disk_usage(folder).free
        if size > free:
            raise InputError(f"{path}: unpacks to {size:,} bytes, but {folder} has room for {free:,}; set TMPDIR")
        for entry in entries:
            target = Path(folder, *PurePosixPath(entry.filename).parts)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                # zipfile reads no more than the size stated in the directory, which was checked above.
                with archive.open(entry) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy, _CHUNK)
            except Exception as error:  # zipfile raises many kinds for a broken archive
                raise InputError(f"{path}: {entry.filename} cannot be unpacked ({error}); fetch it again") from None
        yield Path(folder)


def inspect(
    path: str | Path, *, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES, max_ratio: float = MAX_RATIO
) -> dict[str, int]:
    """The unpacked size of each file of a zip archive by name; reads no file, but raises `InputError` as `unpacked`."""
    with _open(Path(path), max_files, max_bytes, max_ratio) as archive:
        return {entry.filename: entry.file_size for entry in _files(archive)}


def check(path: str | Path) -> None:
    """Read the zip archive `path` to its end; raises `InputError` as `unpacked`, and when it is not whole."""
    with _open(Path(path), MAX_FILES, MAX_BYTES, MAX_RATIO) as archive:
        try:
            broken = archive.testzip()
        except Exception as error:  # zipfile raises many kinds for a broken archive
            raise InputError(f"{path}: damaged zip archive ({error}); fetch it again") from None
    if broken:
        raise InputError(f"{path}: damaged zip archive ({broken} has a wrong checksum); fetch it again")


@contextmanager
def _open(path: Path, max_files: int, max_bytes: int, max_ratio: float) -> Iterator[zipfile.ZipFile]:
    """The archive, once its directory is known to be harmless."""
    untrusted.check(path)
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # zipfile raises many kinds for a broken archive
        raise InputError(f"{path}: not a whole zip archive ({error}); fetch it again") from None
    with archive:
        # By the size of the file, as entries that share their bytes state them twice.
        defects = _defects(list(_files(archive)), path.stat().st_size, max_files, max_bytes, max_ratio)
        if found := [f"{path}: {defect}" for defect in defects]:
            raise InputError.from_defects(path, found)
        yield archive


def _files(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    return (entry for entry in archive.infolist() if not entry.filename.endswith("/"))


def _is_clutter(name: str) -> bool:
    """What macOS adds to every archive."""
    return name.startswith("__MACOSX/") or name.endswith(".DS_Store")


def _defects(
    entries: list[zipfile.ZipInfo], packed: int, max_files: int, max_bytes: int, max_ratio: float
) -> Iterator[str]:
    if len(entries) > max_files:
        yield f"holds {len(entries)} files, more than {max_files}"
        return
    size = sum(entry.file_size for entry in entries)
    if size > max_bytes:
        yield f"unpacks to {size} bytes, more than {max_bytes}"
    if size > max_ratio * max(packed, 1):
        yield f"unpacks to {size / max(packed, 1):.0f} times its size, more than {max_ratio:g}"
    names = set()
    for entry in entries:
        name = entry.filename
        if not untrusted.is_inside(name):
            yield f"{name!r} would be written outside of the folder"
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            yield f"{name!r} is a link or a special file"
        if entry.flag_bits & 1:
            yield f"{name!r} is encrypted"
        if entry.compress_type not in _METHODS:
            yield f"{name!r} is packed by a method other than deflate"
        if name.casefold() in names:
            yield f"{name!r} is there twice"
        names.add(name.casefold())
