"""What is told of a scan to others than its maker."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ssinfnet.errors import InputError

_BELOW = r"[^:;\n\"<>|]*"
"""What may stand before the last separator of a path in our messages; a folder may be called `Doe, Jo (old)`."""
_ABSOLUTE = re.compile(rf"(?<![\w/\\.:])(?:[A-Za-z]:[/\\]|\\\\|/)(?! ){_BELOW}[/\\]")
_SEPARATOR = re.escape(os.sep)


def without_folders(text: str, known: Sequence[str | Path] = ()) -> str:
    """An error's words with the names of files alone, as pages and tables are shown to others than their maker.

    Folders of paths from a root go, whatever system wrote them, and of relative ones those of files that are there and
    those of the `known` paths and below them. Rather a word too many goes than a folder's name stays.
    """
    text = "\n".join(map(_without_its_folder, text.split("\n")))
    # Messages show what cannot be printed by its code, so paths are looked for in the same way.
    for path in sorted({str(InputError(str(one))) for one in known}, key=len, reverse=True):
        if path in (os.curdir, os.pardir):
            continue
        text = re.sub(rf"{re.escape(path)}{_SEPARATOR}(?:{_BELOW}{_SEPARATOR})?", "", text)
        text = text.replace(path, Path(path).name)
    return _ABSOLUTE.sub("", text)


def _without_its_folder(line: str) -> str:
    """A line that begins with the path of a file, as most of our messages do, with its name instead."""
    start = re.match(r"\s*(?:- )?", line)[0]
    head, colon, rest = line[len(start) :].partition(": ")
    try:
        there = bool(colon) and Path(head).exists()
    except (OSError, ValueError):  # too long, or no name of a file
        there = False
    return f"{start}{Path(head).name or head}{colon}{rest}" if there else line
