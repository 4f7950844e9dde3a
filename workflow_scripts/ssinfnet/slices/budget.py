"""Label budgets: which slices of the training part keep their labels."""

import numpy as np
import pandas as pd

from ssinfnet.errors import InputError

_STREAM = 0x1AB  # keeps this draw apart from others that are made of the seed


def labelled_ids(table: pd.DataFrame, labels: int | None, seed: int) -> list[str]:
    """The training slices of the split `table` whose labels may be used, in its order; all where `labels` is None.

    The groups of the training part stand in an order drawn by `seed`, the seed of the training, and the first ones are
    taken whole until they hold at least `labels` slices. So the slices of a budget are among those of a larger one, and
    groups of one slice give exactly `labels`. Raises `InputError` where there are fewer slices.
    """
    train = table[table["part"] == "train"]
    if labels is None:
        return list(train["id"])
    if labels < 1:
        raise InputError(f"{labels} labels: it must be 1 or more")
    if labels > len(train):
        raise InputError(
            f"{labels} labels are asked for, and the training part has {len(train)} slices; lower split.labels (or the "
            "method's labels), or say all"
        )
    sizes = train["group"].value_counts(sort=False).sort_index()
    order = np.random.default_rng((_STREAM, seed)).random(len(sizes)).argsort(kind="stable")
    held = sizes.to_numpy()[order].cumsum()
    chosen = set(sizes.index[order[: np.searchsorted(held, labels) + 1]])
    return list(train.loc[train["group"].isin(chosen), "id"])
