"""Names of slices and groups as people write them in tables: which of them mean the same."""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ssinfnet.files import folders, user_table
from ssinfnet.files.pictures import SUFFIXES


def find_slices(written: Collection[str], names: Sequence[str]) -> dict[str, str | None]:
    """Which of the slices `names` each of the `written` ids means; None where it is none, or not clear which.

    That is the slice of that very id, else the only one that is called so but for a suffix, case or leading zeros and
    that is not written out itself.
    """
    similar: dict[str, list[str]] = {}
    for name in names:
        similar.setdefault(key(name), []).append(name)
    known, result = set(names), {}
    for text in written:
        others = [name for name in similar.get(key(_without_suffix(text)), []) if name not in written]
        result[text] = text if text in known else others[0] if len(others) == 1 else None
    return result


def say_guessed(path: Path, found: dict[str, str | None]) -> None:
    """Say on standard error which ids of the table `path` were not spelt as those of the slices."""
    if guessed := [f"{text!r} as {name!r}" for text, name in found.items() if name not in (None, text)]:
        folders.say(f"{path}: {len(guessed)} ids are not those of the pictures; taken {few(guessed)}")


def key(name: str) -> str:
    """The same for all spellings of a name: `P1`, `p01`, `P 1`, `P-1`; `1` and `1.0`; `Patient 1` and `patient_1`."""
    name = re.sub(r"^(\d+)\.0+$", r"\1", user_table.folded(name))  # from a spreadsheet
    name = re.sub(r"(?<=[^\W\d_])[ _-]+(?=\d)", "", name)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", re.sub(r"[ _-]+", "_", name))


def few(texts: Iterable[str]) -> str:
    """The first of some texts, and how many more there are."""
    texts = list(texts)
    more = f", and {len(texts) - folders.SHOWN:,} more" if len(texts) > folders.SHOWN else ""
    return ", ".join(texts[: folders.SHOWN]) + more


def _without_suffix(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix.lower() in SUFFIXES else name
