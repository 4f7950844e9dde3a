"""Networks by name. A network's module is imported when it is created, so one can change without touching another.

A network is a `torch.nn.Module` that takes normalised RGB (N, 3, H, W), returns logits at input size, and names
in `HEADS` the last convolution of each output, so that `ssinfnet.networks.inpainting` can replace it.
"""

import importlib
from typing import Any

# Name in the config -> module with a `create` function. The workflow's rules read it too: a stage depends on
# the code of the network that its method names, and on no other.
MODULES = {
    "infnet": "ssinfnet.networks.infnet",
    "unet": "ssinfnet.networks.unet",
}


def create(name: str, **options: Any):
    """A new network with fresh weights from torch's global generator, which the caller seeds.

    `options` are those of the module's `create`. Raises `KeyError` for a name that is not in `MODULES`,
    `InputError` for options that cannot be met, such as weights that cannot be had.
    """
    return importlib.import_module(MODULES[name]).create(**options)


def from_config(config: Any, *, pretrained: bool):
    """The network of a config section; without `pretrained` no weights are fetched, as others will be loaded."""
    options = config.model_dump()
    if not pretrained and "weights" in options:
        options["weights"] = "none"
    return create(options.pop("name"), **options)
