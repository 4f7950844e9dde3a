"""U-Net (Ronneberger et al., MICCAI 2015) over an image and a prior: the multi network."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.networks.blocks import DoubleConv, Segmentation, begin_at, beside, resize


class Up(nn.Module):
    """Bilinear upsampling, the skip connection in front, and two convolutions."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.conv = DoubleConv(channels, out_channels, channels // 2)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """`x` and `skip`, with `channels` together, to (N, out_channels, H, W) at the size of `skip`."""
        return self.conv(torch.cat([skip, resize(x, skip, align_corners=True)], dim=1))


class UNet(nn.Module):
    """Bilinear U-Net with levels of 1, 2, 4, 8 and 8 times `width` channels.

    `in_channels` are those of image and prior together; class 0 of `classes` is the background. At width 64 it has
    17,269,251 parameters. `initial_probability` as in `blocks.begin_at`.
    """

    # The last convolution of the one output.
    HEADS: ClassVar[dict[str, str]] = {"segmentation": "head"}
    takes_prior = True

    def __init__(
        self, width: int = 64, in_channels: int = 6, classes: int = 3, initial_probability: float | None = None
    ):
        super().__init__()
        self.deepest_channels = 8 * width
        self.inc = DoubleConv(in_channels, width)
        self.down = nn.ModuleList([DoubleConv(factor * width, min(2 * factor, 8) * width) for factor in (1, 2, 4, 8)])
        self.up = nn.ModuleList([Up(2 * factor * width, max(factor // 2, 1) * width) for factor in (8, 4, 2, 1)])
        self.head = nn.Conv2d(width, classes, 1)
        begin_at(self.head, initial_probability)

    def forward(self, image: torch.Tensor, prior: torch.Tensor) -> Segmentation:
        """Normalised RGB image and prior, (N, 3, H, W) each with edges of 16 or more, to logits (N, classes, H, W)."""
        *skips, x = self._levels(image, prior)
        for up in self.up:
            x = up(x, skips.pop())
        return Segmentation(self.head(x))

    def deepest(self, image: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
        """Image and prior to the features at stride 16, (N, deepest_channels, H / 16, W / 16)."""
        return self._levels(image, prior)[-1]

    def _levels(self, image: torch.Tensor, prior: torch.Tensor) -> list[torch.Tensor]:
        """The features of the five levels, from the finest."""
        levels = [self.inc(beside(image, prior))]
        for down in self.down:
            levels.append(down(F.max_pool2d(levels[-1], 2)))
        return levels


create = UNet
