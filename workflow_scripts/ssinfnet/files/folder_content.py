"""What a user's folder holds, as one text that changes exactly when a file in it does."""

import hashlib
import json
import os
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_text
from ssinfnet.files.hashes import file_hash

_CLUTTER = re.compile(
    r"\..*|(eh)?thumbs\.db|desktop\.ini|icon\r|@eadir|__macosx|\$recycle\.bin|lost\+found|~\$.*|.*~", re.IGNORECASE
)
_NO_DATA = re.compile(
    r".*\.(md|rst|rtf|pdf|docx?|odt|pptx?|html?|ya?ml|toml|json|smk|py|ipynb|sh|tmp|bak|lnk|url|log)"
    r"|(readme|licen[cs]e)(\.txt)?|snakefile|makefile",
    re.IGNORECASE,
)
_SETTLED = 2.0  # seconds after which a file system shows a further change of a file by its times


def is_clutter(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or was left by a system or an editor."""
    return bool(_CLUTTER.fullmatch(name))


def is_no_data(name: str) -> bool:
    """Whether a file of this name is never read: clutter, a document, a program, a config."""
    return is_clutter(name) or bool(_NO_DATA.fullmatch(name))


def walk(folder: Path, leave_out: Collection[str | Path] = ()) -> Iterator[Path]:
    """The files below `folder` that may be read, links followed, but for the folders `leave_out`.

    Raises `InputError` for what cannot be looked into.
    """
    left_out = {Path(path).resolve() for path in leave_out}
    waiting = [(folder, left_out | {folder.resolve()})]
    while waiting:
        place, closed = waiting.pop()
        try:
            for entry in os.scandir(place):
                path = Path(entry.path)
                if entry.is_file() and not is_no_data(entry.name):
                    yield path
                elif is_clutter(entry.name) or not entry.is_dir():
                    continue
                elif (real := path.resolve()) not in closed:  # else left out, or a ring of links
                    waiting.append((path, closed | {real}))
        except OSError as error:
            raise InputError(f"{error.filename or place}: cannot be read ({error.strerror})") from None


def describe(
    folder: str | Path, cache: str | Path, *, leave_out: Collection[str | Path] = (), keep: bool = True
) -> str:
    """Number and SHA-256 of names and contents of the files below `folder` that may be read (`walk`).

    Times do not count. `cache` is a JSON file of hashes: a file whose size, times and inode are as they were is not
    read again; with `keep` it is brought up to date. Raises `InputError` for a folder that is missing, empty or
    unreadable.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"the folder {folder} of the config does not exist")
    known, current, lines = _read(cache), {}, []
    for path in walk(folder, leave_out):
        name = os.fsencode(path.relative_to(folder)).decode(errors="backslashreplace")
        try:
            state = path.stat()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from None
        stamp = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
        found = known.get(name)
        if not (isinstance(found, list) and found[:-1] == stamp):
            found = [*stamp, file_hash(path)]
        # A file that was changed just now can change again without another time; it is read the next time as well.
        if max(state.st_mtime, state.st_ctime) < time.time() - _SETTLED:
            current[name] = found
        lines.append(f"{found[-1]}  {name}\n")
    if not lines:
        raise InputError(f"the folder {folder} of the config is empty")
    if keep and current != known:
        write_text(cache, json.dumps(current))
    digest = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    return f"{len(lines)} files, SHA-256 {digest}"


def _read(cache: str | Path) -> dict[str, list]:
    try:
        values = json.loads(Path(cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
