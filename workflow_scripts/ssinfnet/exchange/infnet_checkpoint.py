"""Published Inf-Net checkpoints, in the names of our network.

The published code names its modules differently and was often saved with leftovers: the `module.` prefix of a
parallel wrapper, the backbone's unused classifier, and counters of a profiler on every level.
"""

import zipfile
from pathlib import Path

import torch

from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.files import archives, untrusted

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
    unexpected or of another shape, and `InputError` for a file that is not a state dict.
    """
    stored = _read(path)
    with torch.device("meta"):  # names, shapes and types only
        own = networks.create("infnet", backbone=backbone, weights="none").state_dict()
    published = {_published_name(name): name for name in own}
    if not published.keys() & stored.keys():
        raise InputError(f"{path}: holds no tensor of Inf-Net; give the state dict of the published network itself")

    defects = [f"{path}: no {name}" for name in published if name not in stored]
    defects += [
        f"{path}: {name} has shape {tuple(stored[name].shape)}, Inf-Net's with {backbone} is {tuple(own[ours].shape)}"
        for name, ours in published.items()
        if name in stored and stored[name].shape != own[ours].shape
    ]
    defects += [f"{path}: {name} is not of Inf-Net with {backbone}" for name in stored if name not in published]
    if defects:
        raise InputError.from_defects(f"{path}, read as Inf-Net with {backbone}", defects)
    # Copied, as tensors of a checkpoint may share memory, which safetensors refuses.
    return {ours: stored[name].to(own[ours].dtype, copy=True) for name, ours in published.items()}


def _read(path: str | Path) -> dict[str, torch.Tensor]:
    """Tensors of a state dict by published name, without what its saving left behind; runs no code of the file."""
    untrusted.check(path)
    try:
        if zipfile.is_zipfile(path):  # torch stores without compression; before 1.6 it wrote no zip archive
            archives.inspect(path, max_ratio=1)
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as error:  # torch raises many kinds for what is not a file of tensors
        raise InputError(
            f"{path}: cannot be read as a PyTorch state dict ({type(error).__name__}); a whole pickled network is not "
            "opened, as that could run any code: give the file of its state dict"
        ) from None
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


def _published_name(name: str) -> str:
    """The published name of one of our tensors."""
    ours = next(module for module in _MODULES if name.startswith(f"{module}."))
    return _MODULES[ours] + name.removeprefix(ours)
