"""Probability maps of whole slices, each at the slice's own size."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ssinfnet import networks
from ssinfnet.config.base import Section
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.inference.weights import load_into
from ssinfnet.networks.intensity import normalise
from ssinfnet.slices.resize import resize
from ssinfnet.slices.store import SliceStore

BATCH = 16


def load_network(network: Section, weights: Path, runtime: Runtime) -> torch.nn.Module:
    """The network of a config with trained weights, ready to predict."""
    result = networks.from_config(network, pretrained=False)
    load_into(result, weights)
    return runtime.place(result).eval()


def predict_infection(
    network: torch.nn.Module, store: SliceStore, slice_ids: Sequence[str], size: int, runtime: Runtime
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield slice id and infection map, float16 (H, W) in [0, 1], of the single network's finest output."""
    for ids in _batches(slice_ids):
        originals = [store.read("image", slice_id) for slice_id in ids]
        maps = infection_of(network, stack(originals, size), runtime)
        for slice_id, original, one in zip(ids, originals, maps, strict=True):
            yield slice_id, resize(one, original.shape).astype(np.float16)


@torch.no_grad()
def infection_of(network: torch.nn.Module, images: torch.Tensor, runtime: Runtime) -> np.ndarray:
    """The single network's finest map of each of the `images`, uint8 (N, 1, S, S): float32 (N, S, S) in [0, 1]."""
    with runtime.autocast():
        logits = network(normalise(images).to(runtime.device)).segmentation
    return to_float(logits).sigmoid()[:, 0].cpu().numpy()


@torch.no_grad()
def predict_classes(
    network: torch.nn.Module,
    store: SliceStore,
    priors: SliceStore,
    slice_ids: Sequence[str],
    size: int,
    runtime: Runtime,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield slice id and class maps, float16 (3, H, W) in [0, 1]: background, GGO, consolidation.

    Each channel is its own sigmoid, as the loss is a binary cross-entropy per channel; they need not sum to 1.
    """
    for ids in _batches(slice_ids):
        originals = [store.read("image", slice_id) for slice_id in ids]
        prior = [priors.read("infection", slice_id).astype(np.float32) for slice_id in ids]
        maps = classes_of(network, stack(originals, size), stack(prior, size), runtime)
        for slice_id, original, three in zip(ids, originals, maps, strict=True):
            yield slice_id, np.stack([resize(one, original.shape) for one in three]).astype(np.float16)


@torch.no_grad()
def classes_of(network: torch.nn.Module, images: torch.Tensor, priors: torch.Tensor, runtime: Runtime) -> np.ndarray:
    """The class maps, float32 (N, 3, S, S) in [0, 1], of uint8 `images` and `priors` in [0, 1], both (N, 1, S, S).

    A network that takes no prior is given none.
    """
    with runtime.autocast():
        logits = networks.apply(
            network, normalise(images).to(runtime.device), normalise(priors).to(runtime.device)
        ).segmentation
    return to_float(logits).sigmoid().cpu().numpy()


def _batches(slice_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(slice_ids), BATCH):
        yield slice_ids[start : start + BATCH]


def stack(arrays: Sequence[np.ndarray], size: int) -> torch.Tensor:
    """Slices or maps (H, W) as one batch (N, 1, S, S) at the edge `size`."""
    return torch.from_numpy(np.stack([resize(array, size) for array in arrays]))[:, None]
