"""Which labelled slices a single network learns from: those of the label budget, but for a fold that is held out."""

import pandas as pd

from ssinfnet.slices.budget import labelled_ids
from ssinfnet.slices.split import assign_folds


def learned_ids(
    table: pd.DataFrame, labels: int | None, seed: int, fold: int | None = None, folds: int | None = None
) -> list[str]:
    """The training slices of the split `table` from whose labels a network learns, in its order.

    They are those of `budget.labelled_ids`; with a `fold`, from 0, without that one of `folds`.
    """
    ids = labelled_ids(table, labels, seed)
    if fold is None:
        return ids
    fold_of = assign_folds(table, folds, ids)
    return [slice_id for slice_id in ids if fold_of[slice_id] != fold]
