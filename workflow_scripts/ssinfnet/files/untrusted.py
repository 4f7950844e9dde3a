"""Files from outside, looked at before a parser gets them.

A pipe would hang a reader, a device never ends, and a parser that is given gigabytes fails late and with any kind of
error. So every reader asks here first. Links are followed: whoever keeps the data elsewhere has chosen so.
"""

import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from ssinfnet.errors import InputError

MIB = 2**20

# Where in a file, and what stands there.
_SIGNATURES = (
    (128, (b"DICM",), "DICOM"),
    (0, (b"\x02\x00\x00\x00", b"\x08\x00\x00\x00", b"\x08\x00\x05\x00"), "DICOM"),  # without preamble
    (344, (b"n+1\0", b"ni1\0"), "NIfTI"),
    (4, (b"n+2\0\r\n", b"ni2\0\r\n"), "NIfTI"),
    (0, (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "a picture"),
    (0, (b"GIF8", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"), "a picture of another kind"),
    (8, (b"WEBP",), "a picture of another kind"),
    (4, (b"ftyphei", b"ftypmif1", b"ftypavif"), "a picture of another kind"),
    (0, (b"\x93NUMPY",), "a NumPy array"),
    (0, (b"NRRD000", b"ObjectType = Image"), "a volume"),
    (0, (b"\x1f\x8b",), "gzip"),
    (0, (b"PK\x03\x04",), "a zip archive"),
    (0, (b"\x89HDF",), "HDF5"),
    (0, (b"%PDF",), "PDF"),
)
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""Sizes of the second header of a BMP: "BM" alone begins many a text."""
HEAD = 512
"""Bytes from which `recognise` tells a format."""


def check(path: str | Path, limit: int | None = None) -> Path:
    """`path`, once it is known to be a file that can be opened, of at most `limit` bytes; else `InputError`."""
    path = Path(path)
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise InputError(f"{path}: cannot be read (it is a folder)")
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{path}: cannot be read (it is a pipe, a socket or a device)")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise InputError(f"{path}: cannot be read (no such file)") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if limit is not None and state.st_size > limit:
        raise InputError(f"{path}: cannot be read ({state.st_size:,} bytes are more than {limit:,})")
    return path


def read(path: str | Path, limit: int) -> bytes:
    """The content of a file, as `check` has it."""
    path = check(path, limit)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def recognise(head: bytes) -> str | None:
    """What a file is by its first `HEAD` bytes, in words; None when that is not one of a few well-known formats."""
    if head[:HEAD].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a web page"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "a picture"
    return next((name for place, marks, name in _SIGNATURES if head[place:].startswith(marks)), None)


def is_inside(name: str) -> bool:
    """Whether a relative path, as an archive or a manifest states it, stays below the folder that it starts from."""
    parts = PurePosixPath(name).parts
    # A backslash or a drive is harmless here but not where the same archive is unpacked on Windows.
    portable = "\\" not in name and not PureWindowsPath(name).drive
    return portable and bool(parts) and "/" not in parts and ".." not in parts
