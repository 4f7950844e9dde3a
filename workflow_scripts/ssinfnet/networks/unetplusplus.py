"""U-Net++ (Zhou et al., DLMIA 2018): a U-Net whose skip connections are convolutions of growing depth.

Node (i, j) at level i joins all nodes (i, 0) to (i, j - 1) and the upsampled node (i + 1, j - 1). It is the one of
Table II of Inf-Net (Fan et al., IEEE TMI 2020), without deep supervision: 9.163 M parameters at width 32.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.networks.blocks import DoubleConv, Segmentation, begin_at, beside, resize

LEVELS = 5


class UNetPlusPlus(nn.Module):
    """U-Net++ with levels of 1, 2, 4, 8 and 16 times `width` channels, over an image or, with `prior`, image and prior.

    With one class and no prior it has 9,163,329 parameters at width 32. `initial_probability` as in `blocks.begin_at`.
    """

    HEADS: ClassVar[dict[str, str]] = {"segmentation": "head"}

    def __init__(
        self, width: int = 32, classes: int = 1, prior: bool = False, initial_probability: float | None = None
    ):
        super().__init__()
        self.takes_prior = prior
        widths = [width * 2**level for level in range(LEVELS)]
        self.deepest_channels = widths[-1]
        self.down = nn.ModuleList(map(DoubleConv, [6 if prior else 3, *widths], widths))
        # By level, the nodes from left to right.
        self.nested = nn.ModuleList(
            nn.ModuleList(
                DoubleConv(number * widths[level] + widths[level + 1], widths[level])
                for number in range(1, LEVELS - level)
            )
            for level in range(LEVELS - 1)
        )
        self.head = nn.Conv2d(width, classes, 1)
        begin_at(self.head, initial_probability)

    def forward(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> Segmentation:
        """Normalised RGB (N, 3, H, W), edges of 16 or more, and the prior of the same kind, to (N, classes, H, W)."""
        nodes = [[features] for features in self._levels(image, prior)]
        for number in range(1, LEVELS):
            for level in range(LEVELS - number):
                own = nodes[level]
                below = resize(nodes[level + 1][number - 1], own[0], align_corners=True)
                own.append(self.nested[level][number - 1](torch.cat([*own, below], dim=1)))
        return Segmentation(self.head(nodes[0][-1]))

    def deepest(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> torch.Tensor:
        """The features at stride 16, (N, deepest_channels, H / 16, W / 16)."""
        return self._levels(image, prior)[-1]

    def _levels(self, image: torch.Tensor, prior: torch.Tensor | None) -> list[torch.Tensor]:
        """The features of the five levels of the encoder, from the finest."""
        x, levels = beside(image, prior), []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            levels.append(x)
        return levels


create = UNetPlusPlus
