"""Slices as tensors: read once, kept in memory as 8 bit at one size, batched without workers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ssinfnet.slices.batches import batch_sizes
from ssinfnet.slices.resize import resize, resize_labels
from ssinfnet.slices.store import SliceStore


@dataclass(frozen=True)
class SliceTensors:
    """Slices of one part at one size S, with N slices.

    `images` is uint8 (N, 1, S, S), `masks` uint8 (N, S, S) with label codes or 0 and 1, or float16 in [0, 1] where
    they are soft, `priors` float16 (N, 1, S, S) in [0, 1]; masks or priors that a stage does not use are None.
    """

    images: torch.Tensor
    masks: torch.Tensor | None = None
    priors: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: str) -> "SliceTensors":
        """The same slices on a device."""
        return self.map(lambda tensor: tensor.to(device))

    def select(self, indices: torch.Tensor) -> "SliceTensors":
        """A batch of these slices, as stored."""
        indices = indices.to(self.images.device)
        return self.map(lambda tensor: tensor[indices])

    def map(self, function: Callable[[torch.Tensor], torch.Tensor]) -> "SliceTensors":
        """Images, and masks and priors where there are any, each through `function`."""
        parts = (self.images, self.masks, self.priors)
        return SliceTensors(*(None if part is None else function(part) for part in parts))


def load(
    store: SliceStore,
    slice_ids: Sequence[str],
    size: int,
    *,
    infection_labels: tuple[int, ...] | None = None,
    priors: SliceStore | None = None,
) -> SliceTensors:
    """Read slices with their masks at `size`; masks are binary where `infection_labels` are given, else label codes."""
    masks = []
    for slice_id in slice_ids:
        if infection_labels is None:
            mask = store.read("mask", slice_id)
        else:
            mask = store.read_infection(slice_id, infection_labels).astype(np.uint8)
        masks.append(resize_labels(mask, size))
    unlabelled = load_unlabelled(store, slice_ids, size, priors=priors)
    return SliceTensors(unlabelled.images, torch.from_numpy(np.stack(masks)), unlabelled.priors)


def load_unlabelled(
    store: SliceStore, slice_ids: Sequence[str], size: int, *, priors: SliceStore | None = None
) -> SliceTensors:
    """Read slices without their masks at `size`."""
    images = [resize(store.read("image", slice_id), size) for slice_id in slice_ids]
    maps = [
        resize(priors.read("infection", slice_id).astype(np.float32), size).astype(np.float16)
        for slice_id in (slice_ids if priors else ())
    ]
    return SliceTensors(
        torch.from_numpy(np.stack(images))[:, None],
        priors=torch.from_numpy(np.stack(maps))[:, None] if maps else None,
    )


def epoch_batches(count: int, batch_size: int, *key: int) -> Iterator[torch.Tensor]:
    """Indices of one epoch's batches, shuffled by `key` (seed, epoch, ...) alone.

    So the order does not depend on what was drawn before, and a training that goes on from a checkpoint
    sees the batches that the uninterrupted one would have seen. A single slice that is left over joins the last batch,
    which is then larger by one.
    """
    order = torch.from_numpy(np.random.default_rng(key).permutation(count))
    yield from order.split(batch_sizes(count, batch_size))
