"""Networks by name. A network's module is imported when it is created, so one can change without touching another.

A network is a `torch.nn.Module` that takes normalised RGB (N, 3, H, W) and, if its `takes_prior` is true, a prior of
the same kind. It returns a named tuple of logits at input size, of which `segmentation` is what everybody else uses. It
names in `HEADS` the last convolution of each output, so that `ssinfnet.networks.inpainting` can replace it. From the
same inputs `deepest` gives the features of its deepest level, with `deepest_channels` channels.
"""

import importlib
from typing import Any

# Name in the config -> module with a `create` function. The workflow's rules read it too: a stage depends on
# the code of the network that its method names, and on no other.
MODULES = {
    "infnet": "ssinfnet.networks.infnet",
    "unet": "ssinfnet.networks.unet",
    "covid_segnet": "ssinfnet.networks.covid_segnet",
    "plain_unet": "ssinfnet.networks.plain_unet",
    "unetplusplus": "ssinfnet.networks.unetplusplus",
    "fcn8s": "ssinfnet.networks.fcn8s",
    "smp": "ssinfnet.networks.smp_decoder",
}


def create(name: str, **options: Any):
    """A new network with fresh weights from torch's global generator, which the caller seeds.

    `options` are those of the module's `create`. Raises `KeyError` for a name that is not in `MODULES`,
    `InputError` for options that cannot be met, such as weights that cannot be had.
    """
    return importlib.import_module(MODULES[name]).create(**options)


def from_config(config: Any, *, pretrained: bool):
    """The network of a section of the config; ImageNet weights are fetched where it says so and with `pretrained`.

    Weights of its own, trained or from a file, are loaded by whoever has them.
    """
    options = {**config.GIVEN, **config.model_dump()}
    if "weights" in options and not (pretrained and options["weights"] == "imagenet"):
        options["weights"] = "none"
    return create(options.pop("name"), **options)


def apply(network: Any, image: Any, prior: Any = None) -> Any:
    """The outputs of a network for normalised images, and for priors where there are any and it takes them."""
    return network(image) if prior is None or not network.takes_prior else network(image, prior)
