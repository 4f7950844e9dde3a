"""Feature pyramids by timm name."""

import difflib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from ssinfnet import inputs
from ssinfnet.errors import InputError
from ssinfnet.networks import torchvision_operators

STRIDES = [4, 8, 16, 32]


def create(name: str, weights: str = "none") -> tuple[nn.Module, list[int]]:
    """Backbone `name` of timm without classifier, and the channels of its four outputs.

    The module maps (N, 3, H, W) to features at strides 4, 8, 16 and 32. `weights` is "none" (fresh), "imagenet"
    (downloaded by timm or taken from its cache) or a safetensors file with timm's names. Raises `InputError` when
    there is no such backbone, when its strides do not fit, or when the weights cannot be had: never a silent
    fresh start.
    """
    torchvision_operators.declare_missing()
    import timm  # slow to import, and not before the operators are declared

    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), 1)
        raise InputError(f"timm knows no backbone {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
    try:
        module = timm.create_model(
            name, pretrained=weights == "imagenet", features_only=True, out_indices=(-4, -3, -2, -1)
        )
    except Exception as error:  # timm and its downloader raise many kinds
        if weights != "imagenet":
            raise InputError(f"backbone {name}: timm cannot give features at four scales ({error})") from error
        raise InputError(
            f"backbone {name}: its ImageNet weights cannot be had ({type(error).__name__}: {error}); connect to the "
            "network, or set weights to a safetensors file fetched elsewhere, or to none"
        ) from error
    if module.feature_info.reduction() != STRIDES:
        raise InputError(f"backbone {name} has features at strides {module.feature_info.reduction()}, not {STRIDES}")
    if weights not in ("none", "imagenet"):
        _load(module, Path(weights))
    return module, module.feature_info.channels()


def _load(module: nn.Module, path: Path) -> None:
    """Load the backbone's weights from a file, which may hold a classifier besides."""
    inputs.check(path)
    try:
        # timm renames the first level where it takes a backbone apart: features.0 becomes features_0.
        stored = {_plain(key): value for key, value in load_file(path).items()}
    except Exception as error:  # the parsers of header and tensors raise many kinds for a broken file
        raise InputError(f"{path}: cannot be read as safetensors ({error})") from None
    own: Mapping[str, torch.Tensor] = module.state_dict()
    state = {key: stored[_plain(key)] for key in own if _plain(key) in stored}
    # torch's own counter of batches decides nothing, and files from elsewhere often lack it.
    defects = [f"{path}: no {key}" for key in own if key not in state and not key.endswith("num_batches_tracked")]
    defects += [
        f"{path}: {key} has shape {tuple(value.shape)}, the backbone's is {tuple(own[key].shape)}"
        for key, value in state.items()
        if value.shape != own[key].shape
    ]
    if defects:
        raise InputError.from_defects(path, defects)
    module.load_state_dict(state, strict=False)


def _plain(key: str) -> str:
    return key.replace("_", ".")
