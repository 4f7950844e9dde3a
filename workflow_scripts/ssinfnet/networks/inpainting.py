"""Inpainting heads: the pretext task on any network of the registry.

The last convolution of each output is replaced by one without batch norm that reconstructs; the rest of the network
stays as it is. Slices are grey (r = g = b), so a head has one channel, and Inf-Net's reverse attention, which feeds on
its one-channel maps, works unchanged. A network with a prior sees the masked image beside the whole prior.

The way back is a new network, whose own heads are fresh, with the pretrained trunk loaded into it: `load_trunk`.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.networks.blocks import ConvBN

# The largest gradient that Sobel's kernels can find in an image with values in [0, 1].
_SOBEL_MAXIMUM = 20**0.5


def to_inpainting(network: nn.Module) -> nn.Module:
    """Replace the heads of `network` by fresh inpainting heads, in place; returns it.

    The heads' linear outputs are intensities for `mse` and logits of intensities for `cross_entropy`.
    """
    for path in network.HEADS.values():
        head = network.get_submodule(path)
        old = head.conv if isinstance(head, ConvBN) else head
        new = nn.Conv2d(old.in_channels, 1, old.kernel_size, padding=old.padding, device=old.weight.device)
        network.set_submodule(path, new)
    return network


def reconstructions(network: nn.Module, outputs: Any, image: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Pairs of prediction and target, (N, 1, H, W) each, for the outputs (a named tuple) of an inpainting network.

    `image` is the unmasked grey image (N, 1, H, W) in [0, 1]. Its edge map is the target of an output named edge,
    the image itself of every other.
    """
    return [
        (output, edge_map(image) if name == "edge" else image)
        for name, output in zip(network.HEADS, outputs, strict=True)
    ]


def edge_map(image: torch.Tensor) -> torch.Tensor:
    """Gradient magnitude of an image (N, 1, H, W) in [0, 1]: Sobel, as a share of the greatest possible one."""
    row = image.new_tensor([[-1.0, 0.0, 1.0]])
    column = image.new_tensor([[1.0], [2.0], [1.0]])
    horizontal = column * row
    kernels = torch.stack([horizontal, horizontal.T])[:, None]
    gradients = F.conv2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), kernels)
    return gradients.square().sum(dim=1, keepdim=True).sqrt() / _SOBEL_MAXIMUM
