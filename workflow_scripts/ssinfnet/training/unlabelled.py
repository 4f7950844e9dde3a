"""The unlabelled slices that a training may see: none that shows what is held out."""

import sys
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch

from ssinfnet.errors import InputError
from ssinfnet.slices.screening import usable
from ssinfnet.slices.store import SliceStore
from ssinfnet.slices.window_matching import find_window, match
from ssinfnet.training.data import SliceTensors, load_unlabelled


def load_slices(
    store: SliceStore,
    ids: Sequence[str],
    size: int,
    unlabelled: Sequence[SliceStore] = (),
    screened: pd.DataFrame | None = None,
    *,
    window: Literal["match", "keep"] = "keep",
) -> SliceTensors:
    """The slices `ids` of `store` and those of the `unlabelled` stores that are usable, at `size`.

    Which are, the table `screened` of `slices.screening` says; with `unlabelled` stores there must be one. `window`
    "match" brings the unlabelled ones to the window of the others. Says on standard error how many slices of each of
    these stores are used and how many changed. Raises `InputError` for a slice that the table does not have.
    """
    images = [load_unlabelled(store, ids, size).images]
    for other in unlabelled:
        chosen = usable(screened, other)
        print(f"{other.path}: {len(chosen)} of {len(other.ids)} unlabelled slices are not held out", file=sys.stderr)
        if chosen:
            found = load_unlabelled(other, chosen, size).images
            images.append(found if window == "keep" else to_window_of(images[0], found))
    return SliceTensors(torch.cat(images))


def to_window_of(images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The slices `others`, uint8 (N, 1, S, S), brought to the window of `images`, which are of the training part."""
    window = find_window(list(images[:, 0].numpy()))
    if window is None:
        raise InputError(
            "the labelled training slices have no peaks of lung and soft tissue to match; set unlabelled.window to keep"
        )
    matched = torch.from_numpy(np.stack([match(image, window) for image in others[:, 0].numpy()]))[:, None]
    changed = int((matched != others).flatten(1).any(dim=1).sum())
    lung, tissue = (round(grey) for grey in window.peaks)
    print(f"{changed} of {len(others)} slices brought to lung at grey {lung}, tissue at {tissue}", file=sys.stderr)
    return matched
