"""Inf-Net (Fan et al., IEEE TMI 2020): infection segmentation with edge guidance and reverse attention.

Features x1 to x4 of the backbone are at strides 4, 8, 16 and 32. A parallel partial decoder makes a coarse map S_g
of x2 to x4; three reverse attention modules refine it from coarse to fine: S_5 at x4, S_4 at x3, S_3 at x2. An edge
branch at x1 guides them.
"""

from typing import ClassVar, NamedTuple

import torch
from torch import nn

from ssinfnet.networks import backbone as backbones
from ssinfnet.networks.blocks import ConvBN, resize

EDGE_CHANNELS = 64


class InfNetOutputs(NamedTuple):
    """Logits at input size, each (N, 1, H, W): the lesion's edge, and its map from coarse to fine."""

    edge: torch.Tensor
    s_g: torch.Tensor
    s_5: torch.Tensor
    s_4: torch.Tensor
    s_3: torch.Tensor

    @property
    def maps(self) -> torch.Tensor:
        """The four maps S_g, S_5, S_4, S_3 as channels, (N, 4, H, W)."""
        return torch.cat([self.s_g, self.s_5, self.s_4, self.s_3], dim=1)

    @property
    def segmentation(self) -> torch.Tensor:
        """The finest map, S_3, which is the segmentation."""
        return self.s_3


class ReceptiveField(nn.Module):
    """RFB: branches of growing receptive field, joined, plus a shortcut."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.branches = nn.ModuleList([ConvBN(channels, out_channels, 1)])
        for edge in (3, 5, 7):
            self.branches.append(
                nn.Sequential(
                    ConvBN(channels, out_channels, 1),
                    ConvBN(out_channels, out_channels, (1, edge)),
                    ConvBN(out_channels, out_channels, (edge, 1)),
                    ConvBN(out_channels, out_channels, 3, dilation=edge),
                )
            )
        self.join = ConvBN(4 * out_channels, out_channels, 3)
        self.shortcut = ConvBN(channels, out_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) to (N, out_channels, H, W)."""
        joined = self.join(torch.cat([branch(x) for branch in self.branches], dim=1))
        return torch.relu(joined + self.shortcut(x))


class PartialDecoder(nn.Module):
    """Parallel partial decoder: one coarse map of the three deeper scales."""

    def __init__(self, channels: int):
        super().__init__()
        self.up_1 = ConvBN(channels, channels, 3)
        self.up_2 = ConvBN(channels, channels, 3)
        self.up_3 = ConvBN(channels, channels, 3)
        self.up_4 = ConvBN(channels, channels, 3)
        self.up_5 = ConvBN(2 * channels, 2 * channels, 3)
        self.join_4 = ConvBN(2 * channels, 2 * channels, 3)
        self.join_3 = ConvBN(3 * channels, 3 * channels, 3)
        self.fuse = ConvBN(3 * channels, 3 * channels, 3)
        self.head = nn.Conv2d(3 * channels, 1, 1)

    def forward(self, d5: torch.Tensor, d4: torch.Tensor, d3: torch.Tensor) -> torch.Tensor:
        """Features at strides 32, 16, 8 to logits (N, 1, H / 8, W / 8)."""
        d5_up = resize(d5, d4, align_corners=True)
        d5_up_up = resize(d5_up, d3, align_corners=True)
        d4_up = resize(d4, d3, align_corners=True)
        m4 = self.up_1(d5_up) * d4
        m3 = self.up_2(d5_up_up) * self.up_3(d4_up) * d3
        n4 = self.join_4(torch.cat([m4, self.up_4(d5_up)], dim=1))
        n4_up = resize(n4, d3, align_corners=True)
        n3 = self.join_3(torch.cat([m3, self.up_5(n4_up)], dim=1))
        return self.head(self.fuse(n3))


