"""Make `import torchvision`, and so `import timm`, work on a CPU-only build of PyTorch.

The torchvision wheel of the package index is linked against CUDA libraries. Where they are absent its C++ operators
do not load, which torchvision tolerates, until it describes the shapes of two of them: "operator torchvision::nms
does not exist". Declaring the two schemas lets that pass. The operators themselves stay absent; nothing here uses
them. Where the C++ operators load, nothing is declared.
"""

import importlib.util
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
# A library's declarations last as long as this object.
_library: torch.library.Library | None = None


def declare_missing() -> None:
    """Declare the schemas that torchvision's import needs, if its C++ operators do not load; call it before timm."""
    global _library
    if _library is None and not _operators_load():
        _library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            _library.define(schema)


def _operators_load() -> bool:
    """Load the C++ operators as torchvision will (a second time is harmless)."""
    specification = importlib.util.find_spec("torchvision")
    if specification is None or specification.origin is None:
        return True  # not installed: the import that follows says so
    for path in Path(specification.origin).parent.glob("_C*.*"):
        try:
            torch.ops.load_library(path)
        except OSError:
            continue
        return True
    return False
