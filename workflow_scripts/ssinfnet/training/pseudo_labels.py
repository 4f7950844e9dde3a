"""Pseudo labels: the maps that a teacher makes of unlabelled slices, from which a student learns."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ssinfnet.inference.maps import infection_of
from ssinfnet.inference.runtime import Runtime
from ssinfnet.slices.resize import resize
from ssinfnet.slices.store import SliceStore, create_store
from ssinfnet.training.data import SliceTensors, load_unlabelled

BATCH = 16

Place = tuple[SliceStore, str]
"""A store and the id of one of its slices."""


def load_places(places: Sequence[Place], size: int) -> torch.Tensor:
    """The images of slices of several stores, uint8 (N, 1, S, S) at `size`."""
    return torch.from_numpy(np.stack([resize(store.read("image", name), size) for store, name in places]))[:, None]


def write_pseudo_labels(
    path: Path,
    places: Sequence[Place],
    images: torch.Tensor,
    teacher: torch.nn.Module,
    runtime: Runtime,
    *,
    stretch: bool,
) -> None:
    """Write slices and the teacher's maps of them as a store: all that a student needs.

    `images`, uint8 (N, 1, S, S), are those of `places` at the size of the training. Each slice has the arrays image and
    infection of that size, and the id `<name of its store>-<id>`, as two stores may have an id in common; group and
    origin are as they were.
    """
    rows = {store: store.index.set_index("id") for store in dict.fromkeys(store for store, _ in places)}
    marked = tqdm(_mark(images, teacher, runtime), total=len(places), unit="slice", mininterval=5, file=sys.stderr)
    with create_store(path) as writer:
        for (store, slice_id), (image, infection) in zip(places, marked, strict=True):
            row = rows[store].loc[slice_id]
            writer.add(
                f"{store.path.stem}-{slice_id}",
                group=row["group"],
                origin=row["origin"],
                image=image,
                infection=(stretched(infection) if stretch else infection).astype(np.float16),
            )


def stretched(infection: np.ndarray) -> np.ndarray:
    """A map (H, W) moved and scaled so that its least value is 0 and its largest 1; one of one value is 0 everywhere.

    So Semi-Inf-Net makes its pseudo labels (Fan et al. 2020): every slice then shows infection somewhere.
    """
    low, high = infection.min(), infection.max()
    return (infection - low) / (high - low) if high > low else np.zeros_like(infection)


def load_pseudo_labels(store: SliceStore, size: int) -> SliceTensors:
    """All slices of a store of pseudo labels at `size`, their masks soft: float16 (N, S, S) in [0, 1]."""
    slices = load_unlabelled(store, store.ids, size, priors=store)
    return SliceTensors(slices.images, slices.priors[:, 0])


def _mark(images: torch.Tensor, teacher: torch.nn.Module, runtime: Runtime) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield image, uint8 (S, S), and infection, float32 (S, S) in [0, 1], of each slice."""
    for batch in images.split(BATCH):
        yield from zip(batch[:, 0].numpy(), infection_of(teacher, batch, runtime), strict=True)
