"""Groups of slices without patient ids, suggested by how alike they are, for a person to confirm.

`pairs.csv` has the columns one, other, similarity, copy and same; `same` is yes or no: whether both slices are taken as
of one patient. `groups.csv` is the table that `groups.find_table` finds beside the pictures.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files import user_table
from ssinfnet.files.atomic import write_csv
from ssinfnet.slices.likeness import Pair, connected
from ssinfnet.sources import groups, spelling

THRESHOLD = 0.85
"""Similarity from which two slices are taken as of one patient: see docs/own_slices.md for how often that is right."""
ANSWERS = {"yes": True, "no": False}


def listed(pairs: Sequence[Pair], threshold: float, more: int) -> list[Pair]:
    """Of the pairs, best first: copies, those of at least `threshold`, and so many `more`."""
    same = [is_same(pair, threshold) for pair in pairs]
    return [*(pair for pair, yes in zip(pairs, same, strict=True) if yes), *pairs[sum(same) : sum(same) + more]]


def is_same(pair: Pair, threshold: float) -> bool:
    """Whether two slices are suggested as of one patient."""
    return bool(pair.copy) or pair.similarity >= threshold


def write_pairs(path: Path, pairs: Iterable[Pair], threshold: float) -> None:
    """Write the table of pairs."""
    rows = [(*pair, "yes" if is_same(pair, threshold) else "no") for pair in pairs]
    write_csv(path, pd.DataFrame(rows, columns=[*Pair._fields, "same"]))


def read_pairs(path: Path, names: Sequence[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The pairs of slices that a person's table says are of one patient, and those that it says are not.

    Raises `InputError` that lists all rows with an unknown slice or another answer than yes and no.
    """
    table = user_table.read(path, ("one", "other", "same"))
    defects: list[str] = []
    result: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    written = {*table["one"], *table["other"]}
    exact = written & set(names)
    called = dict(zip(exact, exact, strict=True)) | spelling.find_slices(written - exact, names)
    for number, one, other, same in table.itertuples():
        pair = called[one], called[other]
        for text, name in zip((one, other), pair, strict=True):
            if name is None:
                defects.append(f"{path}: row {number}: no slice {text!r}")
        answer = ANSWERS.get(user_table.folded(same))
        if answer is None:
            defects.append(f"{path}: row {number}: {same!r} in column same; write yes or no")
        elif None not in pair:
            result[answer].append(pair)
    if defects:
        raise InputError.from_defects(path, defects)
    return result[True], result[False]


def write_groups(path: Path, group_of: dict[str, str]) -> None:
    """Write the table of groups: a row for every slice."""
    write_csv(path, pd.DataFrame(group_of.items(), columns=list(groups.COLUMNS)))


def joined(
    names: Sequence[str], same: Iterable[tuple[str, str]], different: Iterable[tuple[str, str]]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The group of each slice, and the pairs that are said to be `different` but are in one group through others."""
    group_of = connected(names, same)
    return group_of, [(one, other) for one, other in different if group_of[one] == group_of[other]]


def known_pairs(index: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs that connect the slices of each group of a store's `index`."""
    first = index.groupby("group", sort=False)["id"].transform("first")
    return [(one, other) for one, other in zip(first, index["id"], strict=True) if one != other]


def unknown(pairs: Iterable[Pair], known: Sequence[tuple[str, str]]) -> list[Pair]:
    """The pairs of slices that are not in one group already, by pairs that are known."""
    names = dict.fromkeys(name for pair in known for name in pair)
    group_of = connected(list(names), known)
    return [pair for pair in pairs if group_of.get(pair.one, pair.one) != group_of.get(pair.other, pair.other)]


def describe(pair: Pair) -> str:
    """A pair in a line."""
    copy = {"": "", "near": ", a near copy", "exact": ", a copy"}[pair.copy]
    return f"{pair.one} and {pair.other}: {pair.similarity:.2f}{copy}"


def summary(group_of: dict[str, str], most: int = 20) -> str:
    """How many groups there are, and which have several slices."""
    members: dict[str, list[str]] = {}
    for name, group in group_of.items():
        members.setdefault(group, []).append(name)
    several = [", ".join(names) for names in members.values() if len(names) > 1]
    text = f"{len(group_of)} slices in {len(members)} groups, {len(several)} of them of several slices"
    more = [f"and {len(several) - most} more"] if len(several) > most else []
    return "\n".join([text, *several[:most], *more])
