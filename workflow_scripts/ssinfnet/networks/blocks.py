"""Building blocks that the networks share."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn


class Segmentation(NamedTuple):
    """What a network with one output gives: logits at input size, (N, classes, H, W)."""

    segmentation: torch.Tensor


class ConvBN(nn.Module):
    """Convolution without bias, then batch norm; no activation. The size stays: padding is chosen by the kernel."""

    def __init__(self, channels: int, out_channels: int, kernel: int | tuple[int, int], dilation: int = 1):
        super().__init__()
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = tuple(dilation * (edge - 1) // 2 for edge in kernel)
        self.conv = nn.Conv2d(channels, out_channels, kernel, padding=padding, dilation=dilation, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) to (N, out_channels, H, W)."""
        return self.bn(self.conv(x))


class DoubleConv(nn.Sequential):
    """Twice: convolution 3x3, batch norm, ReLU."""

    def __init__(self, channels: int, out_channels: int, inner_channels: int | None = None):
        inner = inner_channels or out_channels
        super().__init__(
            nn.Conv2d(channels, inner, 3, padding=1),
            nn.BatchNorm2d(inner),
            nn.ReLU(inplace=True),
            nn.Conv2d(inner, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )


def resize(x: torch.Tensor, like: torch.Tensor, *, align_corners: bool = False) -> torch.Tensor:
    """`x` at the height and width of `like`, bilinear.

    Sizes instead of factors, so that an input whose edge no stride divides works too; where the strides divide it,
    both are the same.
    """
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=align_corners)


def beside(image: torch.Tensor, prior: torch.Tensor | None) -> torch.Tensor:
    """Image (N, 3, H, W) and prior of the same shape as channels, (N, 6, H, W); the image alone without one."""
    return image if prior is None else torch.cat([image, prior], dim=1)


def begin_at(head: nn.Conv2d, probability: float | None) -> None:
    """Let an untrained `head` give each class but the background, class 0, this probability p.

    Its bias begins at logit(p), and at -logit(p) for the background (Lin et al., ICCV 2017, section 4.1); with None it
    stays as PyTorch initialises it.
    """
    if probability is not None:
        bias = math.log(probability / (1 - probability))
        nn.init.constant_(head.bias[1:], bias)
        nn.init.constant_(head.bias[:1], -bias)
