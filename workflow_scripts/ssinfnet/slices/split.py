"""Training, validation and test: by group, deterministic, as a table that a person can read."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from ssinfnet.config.split import Split
from ssinfnet.errors import InputError
from ssinfnet.slices.parts import PARTS


def split_slices(index: pd.DataFrame, config: Split) -> pd.DataFrame:
    """Assign each slice of `index` (columns id, group) to a part; returns the columns id, group, part.

    The groups are visited from large to small, equals in random order, and each goes to the part that lacks
    most slices. So volumes fill the large part, and single slices level the shares out.
    With `by: slice` every slice is its own group: slices of one volume may then lie on two sides.
    """
    units = index["group"] if config.by == "group" else index["id"]
    sizes = units.value_counts(sort=False).sort_index()
    shares = np.array([config.train, config.validation, config.test])
    if len(sizes) < len(PARTS):
        torn = f"split.by: slice would split the {len(index)} slices, patients on two sides included"
        remedy = torn if len(index) >= len(PARTS) else "give more slices"
        kind = "slice" if config.by == "slice" or len(sizes) == len(index) else f"group (of {len(index)} slices)"
        raise InputError(f"{len(sizes)} {kind}(s) cannot be split into {len(PARTS)} parts; {remedy}")
    part_of = dict(zip(sizes.index, _fill(sizes.to_numpy(), shares, config.seed), strict=True))
    table = index[["id", "group"]].assign(part=[PARTS[part_of[unit]] for unit in units])
    if missing := [part for part in PARTS if part not in set(table["part"])]:
        raise InputError(f"the part {missing[0]} stays empty with these shares and groups; change the section split")
    return table


def assign_folds(table: pd.DataFrame, count: int, labelled: Collection[str] | None = None) -> pd.Series:
    """The fold, 0 to `count` - 1, of each training slice: a Series by slice id; groups stay together.

    `labelled` are the ids of whole groups whose labels may be used (default: all). They are spread over the folds
    first, so that each fold has some; the others, of which no network learns, are spread after them.
    """
    train = table[table["part"] == "train"]
    known = train["id"].isin(train["id"] if labelled is None else list(labelled))
    fold_of: dict[str, int] = {}
    for rows in (train[known], train[~known]):
        sizes = rows["group"].value_counts(sort=False).sort_index()
        if not fold_of and len(sizes) < count:
            kind = "training groups" if known.all() else "training groups with labels"
            raise InputError(f"{len(sizes)} {kind} cannot make {count} folds; lower priors.folds")
        fold_of |= zip(sizes.index, _fill(sizes.to_numpy(), np.ones(count), seed=0), strict=True)
    return pd.Series([fold_of[group] for group in train["group"]], index=list(train["id"]))


def by_fold(table: pd.DataFrame, count: int, labelled: Collection[str] | None = None) -> list[list[str]]:
    """The training slices of each of `count` folds, in the order of the table; `labelled` as for `assign_folds`."""
    fold_of = assign_folds(table, count, labelled)
    return [list(fold_of.index[fold_of == fold]) for fold in range(count)]


def _fill(sizes: Sequence[int], shares: np.ndarray, seed: int) -> list[int]:
    """The bin of each item such that the bins' sums come close to `shares`."""
    random = np.random.default_rng(seed)
    lack = shares / shares.sum() * np.sum(sizes)
    bins = np.empty(len(sizes), dtype=int)
    for item in np.lexsort((random.random(len(sizes)), -np.asarray(sizes))):
        bins[item] = int(np.argmax(lack))
        lack[bins[item]] -= sizes[item]
    return bins.tolist()
