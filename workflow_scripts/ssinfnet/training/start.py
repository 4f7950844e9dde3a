"""How a training starts: the one place that seeds, the weights of a backbone, the augmentation of a batch."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from ssinfnet import networks
from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.files.tensor_file import describe
from ssinfnet.training import augmentation
from ssinfnet.training.data import SliceTensors


def make_network(network: Section, seed: int, *, fresh: bool) -> torch.nn.Module:
    """Seed PyTorch and create the network of a config; with `fresh` false its backbone's weights follow from elsewhere.

    The only place where the global random state is touched: it decides the initial weights and nothing else.
    """
    torch.manual_seed(seed)
    result = networks.from_config(network, pretrained=fresh)
    weights = getattr(network, "weights", "none")
    if fresh and weights not in ("none", "imagenet"):
        load_backbone(result.backbone, Path(weights))
    return result


def make_augment(config: Augmentation, seed: int) -> Callable[[SliceTensors, torch.Tensor, int, int], SliceTensors]:
    """The function that makes a training batch: `augment(slices, indices, epoch, size)`.

    Images of the result are float in [0, 1]; masks and priors underwent the same draw.
    """

    def augment(slices: SliceTensors, indices: torch.Tensor, epoch: int, size: int) -> SliceTensors:
        batch = slices.select(indices)
        draw = augmentation.draw(config, seed, epoch, indices.tolist())
        priors = None if batch.priors is None else batch.priors.float()
        return SliceTensors(*augmentation.apply(draw, batch.images.float() / 255, batch.masks, priors, size))

    return augment


def load_backbone(module: nn.Module, path: Path) -> None:
    """Load weights with timm's names from a safetensors file, which may hold a classifier besides.

    Raises `InputError` that lists every tensor that is missing or of another shape.
    """
    untrusted.check(path)
    try:
        # timm renames the first level where it takes a backbone apart: features.0 becomes features_0.
        stored = {_plain(key): value for key, value in load_file(path).items()}
    except Exception:  # the parsers of header and tensors raise many kinds for a broken file
        raise InputError(f"{path}: cannot be read as safetensors: {describe(path, 'safetensors')}") from None
    own: Mapping[str, torch.Tensor] = module.state_dict()
    state = {key: stored[_plain(key)] for key in own if _plain(key) in stored}
    # torch's own counter of batches decides nothing, and files from elsewhere often lack it.
    defects = [f"{path}: no {key}" for key in own if key not in state and not key.endswith("num_batches_tracked")]
    defects += [
        f"{path}: {key} has shape {tuple(value.shape)}, the backbone's is {tuple(own[key].shape)}"
        for key, value in state.items()
        if value.shape != own[key].shape
    ]
    if len(defects) > len(own) / 2:  # each tensor of another backbone is a defect: hundreds that say one thing
        raise InputError(
            f"{path}: these are not the weights of this backbone: {len(defects)} of {len(own)} tensors are missing or "
            f"of another shape, such as {defects[0].removeprefix(f'{path}: ')}; give those of the config's backbone"
        )
    if defects:
        raise InputError.from_defects(path, defects)
    module.load_state_dict(state, strict=False)


def _plain(key: str) -> str:
    return key.replace("_", ".")
