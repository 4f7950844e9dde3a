"""The parts of a split: the table that says which slice belongs to training, validation or test."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_csv
from ssinfnet.files.tables import read_csv

PARTS = ("train", "validation", "test")
SHOWN = 10  # groups in a message


def read_split(path: str | Path, *, by: str | None = None) -> pd.DataFrame:
    """The table of a split file; with `by: group`, a group on two sides is an error that names it."""
    table = read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != ["id", "group", "part"] or not set(table["part"]) <= set(PARTS):
        raise InputError(f"{path}: not a split table (columns id, group, part; parts {', '.join(PARTS)})")
    if by == "group" and (torn := torn_groups(table)):
        raise InputError(f"{path}: group on two sides of the split: {', '.join(torn)}")
    return table


def write_split(path: str | Path, table: pd.DataFrame) -> None:
    """Write the table as CSV, atomically."""
    write_csv(path, table)


def part_ids(table: pd.DataFrame, part: str) -> list[str]:
    """The slice ids of a part, in order."""
    return list(table.loc[table["part"] == part, "id"])


def torn_groups(table: pd.DataFrame) -> dict[str, list[str]]:
    """The groups that lie on several sides of the split, each with its parts in the order of `PARTS`."""
    several = table.groupby("group")["part"].agg(set)
    return {group: [part for part in PARTS if part in found] for group, found in several.items() if len(found) > 1}


def describe_torn(table: pd.DataFrame) -> str:
    """What to tell about groups on two sides of the split, without a full stop; empty where there are none."""
    torn = torn_groups(table)
    if not torn:
        return ""
    shown = [f"{group} ({' and '.join(found)})" for group, found in list(torn.items())[:SHOWN]]
    more = f", and {len(torn) - SHOWN:,} more" if len(torn) > SHOWN else ""
    verb = "group lies" if len(torn) == 1 else "groups lie"
    return (
        f"{len(torn):,} {verb} on two sides of the split, so scores may be better than those of new patients: "
        f"{', '.join(shown)}{more}"
    )


def tested(tables: Sequence[pd.DataFrame]) -> dict[str, int]:
    """How the splits of several seeds test the same slices: `slices` in all, how many are `tested`, and how often.

    `least` and `most` are the numbers of splits in whose test part a slice is.
    """
    times = pd.concat([table.set_index("id")["part"] == "test" for table in tables], axis=1).sum(axis=1)
    numbers = {"slices": len(times), "tested": (times > 0).sum(), "least": times.min(), "most": times.max()}
    return {name: int(number) for name, number in numbers.items()}
