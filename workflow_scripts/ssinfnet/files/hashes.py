"""SHA-256 of files and folders."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from ssinfnet.errors import InputError


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits; raises `InputError` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def path_hash(path: Path) -> str:
    """SHA-256 of a file, or one for all files of a folder (`files_hash`)."""
    if path.is_file():
        return file_hash(path)
    return files_hash({file.relative_to(path).as_posix(): file for file in shown_files(str(path))})


def files_hash(files: Mapping[str, Path]) -> str:
    """One SHA-256 for several files by name: that of what `sha256sum NAME ...` prints for the names in order."""
    lines = (f"{file_hash(files[name])}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def shown_files(word: str) -> list[Path]:
    """The file of this name, or all files of the folder but hidden ones, as locks are; none where there is neither.

    Links are followed, as those who read a folder follow them.
    """
    path = Path(word)
    if not exists(word) or path.is_file():
        return [path] if exists(word) else []
    found: list[Path] = []
    above = {str(path): {path.resolve()}}  # the folders on the way to each, so that a ring of links has an end
    for place, folders, names in os.walk(path, followlinks=True):
        closed = above.pop(place)
        real = {name: Path(place, name).resolve() for name in folders if not name.startswith(".")}
        folders[:] = [name for name in real if real[name] not in closed]
        above |= {str(Path(place, name)): closed | {real[name]} for name in folders}
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(file for file in found if file.is_file())


def exists(word: str) -> bool:
    """Whether a word names a file or folder; never an error."""
    try:
        return bool(word) and Path(word).exists()
    except (OSError, ValueError):  # too long for a name, or none at all
        return False
