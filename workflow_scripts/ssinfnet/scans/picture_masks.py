"""Masks of a folder of pictures as pictures of the same names, in the layout that a folder of own slices has."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ssinfnet.files.atomic import atomic_path

KINDS = ("infection", "lungs", "classes")
_COLOURS = ((0, 0, 0), (255, 0, 0), (0, 255, 0))


def write(
    folder: str | Path, names: Sequence[str], lungs: np.ndarray, infection: np.ndarray, classes: np.ndarray | None
) -> None:
    """Write `infection/` (0 and 255), `classes/` (red GGO, green consolidation) and `lungs/` (codes) as PNG.

    `names` are the pictures' names without suffix; the masks are (pictures, rows, columns) in their order.
    """
    for place, name in enumerate(names):
        _save(Image.fromarray(infection[place].astype(np.uint8) * 255), Path(folder) / "infection" / f"{name}.png")
        _save(Image.fromarray(lungs[place].astype(np.uint8)), Path(folder) / "lungs" / f"{name}.png")
        if classes is not None:
            coloured = Image.fromarray(classes[place].astype(np.uint8)).convert("P")
            coloured.putpalette([value for colour in _COLOURS for value in colour])
            _save(coloured, Path(folder) / "classes" / f"{name}.png")


def clear(folder: str | Path) -> None:
    """Remove the masks that `write` has written into `folder`, of whatever pictures."""
    for kind in KINDS:
        for path in (Path(folder) / kind).glob("*.png"):
            path.unlink()


def _save(image: Image.Image, path: Path) -> None:
    with atomic_path(path) as temporary:
        image.save(temporary, format="PNG")
