"""Augmentation of whole batches on their device: crop, quarter turns, flips and cutout.

What happens to a slice in an epoch depends on seed, epoch and slice alone, neither on the batch it is in nor on what
was drawn before: so a training that is cut into segments sees what an uninterrupted one sees. Image, mask and prior
share one geometry; only the image is cut out, as the prior is not a picture and the labels stay true.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.networks.intensity import to_unit

# Keeps these draws apart from others that are made of seed and epoch.
_STREAM = 0xA06


@dataclass(frozen=True)
class Draw:
    """The random choices for N slices; shares are of the slice's edge, so a draw fits every size.

    `crop` (N, 3) is edge, top and left of the crop, each in [0, 1]; `turns` (N,) counts quarter turns
    counter-clockwise of the crop; `flips` (N, 2) says whether then to flip up-down and left-right. `cutout` (N, 4) is
    height and width of the patch as shares of the shorter side, and its place from top and left, 0 to 1, in the
    result; `grey` (N,) in [0, 1) is its value.
    """

    crop: torch.Tensor
    turns: torch.Tensor
    flips: torch.Tensor
    cutout: torch.Tensor
    grey: torch.Tensor

    @property
    def moves(self) -> torch.Tensor:
        """Whether a slice changes its geometry, bool (N,)."""
        return (self.crop[:, 0] < 1) | (self.turns != 0) | self.flips.any(dim=1)


def draw(augmentation: Augmentation, seed: int, epoch: int, indices: Sequence[int]) -> Draw:
    """Draw for the slices with these `indices` in the training set, in `epoch`."""
    uniform = np.stack([np.random.default_rng((_STREAM, seed, epoch, index)).random(11) for index in indices])
    up_down, left_right, turn, edge, top, left, height, width, patch_top, patch_left, grey = torch.from_numpy(uniform).T
    edge = augmentation.crop + (1 - augmentation.crop) * edge
    rotations = torch.tensor(augmentation.rotations)
    return Draw(
        crop=torch.stack([edge, top * (1 - edge), left * (1 - edge)], dim=1),
        turns=rotations[(turn * len(rotations)).long()] // 90,
        flips=torch.stack([up_down < augmentation.vertical_flip, left_right < augmentation.horizontal_flip], dim=1),
        cutout=torch.stack([augmentation.cutout * height, augmentation.cutout * width, patch_top, patch_left], dim=1),
        grey=grey,
    )


def apply(
    draw: Draw,
    images: torch.Tensor,
    labels: torch.Tensor | None,
    priors: torch.Tensor | None,
    size: int,
) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    """Images, labels and priors of a batch, moved as by `move`, and the images cut out as by `cut_out`."""
    images, labels, priors = move(draw, images, labels, priors, size)
    return cut_out(draw, images), labels, priors


def move(
    draw: Draw,
    images: torch.Tensor,
    labels: torch.Tensor | None,
    priors: torch.Tensor | None,
    size: int,
) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    """Images, labels and priors of a batch, cropped, turned and flipped, at `size` x `size`; inputs stay as they are.

    `images` (N, 1, H, W) is uint8 or float in [0, 1] and becomes float in [0, 1], bilinear. `labels` (N, H, W) keeps
    its dtype: codes keep their values, nearest neighbour; soft labels, float in [0, 1], and `priors` (N, 1, H, W) in
    [0, 1] are bilinear. A slice that does not move, at the size that it has, keeps its values to the bit. Slices are
    stored square; others would come out stretched.
    """
    images = to_unit(images)
    priors = None if priors is None else priors.float()
    moves = draw.moves if images.shape[-2:] == (size, size) else torch.ones_like(draw.turns, dtype=torch.bool)
    if moves.any():
        grid = F.affine_grid(_matrices(draw).to(images), (len(images), 1, size, size), align_corners=False)
        channels = images if priors is None else torch.cat([images, priors], dim=1)
        channels = _sample(channels, grid, "bilinear", moves)
        images, priors = channels[:, :1], None if priors is None else channels[:, 1:]
        if labels is not None:
            mode = "bilinear" if labels.is_floating_point() else "nearest"
            labels = _sample(labels[:, None].float(), grid, mode, moves)[:, 0].to(labels.dtype)
    return images, labels, priors


def _sample(values: torch.Tensor, grid: torch.Tensor, mode: str, moves: torch.Tensor) -> torch.Tensor:
    """`values` (N, C, H, W) at the places of `grid`, but for slices that do not move: sampling would round them."""
    sampled = F.grid_sample(values, grid, mode=mode, padding_mode="border", align_corners=False)
    return sampled if moves.all() else torch.where(moves.to(values.device)[:, None, None, None], sampled, values)


def _matrices(draw: Draw) -> torch.Tensor:
    """(N, 2, 3) for affine_grid: from places (x, y) in the result, -1 to 1, to places in the slice."""
    edge, top, left = draw.crop.T
    angle = draw.turns * (torch.pi / 2)
    cosine, sine = angle.cos().round(), angle.sin().round()
    flip_y, flip_x = (1 - 2 * draw.flips.double()).T
    rows = [
        torch.stack([edge * cosine * flip_x, -edge * sine * flip_y, 2 * left + edge - 1], dim=1),
        torch.stack([edge * sine * flip_x, edge * cosine * flip_y, 2 * top + edge - 1], dim=1),
    ]
    return torch.stack(rows, dim=1)


def cut_out(draw: Draw, images: torch.Tensor) -> torch.Tensor:
    """Images, float (N, 1, H, W), with one grey patch each, of whole pixels and never larger than drawn."""
    height, width = images.shape[-2:]
    sides = (draw.cutout[:, :2] * min(height, width)).floor()
    if not sides.all(dim=1).any():
        return images
    room = torch.tensor([height, width]) - sides
    first = (draw.cutout[:, 2:] * (room + 1)).floor()
    inside = []
    for axis, length in enumerate((height, width)):
        start, end = first[:, axis, None], (first + sides)[:, axis, None]
        position = torch.arange(length)
        inside.append(((position >= start) & (position < end)).to(images.device))
    patch = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return torch.where(patch, draw.grey.to(images)[:, None, None, None], images)
