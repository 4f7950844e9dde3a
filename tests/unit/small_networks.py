"""Networks small enough for tests, and inputs for them."""

import torch
from torch import nn

from ssinfnet import networks

INPUTS = {"infnet": 1, "unet": 2, "covid_segnet": 1, "plain_unet": 1, "unetplusplus": 1, "fcn8s": 2, "smp": 1}
OPTIONS = {
    "infnet": {"backbone": "test_resnet"},
    "unet": {"width": 8},
    "covid_segnet": {"width": 8},
    "plain_unet": {"width": 4},
    "unetplusplus": {"width": 4},
    "fcn8s": {"backbone": "vgg11", "channels": 8},
    "smp": {"backbone": "test_resnet"},
}


def create(name: str, seed: int = 0) -> nn.Module:
    """The network of that name at a small size."""
    torch.manual_seed(seed)
    return networks.create(name, **OPTIONS[name])


def inputs(name: str, *shape: int) -> list[torch.Tensor]:
    """What the network takes, of this shape each, always the same."""
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator) for _ in range(INPUTS[name])]


def without_zeros(network: nn.Module) -> nn.Module:
    """timm starts the last batch norm of a residual branch at 0, which stops the gradient of the first step there."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    return network
