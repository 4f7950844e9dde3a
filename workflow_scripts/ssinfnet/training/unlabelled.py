"""The unlabelled slices that a training may see: none that shows what is held out."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
import torch

from ssinfnet.errors import InputError
from ssinfnet.slices.copies import copies_between
from ssinfnet.slices.store import SliceStore
from ssinfnet.slices.window_matching import find_window, match
from ssinfnet.training.data import SliceTensors, load_unlabelled


def load_slices(
    store: SliceStore,
    ids: Sequence[str],
    size: int,
    unlabelled: Sequence[SliceStore],
    held_out: Sequence[str],
    *,
    window: Literal["match", "keep"] = "keep",
) -> SliceTensors:
    """The slices `ids` of `store` and all `unlabelled` ones at `size`, but for copies of slices that are `held_out`.

    With `window` "match" the unlabelled ones are brought to the window of the others. Says on standard error how many
    slices of each unlabelled store are used, and how many of them changed.
    """
    images = [load_unlabelled(store, ids, size).images]
    for other in unlabelled:
        usable = without_copies(other, store, held_out)
        print(f"{other.path}: {len(usable)} of {len(other.ids)} unlabelled slices are not held out", file=sys.stderr)
        if usable:
            found = load_unlabelled(other, usable, size).images
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


def without_copies(store: SliceStore, other: SliceStore, other_ids: Sequence[str]) -> list[str]:
    """The slices of `store` whose picture is no copy, to the pixel or nearly, of one of `other_ids` in `other`."""
    found = copies_between(store.ids, partial(store.read, "image"), other_ids, partial(other.read, "image"))
    copies = {copy.one for copy in found}
    return [slice_id for slice_id in store.ids if slice_id not in copies]
