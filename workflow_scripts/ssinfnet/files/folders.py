"""What is in a person's folder: all of it, links followed, and which of it is not read, with why.

So that nothing is left out in silence, a reader lists with `entries` or `files` and, of the paths that it got so, says
what it does not read by `tell(folder, unread(folder, read_paths))`. `pictures` does both for all pictures of a folder.
"""

import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ssinfnet.errors import InputError
from ssinfnet.files import folder_content, untrusted, user_table
from ssinfnet.files import pictures as picture_files
from ssinfnet.files.pictures import WINDOWED, natural_key

SHOWN = 5
"""Files of one kind that are named; the others are counted."""
_ELSEWHERE = "it lies where no picture is looked for"


class Unread(NamedTuple):
    """A file or folder that is not read, and why: the words after "is not read:"."""

    path: Path
    why: str


def entries(folder: Path) -> list[Path]:
    """What lies directly in `folder`, in natural order; `InputError` where nobody may look."""
    try:
        return sorted(folder.iterdir(), key=lambda path: natural_key(path.name))
    except FileNotFoundError:
        raise InputError(f"{folder}: no such folder") from None
    except OSError as error:
        reason = f"cannot be looked into ({error.strerror})"
        raise InputError(f"{folder}: {reason}; allow reading it, or move it elsewhere") from None


def files(folder: str | Path) -> list[Path]:
    """All files below `folder` in natural order, hidden ones left out, links to files and folders followed.

    Each folder counts once, where it really lies if that is below `folder`, else at its first link; a link to a folder
    above is not followed. Raises `InputError` that lists all folders that cannot be looked into.
    """
    return _look(Path(folder))[0]


def pictures(folder: str | Path) -> list[Path]:
    """The pictures among `files`; all else is named on standard error. Raises as `part`."""
    result, left_out = part(folder)
    tell(folder, left_out)
    return result


def part(folder: str | Path) -> tuple[list[Path], list[Unread]]:
    """The pictures among `files`, and all else.

    Raises `InputError` as `files`, and where there is DICOM, which means that slices would be left out.
    """
    result = [path for path in files(folder) if is_picture(path)]
    left_out = unread(folder, result)
    if dicom := [one.path for one in left_out if one.why.startswith("DICOM")]:
        raise InputError(f"{folder}: {len(dicom)} DICOM files, such as {dicom[0]}, are not read; {WINDOWED}")
    return result, left_out


def is_hidden(path: Path) -> bool:
    """Whether a file or folder is there for the system, not for its owner; it is not tracked either."""
    return folder_content.is_clutter(path.name)


def is_picture(path: Path) -> bool:
    """Whether a file should be a picture that `pictures` reads (see `files.pictures.is_picture`), closed ones too."""
    return _kind(path) == "file" and picture_files.is_picture(path)


def unread(
    folder: str | Path, read_paths: Iterable[Path], *, of_pictures: str = _ELSEWHERE, of_tables: str = "a table"
) -> list[Unread]:
    """Everything below `folder` that is not among `read_paths`, which start as `folder` does; hidden folders as one.

    `of_pictures` and `of_tables` are why one that could be read was left out. Raises as `files`.
    """
    found, left_out = _look(Path(folder))
    read = set(read_paths)
    left_out += [Unread(path, why(path, of_pictures, of_tables)) for path in found if path not in read]
    return sorted(left_out, key=lambda one: natural_key(one.path))


def why(path: Path, of_pictures: str = _ELSEWHERE, of_tables: str = "a table") -> str:
    """Why a file is not read where pictures are, with what helps if it may be a slice."""
    suffix = path.suffix.lower()
    if is_picture(path):
        return of_pictures
    if suffix in user_table.SUFFIXES:
        return of_tables
    kind = path.is_file() and (_content(path) or {".npz": "a NumPy array"}.get(suffix))
    if kind in ("DICOM", "NIfTI", "gzip", "a NumPy array"):
        kind = "NIfTI" if path.name.lower().endswith(".nii.gz") else kind
        return f"{kind}; {WINDOWED}"
    if kind == "a picture":
        return f"a picture with the suffix {suffix}; rename it"
    return f"{kind}; save it as PNG" if kind == "a picture of another kind" else kind or _no_file(path) or "no picture"


def tell(folder: str | Path, left_out: Iterable[Unread]) -> None:
    """Name on standard error what is not read: a line each for the first `SHOWN` of a kind, and one for the rest."""
    kinds: dict[str, list[Path]] = {}
    for path, reason in left_out:
        kinds.setdefault(reason, []).append(path)
    for reason, paths in kinds.items():
        shown = paths if len(paths) == SHOWN + 1 else paths[:SHOWN]
        say(*(f"{path} is not read: {reason}" for path in shown))
        if len(paths) > len(shown):
            say(f"and {len(paths) - len(shown):,} more of this kind in {folder} are not read: {reason}")


def say(*lines: str) -> None:
    """Print lines on standard error, in which a strange name breaks nothing."""
    for line in lines:
        print(InputError(line), file=sys.stderr)


def _look(folder: Path) -> tuple[list[Path], list[Unread]]:
    """All files, and what was left out on the way; linked folders come after all others, so a real place wins."""
    entries(folder)  # is it there?
    found, left_out, closed = [], [], []
    above = folder.resolve()
    seen = {_identity(place) for place in (above, *above.parents)}
    places, links = [folder], []
    while places or links:
        if not places:
            place = links.pop(0)
            if _identity(place) in seen:
                left_out.append(Unread(place, "a link to a folder that is read already, or that it is in"))
                continue
            places.append(place)
        place = places.pop(0)
        seen.add(_identity(place))
        try:
            inside = entries(place)
        except InputError as error:
            closed.append(str(error))
            continue
        for path in inside:
            kind = _kind(path)
            if is_hidden(path):
                left_out.append(Unread(path, "hidden"))
            elif kind == "folder":
                (links if path.is_symlink() else places).append(path)
            elif kind == "file":
                found.append(path)
            else:
                left_out.append(Unread(path, kind))
    if closed:
        raise InputError.from_defects(folder, closed)
    return sorted(found, key=natural_key), left_out


def _kind(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return "a link that leads nowhere" if path.is_symlink() else str(error.strerror)
    if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
        return "folder" if stat.S_ISDIR(mode) else "file"
    return "a pipe, a socket or a device"


def _no_file(path: Path) -> str | None:
    kind = _kind(path)
    return {"file": None, "folder": "a folder"}.get(kind, kind)


def _identity(place: Path) -> tuple[int, int]:
    state = place.stat()
    return state.st_dev, state.st_ino


def _content(path: Path) -> str | None:
    """What a file is by its first bytes; None for what is unknown, no file, or closed."""
    if _kind(path) != "file":
        return None
    try:
        with path.open("rb") as file:
            head = file.read(untrusted.HEAD)
    except OSError as error:
        return f"cannot be opened ({error.strerror})"
    return untrusted.recognise(head) if head else "empty"
