"""The unlabelled slices that a training may see: none that shows what is held out."""

import sys
from collections.abc import Sequence
from functools import partial

import torch

from ssinfnet.slices.copies import copies_between
from ssinfnet.slices.store import SliceStore
from ssinfnet.training.data import SliceTensors, load_unlabelled


def load_slices(
    store: SliceStore, ids: Sequence[str], size: int, unlabelled: Sequence[SliceStore], held_out: Sequence[str]
) -> SliceTensors:
    """The slices `ids` of `store` and all `unlabelled` ones at `size`, but for copies of slices that are `held_out`.

    Says on standard error how many slices of each unlabelled store are used.
    """
    images = [load_unlabelled(store, ids, size).images]
    for other in unlabelled:
        usable = without_copies(other, store, held_out)
        print(f"{other.path}: {len(usable)} of {len(other.ids)} unlabelled slices are not held out", file=sys.stderr)
        if usable:
            images.append(load_unlabelled(other, usable, size).images)
    return SliceTensors(torch.cat(images))


def without_copies(store: SliceStore, other: SliceStore, other_ids: Sequence[str]) -> list[str]:
    """The slices of `store` whose picture is no copy, to the pixel or nearly, of one of `other_ids` in `other`."""
    found = copies_between(store.ids, partial(store.read, "image"), other_ids, partial(other.read, "image"))
    copies = {copy.one for copy in found}
    return [slice_id for slice_id in store.ids if slice_id not in copies]
