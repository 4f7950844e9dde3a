"""The trachea and the main bronchi of a scan, which are dark as lung but are none."""

import numpy as np
from scipy import ndimage

from ssinfnet.lungs.balls import dilate
from ssinfnet.lungs.coarse import Coarse

AREA = (40.0, 800.0)
"""Of the trachea on a slice, mm²."""
WIDTH = 45.0
"""Most that it is wide or deep, mm."""
OFF_MIDDLE = 40.0
"""Most that it lies beside the middle of the body, mm."""
LENGTH = 15.0
"""Least of it that must be seen, mm."""
DARK = -700.0
"""HU: what is brighter than this, mean of a slice, is no airway."""
LEVELS = (-700, -750, -800, -850, -880, -900, -920, -940, -960)
"""Upper limits of HU, tried in this order until the bronchi no longer leak into the lungs."""
BRONCHI = 45_000.0
"""Most of the airways that lies beyond the trachea, mm³."""
REACH = (90.0, 60.0, 80.0)
"""How far from the trachea the main bronchi are looked for, mm along slices, rows and columns."""
WALL = 2.5
"""Of the airways, mm."""


def find_airways(coarse: Coarse, inside: np.ndarray, flat: np.ndarray, middle: float) -> np.ndarray:
    """The trachea and main bronchi with their walls, bool (slices, rows, columns); empty where no trachea is seen.

    `inside` is the air in the body, bool, `flat` its pieces slice by slice, int, `middle` the column of its middle. The
    trachea is the longest run of small compact pieces near the middle, above the widest slice of the lungs. The bronchi
    are what it leads to through voxels that are dark enough.
    """
    trachea = _trachea(coarse, inside, flat, middle)
    if not trachea.any():
        return trachea
    box = []
    for axis, reach in enumerate(REACH):
        used = np.flatnonzero(trachea.any(axis=tuple({0, 1, 2} - {axis})))
        margin = int(reach / coarse.spacing[axis]) + 1
        box.append(slice(max(used[0] - margin, 0), used[-1] + 1 + margin))
    start, dark, within = trachea[*box], coarse.hounsfield[*box], inside[*box]
    most = start.sum() + BRONCHI / np.prod(coarse.spacing)
    lumen = start
    for level in LEVELS:
        pieces = ndimage.label(within & (dark < level) | start)[0]
        # The trachea is one piece, so any of its voxels tells.
        grown = pieces == pieces[start][0]
        if grown.sum() <= most:
            lumen = grown
            break
    result = np.zeros_like(trachea)
    # Voxels may be longer than the wall is thick.
    result[*box] = dilate(lumen.astype(np.uint8), max(WALL, *coarse.spacing[1:]), coarse.spacing) > 0
    return result


def _trachea(coarse: Coarse, inside: np.ndarray, flat: np.ndarray, middle: float) -> np.ndarray:
    depth, height, width = coarse.spacing
    area = np.bincount(flat.ravel()) * height * width
    fits = (area >= AREA[0]) & (area <= AREA[1])
    fits[0] = False
    boxes = ndimage.find_objects(flat)
    for piece in np.flatnonzero(fits):
        z, y, x = boxes[piece - 1]
        tall, wide = (y.stop - y.start) * height, (x.stop - x.start) * width
        member = flat[z, y, x] == piece
        fits[piece] = (
            max(tall, wide) <= WIDTH
            and area[piece] >= 0.45 * tall * wide
            and abs((x.start + x.stop - 1) / 2 - middle) * width <= OFF_MIDDLE
            and coarse.hounsfield[z, y, x][member].mean() < DARK
        )
    tubes = ndimage.label(fits[flat])[0]
    widest = int(inside.sum(axis=(1, 2)).argmax())
    best, longest = 0, LENGTH
    for tube, box in enumerate(ndimage.find_objects(tubes), start=1):
        length = (box[0].stop - box[0].start) * depth
        if length >= longest and (box[0].start + box[0].stop - 1) / 2 <= widest:
            best, longest = tube, length
    return (tubes == best) & (best > 0)
