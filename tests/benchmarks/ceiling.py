"""What this machine can do at most, in CPU seconds of torch's threads, and how much work a function asks for."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from stopwatch import cpu_seconds
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

EDGE = 1024
"""Of the matrices; a product of smaller ones takes relatively longer."""
COPIED = 2**26
"""Bytes, more than the caches of most processors hold."""


@dataclass(frozen=True)
class Ceiling:
    """10^9 operations of a float32 matrix product, and 10^9 bytes copied (each counted once), per CPU second."""

    gflop: float
    gigabytes: float


def measure(tries: int = 9) -> Ceiling:
    """The best of some tries, as a ceiling is what the machine does when nothing disturbs it."""
    a, b, product = torch.rand(3, EDGE, EDGE)
    source, target = torch.ones(2, COPIED, dtype=torch.uint8)
    multiply = min(cpu_seconds(lambda: torch.mm(a, b, out=product)) for _ in range(tries))
    copy = min(cpu_seconds(target.copy_, source) for _ in range(tries))
    return Ceiling(2 * EDGE**3 / multiply / 1e9, COPIED / copy / 1e9)


def backward_flop(grad_shape, x_shape, w_shape, _bias, _stride, _padding, _dilation, transposed, *rest, **_):
    """Of a convolution's gradients: as many operations for each as forward. torch counts too many of grouped ones."""
    wanted = rest[-1]  # gradients of input, weight and bias
    return sum(wanted[:2]) * conv_flop_count(x_shape, w_shape, grad_shape, transposed)


def gflop(function: Callable) -> float:
    """The 10^9 operations of the convolutions and matrix products in a call of `function`; a product is two."""
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.convolution_backward: backward_flop}) as counter:
        function()
    return counter.get_total_flops() / 1e9
