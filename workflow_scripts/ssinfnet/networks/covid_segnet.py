"""COVID-SegNet (Yan et al., arXiv 2004.10987) in 2-D: a residual encoder-decoder that varies its features.

Feature variation (FV) blocks let a level enhance contrast and places of its features; a progressive atrous spatial
pyramid pooling (PASPP) looks at the deepest ones at four scales. The authors published neither code nor a count of
parameters, and public readings of their text disagree. What is built here, and what others read:

- 2-D, for slices; the paper convolves volumes.
- The contrast gate has a number for each channel; others have one for all channels.
- The position gate is two convolutions and a sigmoid, without batch norm; others have batch norm, or one convolution.
- Each dilated convolution of the PASPP is fed by the sum of its pair's inputs; others feed it its own input and add the
  sum to what comes out. The 1 x 1 convolutions before are four; others use one of them four times.
- Levels are residual blocks and sampled down by convolutions of stride 2, FV blocks stand at the head of levels 2 to 4;
  others have plain convolutions or max pooling. Sampling up is bilinear, then 1 x 1; others convolve transposed.
"""

from typing import ClassVar

import torch
from torch import nn

from ssinfnet.networks.blocks import ConvBN, Segmentation, begin_at, beside, resize

DILATIONS = ((1, 2), (4, 8))


class FeatureVariation(nn.Module):
    """FV block: features as they are, by a gate of channels and by a gate of places, joined and added to the input."""

    def __init__(self, channels: int):
        super().__init__()
        self.reduce = ConvBN(channels, channels, 1)
        hidden = channels // 2
        self.contrast = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )
        self.position = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.Sigmoid(),
        )
        self.join = ConvBN(3 * channels, channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) to the same."""
        inner = torch.relu(self.reduce(x))
        branches = [inner, self.contrast(inner) * inner, self.position(inner) * inner]
        return x + torch.relu(self.join(torch.cat(branches, dim=1)))


class ProgressivePooling(nn.Module):
    """PASPP: four narrow branches of growing dilation, joined in pairs and then all."""

    def __init__(self, channels: int):
        super().__init__()
        narrow = channels // 4
        self.inputs = nn.ModuleList(ConvBN(channels, narrow, 1) for _ in range(4))
        self.dilated = nn.ModuleList(
            ConvBN(narrow, narrow, 3, dilation=dilation) for pair in DILATIONS for dilation in pair
        )
        self.pairs = nn.ModuleList(ConvBN(2 * narrow, 2 * narrow, 1) for _ in DILATIONS)
        self.join = ConvBN(4 * narrow, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) to the same."""
        inputs = [torch.relu(block(x)) for block in self.inputs]
        joined = []
        for number, pair in enumerate(self.pairs):
            first, second = 2 * number, 2 * number + 1
            together = inputs[first] + inputs[second]
            seen = [torch.relu(self.dilated[one](together)) for one in (first, second)]
            joined.append(torch.relu(pair(torch.cat(seen, dim=1))))
        return torch.relu(self.join(torch.cat(joined, dim=1)))


class Residual(nn.Module):
    """Two convolutions beside a shortcut of 1 x 1."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.first = ConvBN(channels, out_channels, 3)
        self.second = ConvBN(out_channels, out_channels, 3)
        self.shortcut = nn.Identity() if channels == out_channels else ConvBN(channels, out_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) to (N, out_channels, H, W)."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


class Down(nn.Sequential):
    """Half the size, by a convolution of stride 2."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__(
            nn.Conv2d(channels, out_channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )


class Up(nn.Module):
    """The deeper level at the size of a skip connection, joined with that."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.reduce = ConvBN(channels, out_channels, 1)
        self.join = Residual(2 * out_channels, out_channels)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) and (N, out_channels, H, W) to the latter's shape."""
        x = torch.relu(self.reduce(resize(x, skip)))
        return self.join(torch.cat([skip, x], dim=1))


class CovidSegNet(nn.Module):
    """Four levels of 1, 2, 4 and 8 times `width` channels, over an image or, with `prior`, image and prior.

    With one class and no prior it has 23,162,497 parameters at width 64. `initial_probability` as in `blocks.begin_at`.
    """

    HEADS: ClassVar[dict[str, str]] = {"segmentation": "head"}

    def __init__(
        self, width: int = 64, classes: int = 1, prior: bool = False, initial_probability: float | None = None
    ):
        super().__init__()
        self.takes_prior = prior
        widths = [factor * width for factor in (1, 2, 4, 8)]
        self.deepest_channels = widths[-1]
        self.first = Residual(6 if prior else 3, width)
        self.down = nn.ModuleList(map(Down, widths, widths[1:]))
        self.vary = nn.ModuleList(map(FeatureVariation, widths[1:]))
        self.encode = nn.ModuleList(
            [*(Residual(level, level) for level in widths[1:-1]), ProgressivePooling(widths[-1])]
        )
        self.up = nn.ModuleList(map(Up, widths[:0:-1], widths[-2::-1]))
        self.head = nn.Conv2d(width, classes, 1)
        begin_at(self.head, initial_probability)

    def forward(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> Segmentation:
        """Normalised RGB (N, 3, H, W), edges of 8 or more, and the prior of the same kind, to (N, classes, H, W)."""
        levels = self._levels(image, prior)
        x = levels.pop()
        for up in self.up:
            x = up(x, levels.pop())
        return Segmentation(self.head(x))

    def deepest(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> torch.Tensor:
        """The features at stride 8, (N, deepest_channels, H / 8, W / 8)."""
        return self._levels(image, prior)[-1]

    def _levels(self, image: torch.Tensor, prior: torch.Tensor | None) -> list[torch.Tensor]:
        """The features of the four levels, from the finest."""
        levels = [self.first(beside(image, prior))]
        for down, vary, encode in zip(self.down, self.vary, self.encode, strict=True):
            levels.append(encode(vary(down(levels[-1]))))
        return levels


create = CovidSegNet
