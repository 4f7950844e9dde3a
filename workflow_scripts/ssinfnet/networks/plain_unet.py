"""The plain U-Net that others are compared with: five levels, batch norm, bilinear upsampling.

It is the one of Table II of Inf-Net (Fan et al., IEEE TMI 2020): 7.853 M parameters at width 32. Ronneberger's of 2015
has no batch norm, twice the channels and transposed convolutions; `ssinfnet.networks.unet` is the multi network of the
paper, which halves the channels of each up block once more.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.networks.blocks import DoubleConv, Segmentation, begin_at, beside, resize

FACTORS = (1, 2, 4, 8, 16)


class PlainUNet(nn.Module):
    """U-Net with levels of 1, 2, 4, 8 and 16 times `width` channels, over an image or, with `prior`, image and prior.

    With one class and no prior it has 7,852,545 parameters at width 32. `initial_probability` as in `blocks.begin_at`.
    """

    HEADS: ClassVar[dict[str, str]] = {"segmentation": "head"}

    def __init__(
        self, width: int = 32, classes: int = 1, prior: bool = False, initial_probability: float | None = None
    ):
        super().__init__()
        self.takes_prior = prior
        widths = [factor * width for factor in FACTORS]
        self.deepest_channels = widths[-1]
        self.down = nn.ModuleList(map(DoubleConv, [6 if prior else 3, *widths], widths))
        self.up = nn.ModuleList(
            DoubleConv(level + deeper, level) for level, deeper in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.head = nn.Conv2d(width, classes, 1)
        begin_at(self.head, initial_probability)

    def forward(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> Segmentation:
        """Normalised RGB (N, 3, H, W), edges of 16 or more, and the prior of the same kind, to (N, classes, H, W)."""
        *skips, x = self._levels(image, prior)
        for block in self.up:
            skip = skips.pop()
            x = block(torch.cat([skip, resize(x, skip, align_corners=True)], dim=1))
        return Segmentation(self.head(x))

    def deepest(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> torch.Tensor:
        """The features at stride 16, (N, deepest_channels, H / 16, W / 16)."""
        return self._levels(image, prior)[-1]

    def _levels(self, image: torch.Tensor, prior: torch.Tensor | None) -> list[torch.Tensor]:
        """The features of the five levels, from the finest."""
        x, levels = beside(image, prior), []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            levels.append(x)
        return levels


create = PlainUNet
