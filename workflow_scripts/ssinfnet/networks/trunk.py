"""A network without its heads: what a pretext task hands on."""

from collections.abc import Mapping

import torch
from torch import nn

from ssinfnet.errors import InputError

PRETEXT_HEAD = "pretext_head"
"""The name, within a network, of what a pretext task puts on top of it beside the network's own heads."""


def trunk_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """The state of `network`, with whatever heads, without them."""
    return _without_heads(network, network.state_dict())


def load_trunk(network: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Load everything but the heads from `state`, which may hold heads of its own; those of `network` stay as they are.

    Raises `InputError` that lists every tensor that is missing, too many or of another shape.
    """
    own, given = trunk_state(network), _without_heads(network, state)
    defects = [f"no {name}" for name in own if name not in given]
    defects += [f"unexpected {name}" for name in given if name not in own]
    defects += [
        f"{name} has shape {tuple(given[name].shape)}, the network's is {tuple(own[name].shape)}"
        for name in own
        if name in given and given[name].shape != own[name].shape
    ]
    if defects:
        raise InputError("the pretrained weights do not fit the network of the config: " + "; ".join(defects))
    network.load_state_dict(given, strict=False)


def _without_heads(network: nn.Module, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefixes = tuple(f"{path}." for path in [*network.HEADS.values(), PRETEXT_HEAD])
    return {name: value for name, value in state.items() if not name.startswith(prefixes)}