class EdgeBranch(nn.Module):
    """Edge guidance from the shallowest features."""

    def __init__(self, channels: int):
        super().__init__()
        self.guidance = nn.Sequential(
            ConvBN(channels, EDGE_CHANNELS, 1),
            ConvBN(EDGE_CHANNELS, EDGE_CHANNELS, 3),
            ConvBN(EDGE_CHANNELS, EDGE_CHANNELS, 3),
        )
        self.head = ConvBN(EDGE_CHANNELS, 1, 3)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features at stride 4 to guidance (N, 64, H / 4, W / 4) and edge logits (N, 1, H / 4, W / 4)."""
        guidance = self.guidance(x)
        return guidance, self.head(guidance)


class ReverseAttention(nn.Module):
    """Looks where the coarse map sees nothing yet, and adds what it finds there to that map."""

    def __init__(self, channels: int, inner_channels: int, *, layers: int, kernel: int, head_kernel: int):
        super().__init__()
        self.reduce = ConvBN(channels, inner_channels, 1)
        self.layers = nn.ModuleList(
            ConvBN(inner_channels + (0 if layer else EDGE_CHANNELS), inner_channels, kernel) for layer in range(layers)
        )
        self.head = ConvBN(inner_channels, 1, head_kernel)

    def forward(self, x: torch.Tensor, coarse: torch.Tensor, guidance: torch.Tensor) -> torch.Tensor:
        """Features (N, channels, H, W), coarse map (N, 1, h, w) and edge guidance to a map (N, 1, H, W), all logits."""
        coarse = resize(coarse, x)
        x = self.reduce((1 - torch.sigmoid(coarse)) * x)
        x = torch.cat([x, resize(guidance, x)], dim=1)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x) + coarse


class InfNet(nn.Module):
    """Inf-Net over any timm backbone with features at strides 4 to 32.

    `weights` of the backbone: "imagenet", "none" or a safetensors file. With `res2net50d` the network has 31,072,721
    parameters, all of them used.
    """

    # The last convolution of each output.
    HEADS: ClassVar[dict[str, str]] = {
        "edge": "edge.head",
        "s_g": "decoder.head",
        "s_5": "reverse_4.head",
        "s_4": "reverse_3.head",
        "s_3": "reverse_2.head",
    }

    takes_prior = False

    def __init__(self, backbone: str = "res2net50d", weights: str = "none", channels: int = 32):
        super().__init__()
        self.backbone, (c1, c2, c3, c4) = backbones.create(backbone, weights)
        self.deepest_channels = c4
        self.rfb_2 = ReceptiveField(c2, channels)
        self.rfb_3 = ReceptiveField(c3, channels)
        self.rfb_4 = ReceptiveField(c4, channels)
        self.decoder = PartialDecoder(channels)
        self.edge = EdgeBranch(c1)
        self.reverse_4 = ReverseAttention(c4, 256, layers=3, kernel=5, head_kernel=1)
        self.reverse_3 = ReverseAttention(c3, 64, layers=2, kernel=3, head_kernel=3)
        self.reverse_2 = ReverseAttention(c2, 64, layers=2, kernel=3, head_kernel=3)

    def forward(self, image: torch.Tensor) -> InfNetOutputs:
        """Normalised RGB (N, 3, H, W), edges of 32 pixels or more, to the five outputs."""
        x1, x2, x3, x4 = self.backbone(image)
        guidance, edge = self.edge(x1)
        s_g = self.decoder(self.rfb_4(x4), self.rfb_3(x3), self.rfb_2(x2))
        s_5 = self.reverse_4(x4, s_g, guidance)
        s_4 = self.reverse_3(x3, s_5, guidance)
        s_3 = self.reverse_2(x2, s_4, guidance)
        return InfNetOutputs(*(resize(output, image) for output in (edge, s_g, s_5, s_4, s_3)))

    def deepest(self, image: torch.Tensor) -> torch.Tensor:
        """Normalised RGB (N, 3, H, W) to the features at stride 32, (N, deepest_channels, H / 32, W / 32)."""
        return self.backbone(image)[-1]


create = InfNet
