"""A folder of pictures as a volume: slices in the order of their names, from whichever end the anatomy says."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.pictures import read_grey
from ssinfnet.lungs import direction, orientation
from ssinfnet.lungs.slice_methods import closed
from ssinfnet.scans import geometry
from ssinfnet.scans.volume import Grid, Outcome, ScanError, Source, Volume

MAX_SLICES = 4096
SAMPLE, SAMPLE_EDGE = 20, 256
"""Pictures that are looked at for their order, and their longer edge then; it takes a tenth of a second."""
_ORDER = {
    direction.DOWN: "by their anatomy their names run from the head to the feet",
    direction.UP: "by their anatomy their names run from the feet to the head, so they are taken the other way round",
    direction.UNKNOWN: "that their names run from the head to the feet is assumed, and thirds are as right as that",
}


def read(paths: Sequence[Path], source: Path, name: str) -> Volume:
    """The volume of pictures, windowed to the lungs, in the order given; raises `ScanError` for what cannot be read.

    Pictures have no position: whether the first or the last is nearest the head is told by their anatomy, and where it
    does not tell, it is the first. A note says which.
    """
    if len(paths) > MAX_SLICES:
        raise ScanError(
            "too_large", f"it has {len(paths):,} pictures, more than any scan; give each scan its own folder"
        )
    _require_own_names(paths)
    pictures = []
    for path in paths:
        try:
            pictures.append(read_grey(path))
        except InputError as error:
            raise ScanError.from_error(error, path) from None
        if pictures[-1].shape != pictures[0].shape:
            sizes = " and ".join(f"{one.shape[1]} x {one.shape[0]}" for one in (pictures[0], pictures[-1]))
            raise ScanError(
                "mixed_sizes",
                f"it holds pictures of {sizes} pixels, so they are not of one scan; give each scan its own folder",
                path,
            )
    stored = np.stack(pictures)
    found = _direction(stored)
    grid = Grid((0, 1, 2), (found == direction.UP, False, False), stored.shape, slices_first=True)
    text = f"pictures do not say where they lie or how large a pixel is: {_ORDER[found]}; there are no volumes in ml"
    notes = (Outcome("no_position", "note", text), *geometry.few(len(stored)), *_turned(stored))
    return Volume(grid.show(stored), None, False, grid, name, Source("pictures", source, tuple(paths)), notes)


def _require_own_names(paths: Sequence[Path]) -> None:
    """Raise `ScanError` for pictures that differ in their suffix alone: one slice twice, and one name for two masks."""
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(path.stem.casefold(), path)
        if other != path:
            raise ScanError(
                "same_names",
                f"{other.name} and {path.name} have one name, as if they were one slice that is there twice; keep one, "
                "or rename it if it is another slice",
            )


def _direction(values: np.ndarray) -> str:
    """Whether pictures run from the head to the feet, by the lungs of an even sample of them."""
    chosen = np.unique(np.linspace(0, len(values) - 1, SAMPLE).round().astype(int))
    lungs = []
    for one in values[chosen]:
        scale = SAMPLE_EDGE / max(one.shape)
        small = cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else one
        lungs.append(closed(small))
    return direction.of_stack([float(one.mean()) for one in lungs], [direction.between(one) for one in lungs])


def _turned(values: np.ndarray) -> list[Outcome]:
    sides = pd.Series([orientation.spine_side(one) for one in values])
    side = orientation.of_groups(sides, pd.Series("scan", index=sides.index)).iloc[0]
    if side not in ("below", orientation.UNKNOWN):
        text = f"the spine seems to lie {side}, so the pictures are turned or upside down; turn them upright"
        return [Outcome("turned", "note", text)]
    return []
