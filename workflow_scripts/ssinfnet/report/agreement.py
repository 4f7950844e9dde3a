"""Whether ours agree with the numbers that the paper prints, number by number, by one rule.

A printed number agrees where it lies in our 95 % interval (bootstrap over groups), widened by what its rounding hides:
half of its last digit. Else our whole interval lies on one side of it, and ours is better or worse, for an error the
other way round. The printed standard error is not used, as it is over slices, which are not independent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

FEWEST = 5
"""Groups, or patients on the rarer side, below which an interval from resampling is too narrow to judge by: of three
that are drawn by chance alone, all lie above the middle once in eight times."""
AGREES, BETTER, WORSE = "agrees", "better", "worse"
UNDECIDED, NOT_ATTEMPTED, NOT_COMPARABLE = "undecided", "not attempted", "not comparable"
PHANTOM = "the phantom's numbers are not comparable with those of patients"
NO_METHOD = "no method {} in this run"
LOWER_IS_BETTER = ("mae",)
OURS = {"severity": "slices_published"}
"""Our target for a printed one that has another name: the paper scores pictures, and its authors' code has cut-offs."""


class Verdict(NamedTuple):
    """What became of a printed number, and why."""

    verdict: str
    why: str


def judge(
    printed: Mapping[str, str], ours: Iterable[Mapping[str, Any]], *, absent: str = "", phantom: bool = False
) -> Verdict:
    """The verdict of a `printed` row (name, target, metric, mean) beside the rows of `ours` in the same table.

    `absent` is why the table has no row of ours, and `phantom` whether ours come from the phantom.
    """
    if phantom:
        return Verdict(NOT_COMPARABLE, PHANTOM)
    if absent:
        return Verdict(NOT_ATTEMPTED, absent)
    of_method = [row for row in ours if row["name"] == printed["name"]]
    if not of_method:
        return Verdict(NOT_ATTEMPTED, NO_METHOD.format(printed["name"]))
    key = OURS.get(printed["target"], printed["target"]), printed["metric"]
    row = next((row for row in of_method if (row["target"], row["metric"]) == key), {})
    if _is_empty(row.get("mean")):
        return Verdict(UNDECIDED, "ours is undefined")
    if _is_empty(row.get("low")):
        return Verdict(UNDECIDED, "ours has no interval")
    if not _is_empty(row.get("groups")) and int(row["groups"]) < FEWEST:
        return Verdict(UNDECIDED, f"ours is of fewer than {FEWEST} groups")
    value, half = float(printed["mean"]), _half_digit(printed["mean"])
    low, high = float(row["low"]), float(row["high"])
    if low <= value + half and value - half <= high:
        return Verdict(AGREES, "the printed value lies in our 95 % interval")
    above = low > value
    better = above != (printed["metric"] in LOWER_IS_BETTER)
    return Verdict(BETTER if better else WORSE, f"our 95 % interval lies {'above' if above else 'below'} it")


def count(tables: Sequence[pd.DataFrame]) -> Counter[str]:
    """How many printed numbers of some tables have each verdict."""
    return Counter(row["verdict"] for row in _judged(tables))


def told(tables: Sequence[pd.DataFrame]) -> str:
    """What became of the printed numbers of some tables, in a sentence; empty without verdicts and for a phantom."""
    rows, counts = _judged(tables), count(tables)
    if not counts or set(counts) == {NOT_COMPARABLE}:
        return ""
    parts = [f"ours agree with {counts[AGREES]}", f"are better in {counts[BETTER]}", f"worse in {counts[WORSE]}"]
    text = f"Of {sum(counts.values()):,} printed numbers {parts[0]}, {parts[1]} and {parts[2]}"
    for verdict in (UNDECIDED, NOT_ATTEMPTED, NOT_COMPARABLE):
        if counts[verdict]:
            reasons = _together([row for row in rows if row["verdict"] == verdict])
            text += f"; {counts[verdict]} {'is' if counts[verdict] == 1 else 'are'} {verdict} ({reasons})"
    return text + "."


def _judged(tables: Sequence[pd.DataFrame]) -> list[dict[str, str]]:
    return [row for table in tables for row in table[table["verdict"] != ""].to_dict("records")]


def _together(rows: Sequence[Mapping[str, str]]) -> str:
    """The different reasons of some rows, the methods that are missing in one."""
    missing = dict.fromkeys(row["name"] for row in rows if row["why"] == NO_METHOD.format(row["name"]))
    reasons = dict.fromkeys(row["why"] for row in rows if row["name"] not in missing)
    return "; ".join([*([NO_METHOD.format(", ".join(missing))] if missing else []), *reasons])


def _half_digit(text: str) -> float:
    """Half of the last digit of a number as printed: 0.005 for 0.39."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


def _is_empty(value: Any) -> bool:
    return value is None or value == ""
