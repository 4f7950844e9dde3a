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


def write_pseudo_labels(
    path: Path, places: Sequence[Place], teacher: torch.nn.Module, size: int, runtime: Runtime, *, stretch: bool
) -> None:
    """Write slices and the teacher's maps of them as a store: all that a student needs.

    Each slice has the arrays image and infection at `size`, at which it is trained with, and the id `<name of its
    store>-<id>`, as two stores may have an id in common; group and origin are as they were.
    """
    with create_store(path) as writer:
        rows = {store: store.index.set_index("id") for store in dict.fromkeys(store for store, _ in places)}
        marked = _mark(places, teacher, size, runtime)
        progress = tqdm(marked, total=len(places), unit="slice", mininterval=5, file=sys.stderr)
        for (store, slice_id), (image, infection) in zip(places, progress, strict=True):
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


def _mark(
    places: Sequence[Place], teacher: torch.nn.Module, size: int, runtime: Runtime
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield image, uint8 (S, S), and infection, float32 (S, S) in [0, 1], of each slice."""
    for start in range(0, len(places), BATCH):
        images = np.stack(
            [resize(store.read("image", slice_id), size) for store, slice_id in places[start : start + BATCH]]
        )
        yield from zip(images, infection_of(teacher, torch.from_numpy(images)[:, None], runtime), strict=True)
