"""The parts of a split: the table that says which slice belongs to training, validation or test."""

from pathlib import Path

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_csv
from ssinfnet.files.tables import read_csv

PARTS = ("train", "validation", "test")


def read_split(path: str | Path, *, by: str | None = None) -> pd.DataFrame:
    """The table of a split file; with `by: group`, a group on two sides is an error that names it."""
    table = read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != ["id", "group", "part"] or not set(table["part"]) <= set(PARTS):
        raise InputError(f"{path}: not a split table (columns id, group, part; parts {', '.join(PARTS)})")
    if by == "group" and (torn := _torn(table)):
        raise InputError(f"{path}: group on two sides of the split: {', '.join(torn)}")
    return table


def write_split(path: str | Path, table: pd.DataFrame) -> None:
    """Write the table as CSV, atomically."""
    write_csv(path, table)


def part_ids(table: pd.DataFrame, part: str) -> list[str]:
    """The slice ids of a part, in order."""
    return list(table.loc[table["part"] == part, "id"])


def _torn(table: pd.DataFrame) -> list[str]:
    parts = table.groupby("group")["part"].nunique()
    return list(parts.index[parts > 1])
