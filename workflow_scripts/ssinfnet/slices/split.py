"""Training, validation and test: by group, deterministic, as a table that a person can read."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from ssinfnet.config.split import Split
from ssinfnet.errors import InputError
from ssinfnet.slices.parts import PARTS


def split_slices(index: pd.DataFrame, config: Split, *, seed: int = 0) -> pd.DataFrame:
    """Assign each slice of `index` (columns id, group) to a part; returns the columns id, group, part.

    The groups are visited from large to small, equals in random order, and each goes to the part that lacks
    most slices. So volumes fill the large part, and single slices level the shares out.
    With `by: slice` every slice is its own group: slices of one volume may then lie on two sides.
    With `folds` the test part is that of the methods' `seed`, as `cross_validate` says.
    """
    units = index["group"] if config.by == "group" else index["id"]
    sizes = units.value_counts(sort=False).sort_index()
    least = config.folds or len(PARTS)
    if len(sizes) < least:
        pieces = f"{least} folds" if config.folds else f"{least} parts"
        torn = f"split.by: slice would split the {len(index)} slices, patients on two sides included"
        remedy = torn if len(index) >= least else "give more slices"
        kind = "slice" if config.by == "slice" or len(sizes) == len(index) else f"group (of {len(index)} slices)"
        raise InputError(f"{len(sizes)} {kind}(s) cannot be split into {pieces}; {remedy}")
    if config.folds:
        numbers = cross_validate(sizes.to_numpy(), config, seed)
    else:
        shares = np.array([config.train, config.validation, config.test])
        numbers = _fill(sizes.to_numpy(), shares, _by_size(sizes.to_numpy(), config.seed))
    part_of = dict(zip(sizes.index, numbers, strict=True))
    table = index[["id", "group"]].assign(part=[PARTS[part_of[unit]] for unit in units])
    if missing := [part for part in PARTS if part not in set(table["part"])]:
        raise InputError(f"the part {missing[0]} stays empty with these shares and groups; change the section split")
    return table


def cross_validate(sizes: np.ndarray, config: Split, seed: int) -> list[int]:
    """The part (its number in `PARTS`) of each unit, by their `sizes` (n,), for a seed of the methods.

    K folds cut all units, about alike in slices. Seed s tests on fold s mod K of the division number s // K, so the
    seeds of one division test each slice exactly once, and the next K seeds do so with another division. The rest is
    training and validation by their shares.
    """
    division, fold = divmod(seed, config.folds)
    order = _about_by_size(sizes, (config.seed, division))
    tested = np.array(_fill(sizes, np.ones(config.folds), order)) == fold
    rest = sizes[~tested]
    parts = np.full(len(sizes), PARTS.index("test"))
    shares = np.array([config.train, config.validation])
    parts[~tested] = _fill(rest, shares, _about_by_size(rest, (config.seed, division, fold)))
    return parts.tolist()


def from_parts(index: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """The split that `parts` (columns id, part) says of all slices of `index`; returns the columns id, group, part.

    Groups may lie on two sides: such a split is somebody else's, and is taken as it is.
    """
    part_of = parts.set_index("id")["part"]
    if set(part_of.index) != set(index["id"]):
        raise InputError("the table of parts is of other slices than the store; run prepare_parts again")
    return index[["id", "group"]].assign(part=part_of.loc[index["id"]].to_numpy())


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
        order = _by_size(sizes.to_numpy(), 0)
        fold_of |= zip(sizes.index, _fill(sizes.to_numpy(), np.ones(count), order), strict=True)
    return pd.Series([fold_of[group] for group in train["group"]], index=list(train["id"]))


def by_fold(table: pd.DataFrame, count: int, labelled: Collection[str] | None = None) -> list[list[str]]:
    """The training slices of each of `count` folds, in the order of the table; `labelled` as for `assign_folds`."""
    fold_of = assign_folds(table, count, labelled)
    return [list(fold_of.index[fold_of == fold]) for fold in range(count)]


def _by_size(sizes: np.ndarray, seed: int) -> np.ndarray:
    """Positions from large to small, equals in random order."""
    return np.lexsort((np.random.default_rng(seed).random(len(sizes)), -np.asarray(sizes)))


def _about_by_size(sizes: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """Positions from large to small, sizes that differ by less than a factor of two in random order.

    So volumes of which no two have the same size get into other folds with another seed, too.
    """
    return np.argsort(-sizes * np.random.default_rng(seed).uniform(1, 2, len(sizes)), kind="stable")


def _fill(sizes: np.ndarray, shares: np.ndarray, order: np.ndarray) -> list[int]:
    """The bin of each item, visited in `order`, such that the bins' sums come close to `shares`."""
    lack = shares / shares.sum() * np.sum(sizes)
    bins = np.empty(len(sizes), dtype=int)
    for item in order:
        bins[item] = int(np.argmax(lack))
        lack[bins[item]] -= sizes[item]
    return bins.tolist()
