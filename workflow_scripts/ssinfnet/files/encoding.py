"""The letters of a text file that somebody saved."""

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from ssinfnet.errors import InputError

_MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF32_LE: "UTF-32",  # begins as UTF-16 does, so it stands before it
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}

_ALONE = re.compile(r"(?<=[A-Za-z])[^\0-\x7f](?![^\0-\x7f])|(?<![^\0-\x7f])[^\0-\x7f](?=[A-Za-z])")


class Text(NamedTuple):
    """A file's text, the name of its encoding, and whether letters beyond ASCII are surely the right ones."""

    text: str
    name: str
    sure: bool


def decode(path: Path, content: bytes) -> Text:
    """The text of a file: Unicode of any kind, or GB18030 where its letters look like Chinese.

    Else the letters beyond ASCII stay unknown: Latin-1, Big5 and Shift-JIS cannot be told apart by a few names, so they
    are placeholders, and whoever needs one of them refuses the file. Raises `InputError` for damaged Unicode.
    """
    name = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None) or _by_zeros(content)
    if name:
        try:
            return Text(content.decode("utf-8-sig" if name == "UTF-8" else name), name, True)
        except UnicodeDecodeError:
            raise InputError(f"{path}: cannot be read as {name} (damaged, or cut off); save it as UTF-8") from None
    try:
        return Text(content.decode("utf-8"), "UTF-8", True)
    except UnicodeDecodeError:
        pass
    chinese = _chinese(content)
    return Text(chinese, "GB18030", True) if chinese else Text(content.decode("latin-1"), "an unknown encoding", False)


def _by_zeros(content: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of mostly ASCII is zero."""
    head = content[:4096]
    for start, name in ((1, "UTF-16-LE"), (0, "UTF-16-BE")):
        zeros, others = head[start::2], head[1 - start :: 2]
        if zeros and zeros.count(0) > len(zeros) / 2 and not others.count(0):
            return name
    return None


def _chinese(content: bytes) -> str | None:
    """The text in GB18030 if most of its letters are among the 7,000 usual ones, and few stand alone within a word.

    An accent of Latin-1 and the letter after it make a character of GB18030 too, but never one of these; two accents in
    a row may make one, within a word of ASCII.
    """
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return None
    letters = [letter for letter in text if not letter.isascii()][:10_000]
    usual = sum(bool(letter.encode("gb2312", errors="ignore")) for letter in letters)
    alone = len(_ALONE.findall(text[:1_000_000]))
    return text if usual >= len(letters) / 2 and alone <= len(letters) / 10 else None
