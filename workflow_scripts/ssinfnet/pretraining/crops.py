"""The crops of a pretext task: slices as they are and as the network may see them, and the area that counts in them.

A crop depends on seed, round, epoch and place in the epoch alone, so a round may be cut anywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ssinfnet.config.pretext import Pretext
from ssinfnet.networks.coach import cells_within
from ssinfnet.networks.intensity import to_unit
from ssinfnet.training import augmentation
from ssinfnet.training.data import SliceTensors, epoch_batches


@dataclass(frozen=True)
class Crops:
    """A batch of N crops with edge S.

    `target` and `seen` are float (N, 1, S, S) in [0, 1] and differ by the cutout, which is an obstacle and nothing to
    learn; `priors` float (N, 1, S, S) or None; `cells` is where may be erased, bool (N, 1, S / 16, S / 16), or None for
    everywhere; `generator` is for what else is drawn of this batch.
    """

    target: torch.Tensor
    seen: torch.Tensor
    priors: torch.Tensor | None
    cells: torch.Tensor | None
    generator: torch.Generator


def make_crops(slices: SliceTensors, config: Pretext, *, number: int, seed: int) -> Callable[[int], Iterator[Crops]]:
    """The crops of round `number`, by epoch: slices augmented at `config.size`, then cut to `config.crop`.

    Masks of the slices, where they have any, are the area whose cells may be erased.
    """

    def crops(epoch: int) -> Iterator[Crops]:
        # One count over all rounds, so that no two rounds see the same draws.
        count = number * 1_000_000 + epoch
        for step, indices in enumerate(epoch_batches(len(slices), config.batch_size, seed, count)):
            state = np.random.SeedSequence((seed, count, step)).generate_state(1)[0]
            generator = torch.Generator().manual_seed(int(state))
            draw = augmentation.draw(config.augmentation, seed, count, indices.tolist())
            batch = slices.select(indices)
            target, area, priors = augmentation.move(draw, batch.images, batch.masks, batch.priors, config.size)
            seen = augmentation.cut_out(draw, target)
            cut = random_crop([target, seen, area, priors], config.crop, generator)
            yield Crops(cut[0], cut[1], cut[3], None if cut[2] is None else cells_within(cut[2]), generator)

    return crops


def uncut(slices: SliceTensors) -> Crops:
    """Whole slices as they are, in one batch; the same every time."""
    images = to_unit(slices.images)
    cells = None if slices.masks is None else cells_within(slices.masks)
    return Crops(images, images, slices.priors, cells, torch.Generator().manual_seed(0))


def held_out(slices: SliceTensors, config: Pretext) -> Crops:
    """A crop of each slice, of the size that is trained on, in one batch; the same every time."""
    generator = torch.Generator().manual_seed(0)
    images, priors = random_crop([to_unit(slices.images), slices.priors], config.crop, generator)
    return Crops(images, images, priors, None, generator)


def random_crop(tensors: list[torch.Tensor | None], size: int, generator: torch.Generator) -> list[torch.Tensor | None]:
    """The same random square of each of N slices from tensors (N, ..., S, S); all of it where S is not above `size`."""
    first = next(tensor for tensor in tensors if tensor is not None)
    edge = first.shape[-1]
    if edge <= size:
        return tensors
    corners = torch.randint(0, edge - size + 1, (len(first), 2), generator=generator).tolist()

    def crop(tensor: torch.Tensor) -> torch.Tensor:
        cut = [item[..., y : y + size, x : x + size] for item, (y, x) in zip(tensor, corners, strict=True)]
        return torch.stack(cut)

    return [None if tensor is None else crop(tensor) for tensor in tensors]
