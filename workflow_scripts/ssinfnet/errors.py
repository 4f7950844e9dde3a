"""The error a user can act on, as opposed to a defect of ours."""

from collections.abc import Sequence
from pathlib import Path


class InputError(Exception):
    """Bad input: the message names the file and the remedy; commands print it without a traceback."""

    @classmethod
    def from_defects(cls, subject: str | Path, defects: Sequence[str]) -> "InputError":
        """One error for all `defects` of `subject`: a single line for one, a list for several."""
        if len(defects) == 1:
            return cls(defects[0])
        return cls("\n  - ".join([f"{len(defects)} defects in {subject}:", *defects]))
