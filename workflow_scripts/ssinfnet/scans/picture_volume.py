"""A folder of pictures as a volume: slices in the order of their names, as nothing else is known of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.pictures import read_grey
from ssinfnet.lungs import orientation
from ssinfnet.scans.volume import Grid, Outcome, ScanError, Source, Volume

MAX_SLICES = 4096


def read(paths: Sequence[Path], source: Path, name: str) -> Volume:
    """The volume of pictures, windowed to the lungs, in the order given; raises `ScanError` for what cannot be read.

    Pictures have no position: the first counts as nearest the head, which is a note, as is that spacing is unknown.
    """
    if len(paths) > MAX_SLICES:
        raise ScanError(
            "too_large", f"it has {len(paths):,} pictures, more than any scan; give each scan its own folder"
        )
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
    values = np.stack(pictures)
    grid = Grid((0, 1, 2), (False, False, False), values.shape, slices_first=True)
    return Volume(values, None, False, grid, name, Source("pictures", source, tuple(paths)), tuple(_notes(values)))


def _notes(values: np.ndarray) -> list[Outcome]:
    text = (
        "pictures say neither where they lie nor how large a pixel is: their names are taken as the order from the "
        "head to the feet, so thirds are those of the order, and there are no volumes in ml"
    )
    notes = [Outcome("no_position", "note", text)]
    sides = pd.Series([orientation.spine_side(one) for one in values])
    side = orientation.of_groups(sides, pd.Series("scan", index=sides.index)).iloc[0]
    if side not in ("below", orientation.UNKNOWN):
        text = f"the spine seems to lie {side}, so the pictures are turned or upside down; turn them upright"
        notes.append(Outcome("turned", "note", text))
    return notes
