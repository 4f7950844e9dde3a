"""Slices as tensors: read once, kept in memory as 8 bit at one size, batched without workers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from ssinfnet.slices import SliceStore


@dataclass(frozen=True)
class SliceTensors:
    """Slices of one part at one size S, with N slices.

    `images` is uint8 (N, 1, S, S), `masks` uint8 (N, S, S) with label codes or 0 and 1, `priors` float16 (N, 1, S, S)
    in [0, 1]; masks or priors that a stage does not use are None.
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


def without_copies(store: SliceStore, other: SliceStore, other_ids: Sequence[str]) -> list[str]:
    """The slices of `store` whose picture is not, to the pixel, that of one of `other_ids` in `other`."""

    def content(source: SliceStore, slice_id: str) -> tuple[tuple[int, ...], bytes]:
        image = source.read("image", slice_id)
        return image.shape, image.tobytes()

    held_out = {content(other, slice_id) for slice_id in other_ids}
    return [slice_id for slice_id in store.ids if content(store, slice_id) not in held_out]


def resize(image: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """An image or probability map (H, W) at another size: averaged when it shrinks, bilinear when it grows."""
    height, width = (size, size) if isinstance(size, int) else size
    if image.shape == (height, width):
        return image
    shrinks = height < image.shape[0] and width < image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def resize_labels(mask: np.ndarray, size: int) -> np.ndarray:
    """A label map (H, W) at another size, by nearest neighbour."""
    return cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)


def epoch_batches(count: int, batch_size: int, *key: int) -> Iterator[torch.Tensor]:
    """Indices of one epoch's batches, shuffled by `key` (seed, epoch, ...) alone.

    So the order does not depend on what was drawn before, and a training that goes on from a checkpoint
    sees the batches that the uninterrupted one would have seen.
    """
    order = torch.from_numpy(np.random.default_rng(key).permutation(count))
    yield from order.split(batch_size)
