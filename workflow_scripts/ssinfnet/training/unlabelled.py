"""The unlabelled slices that a training may see: none that shows what is held out."""

import sys
from collections.abc import Sequence

import pandas as pd
import torch

from ssinfnet.slices.screening import usable
from ssinfnet.slices.store import SliceStore
from ssinfnet.training.data import SliceTensors, load_unlabelled


def load_slices(
    store: SliceStore,
    ids: Sequence[str],
    size: int,
    unlabelled: Sequence[SliceStore] = (),
    screened: pd.DataFrame | None = None,
) -> SliceTensors:
    """The slices `ids` of `store` and those of the `unlabelled` stores that are usable, at `size`.

    Which are, the table `screened` of `slices.screening` says; with `unlabelled` stores there must be one. Says on
    standard error how many slices of each of these stores are used. Raises `InputError` for a slice that the table
    does not have.
    """
    images = [load_unlabelled(store, ids, size).images]
    for other in unlabelled:
        chosen = usable(screened, other)
        print(f"{other.path}: {len(chosen)} of {len(other.ids)} unlabelled slices are not held out", file=sys.stderr)
        if chosen:
            images.append(load_unlabelled(other, chosen, size).images)
    return SliceTensors(torch.cat(images))
