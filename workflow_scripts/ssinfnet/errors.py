"""The error a user can act on, as opposed to a defect of ours."""

from collections.abc import Sequence
from pathlib import Path

_ITEM = "\n  - "


class InputError(Exception):
    """Bad input: the message names the file and the remedy; commands print it without a traceback.

    What cannot be printed (a line break in a file's name, an escape sequence in its content) is shown as its code, so
    that the only line breaks of a message are those of a list.
    """

    def __init__(self, message: str):
        super().__init__(_ITEM.join(map(_printable, message.split(_ITEM))))

    @classmethod
    def from_defects(cls, subject: str | Path, defects: Sequence[str]) -> "InputError":
        """One error for all `defects` of `subject`: a single line for one, a list for several."""
        if len(defects) == 1:
            return cls(defects[0])
        return cls(_ITEM.join([f"{len(defects)} defects in {subject}:", *defects]))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text.strip())
