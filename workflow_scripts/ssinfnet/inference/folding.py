"""Batch norms folded into the convolutions before them: the same function of a trained network, in less time."""

from collections import Counter

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

_AFTER = ("drop", "act")
"""What timm's batch norms do besides, in this order."""


@torch.no_grad()
def fold(network: nn.Module, *example: torch.Tensor) -> nn.Module:
    """Fold every batch norm of `network`, in place, that takes what one convolution gives; returns it in `eval` mode.

    Which these are is seen from one pass with the `example`. Outputs differ by the rounding of float32 alone.
    """
    network.eval()
    for convolution, norm in _pairs(network, example):
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        rest = nn.Sequential(*(getattr(norm, name) for name in _AFTER if hasattr(norm, name)))
        for parent in list(network.modules()):
            for name, child in parent.named_children():
                if child is norm:
                    setattr(parent, name, rest)
    return network


def _pairs(network: nn.Module, example: tuple[torch.Tensor, ...]) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Convolutions and the batch norms that follow them, both used once."""
    made: dict[int, tuple[nn.Conv2d, torch.Tensor]] = {}  # with the tensor, so that no other one takes its id
    used: Counter[nn.Module] = Counter()
    found, hooks = [], []

    def after_convolution(module: nn.Conv2d, _: tuple, output: torch.Tensor) -> None:
        used[module] += 1
        made[id(output)] = module, output

    def before_norm(module: nn.BatchNorm2d, inputs: tuple) -> None:
        used[module] += 1
        if id(inputs[0]) in made:
            found.append((made[id(inputs[0])][0], module))

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(after_convolution))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(before_norm))
    try:
        network(*example)
    finally:
        for hook in hooks:
            hook.remove()
    return [pair for pair in found if all(used[module] == 1 for module in pair)]
