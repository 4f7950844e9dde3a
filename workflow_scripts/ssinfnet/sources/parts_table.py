"""A user's own split: a table that says of each slice whether it is for training, validation or test."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files import user_table
from ssinfnet.slices.parts import PARTS
from ssinfnet.sources import spelling

COLUMNS = ("id", "part")
_SHOWN = 40  # letters of a word that is no part
_SPELLINGS = {
    "train": ("train", "training", "tr"),
    "validation": ("validation", "val", "valid", "validate"),
    "test": ("test", "testing", "tst", "te"),
}


def read_parts(path: Path, ids: Sequence[str]) -> pd.DataFrame:
    """The part of each of the slices `ids`, in their order, as the table `path` has it: columns id and part.

    Any form that `user_table` reads. Ids are matched as those of groups are (see `spelling`), and what was not spelt
    alike is said on standard error. Raises `InputError` that lists every slice without a row, row without a slice,
    word that is no part and slice in two parts, and the parts that stay empty.
    """
    table = user_table.read(path, COLUMNS)
    found = spelling.find_slices(dict.fromkeys(table["id"]), ids)
    defects: list[str] = []
    rows: dict[str, dict[str, int]] = {}  # by slice and part, the first row that says so
    listed = set()
    for row, written, word in table.itertuples():
        name, part = found[written], part_of(word)
        if name is None:
            defects.append(f"{path}: row {row}: there is no slice {written!r}")
            continue
        listed.add(name)
        if part is None:
            said = f"{word[:_SHOWN]!r} is no part" if word else f"slice {name} has no part"
            defects.append(f"{path}: row {row}: {said}; the parts are {', '.join(PARTS)}")
            continue
        rows.setdefault(name, {}).setdefault(part, row)
    for name, several in rows.items():
        if len(several) > 1:
            places = " and ".join(f"{part} (row {row})" for part, row in several.items())
            defects.append(f"{path}: slice {name} is in {places}; keep one of them")
    defects += [f"{path}: no row for slice {name}" for name in ids if name not in listed]
    if not defects:
        filled = {part for several in rows.values() for part in several}
        defects = [f"{path}: the part {part} has no slice" for part in PARTS if part not in filled]
    if defects:
        raise InputError.from_defects(path, defects)
    spelling.say_guessed(path, found)
    return pd.DataFrame({"id": list(ids), "part": [next(iter(rows[name])) for name in ids]})


def part_of(word: str) -> str | None:
    """The part that a word means (`Train`, `training set`, `val`, `Testing`); None where it is no part."""
    plain = user_table.folded(word)
    for ending in ("set", "data", "split"):
        plain = plain.removesuffix(ending).rstrip(" _-")
    return next((part for part, spellings in _SPELLINGS.items() if plain in spellings), None)
