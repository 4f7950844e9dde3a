"""Published Inf-Net checkpoints, in the names of our network.

The published code names its modules differently and was often saved with leftovers: the `module.` prefix of a
parallel wrapper, the backbone's unused classifier, and counters of a profiler on every level.
"""

import sys
from pathlib import Path
from typing import Any

import torch

from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.files import archives, untrusted
from ssinfnet.files.tensor_file import describe, is_torch_zip

BACKBONES = ("res2net50d", "resnet50")
"""Those of the published networks."""
_PREFIX = "module."
_CLASSIFIER = "resnet.fc."
_COUNTERS = ("total_ops", "total_params")
_RECEPTIVE_FIELD = {
    "branches.0": "branch0.0",
    "branches.1": "branch1",
    "branches.2": "branch2",
    "branches.3": "branch3",
    "join": "conv_cat",
    "shortcut": "conv_res",
}
# Our module -> the published one.
_MODULES = {
    "backbone": "resnet",
    **{f"rfb_{i}.{ours}": f"rfb{i}_1.{theirs}" for i in (2, 3, 4) for ours, theirs in _RECEPTIVE_FIELD.items()},
    **{f"decoder.up_{i}": f"ParDec.conv_upsample{i}" for i in (1, 2, 3, 4, 5)},
    "decoder.join_4": "ParDec.conv_concat2",
    "decoder.join_3": "ParDec.conv_concat3",
    "decoder.fuse": "ParDec.conv4",
    "decoder.head": "ParDec.conv5",
    **{f"edge.guidance.{i}": f"edge_conv{i + 1}" for i in (0, 1, 2)},
    "edge.head": "edge_conv4",
    **{f"reverse_{i}.reduce": f"ra{i}_conv1" for i in (4, 3, 2)},
    **{f"reverse_4.layers.{i}": f"ra4_conv{i + 2}" for i in (0, 1, 2)},
    **{f"reverse_{i}.layers.{j}": f"ra{i}_conv{j + 2}" for i in (3, 2) for j in (0, 1)},
    "reverse_4.head": "ra4_conv5",
    "reverse_3.head": "ra3_conv4",
    "reverse_2.head": "ra2_conv4",
}


def load(path: str | Path, backbone: str = "res2net50d") -> dict[str, torch.Tensor]:
    """The state of `networks.create("infnet", backbone=backbone)`, complete, from a published checkpoint.

    Values are converted to the network's types. Raises one `InputError` that lists every tensor that is missing,
    unexpected or of another shape, one line for the weights of another network, and `InputError` for a file that is
    not a state dict, which says what it is.
    """
    stored = _read(path)
    own, published = _layout(backbone)
    if not published.keys() & stored.keys():
        raise InputError(f"{path}: holds no tensor of Inf-Net; give the state dict of the published network itself")
    if defects := _defects(path, stored, backbone):
        by_others = {other: _defects(path, stored, other) for other in BACKBONES if other != backbone}
        fitting = min(by_others, key=lambda other: len(by_others[other]))
        # Leftovers apart, each tensor of the wrong backbone is a defect: hundreds that say one thing.
        if len(by_others[fitting]) < len(defects) / 10:
            raise InputError(f"{path}: these are the weights with the backbone {fitting}; give --backbone {fitting}")
        if len(defects) > len(published) / 2:
            raise InputError(
                f"{path}: these are not the weights of Inf-Net with {backbone}: {len(defects)} tensors are missing, "
                f"too many or of another shape, such as {defects[0].removeprefix(f'{path}: ')}"
            )
        raise InputError.from_defects(f"{path}, read as Inf-Net with {backbone}", defects)
    # Copied, as tensors of a checkpoint may share memory, which safetensors refuses.
    return {ours: stored[name].to(own[ours].dtype, copy=True) for name, ours in published.items()}


def _layout(backbone: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Our tensors by name, of which names, shapes and types count alone, and our names by published ones."""
    with torch.device("meta"):
        own = networks.create("infnet", backbone=backbone, weights="none").state_dict()
    return own, {_published_name(name): name for name in own}


def _defects(path: str | Path, stored: dict[str, torch.Tensor], backbone: str) -> list[str]:
    own, published = _layout(backbone)
    defects = [f"{path}: no {name}" for name in published if name not in stored]
    defects += [
        f"{path}: {name} has shape {tuple(stored[name].shape)}, Inf-Net's with {backbone} is {tuple(own[ours].shape)}"
        for name, ours in published.items()
        if name in stored and stored[name].shape != own[ours].shape
    ]
    return defects + [f"{path}: {name} is not of Inf-Net with {backbone}" for name in stored if name not in published]


def _read(path: str | Path) -> dict[str, torch.Tensor]:
    """Tensors of a state dict by published name, without what its saving left behind; runs no code of the file."""
    untrusted.check(path)
    try:
        if is_torch_zip(path):  # torch stores without compression; before 1.6 it wrote no zip archive
            archives.inspect(path, max_ratio=1)
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception:  # torch raises many kinds for what is not a file of tensors
        raise InputError(f"{path}: cannot be read as a PyTorch state dict: {describe(path, 'PyTorch')}") from None
    stored = _unwrap(stored, path)
    if not isinstance(stored, dict):
        raise InputError(f"{path}: holds {type(stored).__name__}, not a state dict (names and tensors)")
    stored = {str(name): value for name, value in stored.items() if str(name).rpartition(".")[2] not in _COUNTERS}
    if all(name.startswith(_PREFIX) for name in stored):
        stored = {name.removeprefix(_PREFIX): value for name, value in stored.items()}
    stored = {name: value for name, value in stored.items() if not name.startswith(_CLASSIFIER)}
    others = [f"{path}: {name} is no tensor" for name, value in stored.items() if not isinstance(value, torch.Tensor)]
    if others:
        raise InputError.from_defects(f"{path}, which must be a state dict (names and tensors)", others)
    return stored


def _unwrap(stored: Any, path: str | Path) -> Any:
    """The state dict in a checkpoint that holds it beside epoch, optimiser and the like; `stored` where it does not."""
    if not isinstance(stored, dict) or any(isinstance(value, torch.Tensor) for value in stored.values()):
        return stored
    inside = [name for name, value in stored.items() if _is_state(value)]
    if len(inside) > 1:
        raise InputError(f"{path}: holds several state dicts ({', '.join(map(str, inside))}); save the one that counts")
    if not inside:
        return stored
    print(f"{path}: took its entry {inside[0]}", file=sys.stderr)
    return stored[inside[0]]


def _is_state(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(item, torch.Tensor) for item in value.values())


def _published_name(name: str) -> str:
    """The published name of one of our tensors."""
    ours = next(module for module in _MODULES if name.startswith(f"{module}."))
    return _MODULES[ours] + name.removeprefix(ours)
