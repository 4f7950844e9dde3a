"""Pseudo labels: the maps that a trained network makes of unlabelled slices, from which another one learns."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.inference.maps import infection_of
from ssinfnet.inference.runtime import Runtime
from ssinfnet.slices.resize import resize
from ssinfnet.slices.sampling import spread
from ssinfnet.slices.screening import usable
from ssinfnet.slices.store import SliceStore, create_store
from ssinfnet.training.data import SliceTensors, load_unlabelled
from ssinfnet.training.unlabelled import to_window_of

BATCH = 16

Place = tuple[SliceStore, str]
"""A store and the id of one of its slices."""


def choose_places(stores: Sequence[SliceStore], screened: pd.DataFrame, slices: int) -> list[Place]:
    """So many `slices` (0: all), evenly spread over those of all stores that show nothing held out.

    `screened` is the table of `slices.screening`. Raises `InputError` where there are no such slices.
    """
    places = [(store, slice_id) for store in stores for slice_id in usable(screened, store)]
    if not places:
        names = ", ".join(str(store.path) for store in stores)
        raise InputError(f"{names}: every slice shows a held-out one; a student needs others to learn from")
    chosen = spread(places, slices or len(places))
    print(f"{len(chosen)} of {len(places)} unlabelled slices that are not held out are taken", file=sys.stderr)
    return chosen


def load_places(places: Sequence[Place], size: int, window_of: tuple[SliceStore, Sequence[str]] | None) -> torch.Tensor:
    """The images of slices of several stores, uint8 (N, 1, S, S) at `size`, brought to the window of other slices."""
    images = torch.from_numpy(np.stack([resize(store.read("image", name), size) for store, name in places]))[:, None]
    return to_window_of(load_unlabelled(*window_of, size).images, images) if window_of else images


def mark(network: torch.nn.Module, images: torch.Tensor, runtime: Runtime, *, stretch: bool) -> torch.Tensor:
    """The pseudo labels by `network` of `images`, uint8 (N, 1, S, S): float16 (N, S, S) in [0, 1].

    `stretch` says whether each is `stretched`. Leaves the network in eval mode.
    """
    network.eval()
    batches = images.split(BATCH)
    batches = tqdm(batches, unit="batch", mininterval=5, file=sys.stderr, disable=len(batches) == 1)
    maps = np.concatenate([infection_of(network, batch, runtime) for batch in batches])
    return torch.from_numpy(np.stack([stretched(one) if stretch else one for one in maps]).astype(np.float16))


def stretched(infection: np.ndarray) -> np.ndarray:
    """A map (H, W) moved and scaled so that its least value is 0 and its largest 1; one of one value is 0 everywhere.

    So Semi-Inf-Net makes its pseudo labels (Fan et al. 2020): every slice then shows infection somewhere.
    """
    low, high = infection.min(), infection.max()
    return (infection - low) / (high - low) if high > low else np.zeros_like(infection)


def write_pseudo_labels(path: Path, places: Sequence[Place], slices: SliceTensors) -> None:
    """Write slices with their pseudo labels as a store: all that a student needs.

    `slices` are those of `places`, their masks float16 (N, S, S) in [0, 1]. Each slice has the arrays image and
    infection of that size, and the id `<name of its store>-<id>`, as two stores may have an id in common; group and
    origin are as they were.
    """
    rows = {store: store.index.set_index("id") for store in dict.fromkeys(store for store, _ in places)}
    with create_store(path) as writer:
        for (store, slice_id), image, infection in zip(places, slices.images, slices.masks, strict=True):
            row = rows[store].loc[slice_id]
            writer.add(
                f"{store.path.stem}-{slice_id}",
                group=row["group"],
                origin=row["origin"],
                image=image[0].numpy(),
                infection=infection.numpy(),
            )


def load_pseudo_labels(stores: Sequence[SliceStore], size: int) -> SliceTensors:
    """All slices of stores of pseudo labels at `size`, their masks soft: float16 (N, S, S) in [0, 1]."""
    found = [load_unlabelled(store, store.ids, size, priors=store) for store in stores if store.ids]
    return joined([SliceTensors(slices.images, slices.priors[:, 0]) for slices in found])


def joined(parts: Sequence[SliceTensors]) -> SliceTensors:
    """The slices of all parts in their order, labels of 0 and 1 as soft as the others: float16 (N, S, S)."""
    masks = torch.cat([part.masks.half() for part in parts])
    return SliceTensors(torch.cat([part.images for part in parts]), masks)
