"""A scan on a coarse grid, on which its lungs are looked for, and back: lungs with the edges of the fine grid."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from ssinfnet.lungs.balls import Spacing
from ssinfnet.lungs.body import disk

EDGE = 1.5
"""Edge of a coarse voxel, about, mm; slices that are farther apart stay as they are."""
AIR, LUNG, TISSUE = -1024.0, -320.0, 200.0
"""HU: the least and the largest that count, and what is darker than soft tissue, as in the method for slices."""
FLAT = np.zeros((3, 3, 3), bool)
FLAT[1] = ndimage.generate_binary_structure(2, 1)
"""Neighbours within a slice."""


@dataclass(frozen=True)
class Coarse:
    """A scan on a coarse grid, all arrays (slices, rows, columns).

    `hounsfield` is float32, the mean over a voxel; `nothing` is bool, where the scanner has measured nothing, as beyond
    a round field of view. `spacing` is in mm; `factors` are the fine voxels along the edges of a coarse one.
    """

    hounsfield: np.ndarray
    nothing: np.ndarray
    spacing: Spacing
    factors: tuple[int, int, int]


def find_factors(shape: tuple[int, ...], spacing: Spacing) -> tuple[int, int, int]:
    """Fine voxels along the edges of a coarse one, for a volume of this shape and spacing (mm).

    Raises `ValueError` for a shape that is no volume's and a spacing that is not positive.
    """
    if len(shape) != 3 or not all(shape) or len(spacing) != 3 or not all(np.isfinite(mm) and mm > 0 for mm in spacing):
        raise ValueError(f"not a volume with a spacing in mm: shape {shape}, spacing {spacing}")
    slices, rows, columns = (min(max(round(EDGE / mm), 1), n) for mm, n in zip(spacing, shape, strict=True))
    return slices, rows, columns


def reduce(values: np.ndarray, spacing: Spacing) -> Coarse:
    """HU (slices, rows, columns) with their `spacing` (mm) on a coarse grid.

    Raises `ValueError` as `find_factors` does.
    """
    factors = find_factors(values.shape, spacing)
    size = tuple(-(-length // factor) for length, factor in zip(values.shape, factors, strict=True))
    _, below, right = (n * factor - length for n, factor, length in zip(size, factors, values.shape, strict=True))
    hounsfield = np.zeros(size, np.float32)
    for position in range(size[0]):
        group = values[position * factors[0] : (position + 1) * factors[0]]
        for plane in group:
            plane = np.clip(plane, AIR, TISSUE).astype(np.float32)
            plane = cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE)
            hounsfield[position] += cv2.resize(plane, size[:0:-1], interpolation=cv2.INTER_AREA) / len(group)
    mm = tuple(step * factor for step, factor in zip(spacing, factors, strict=True))
    return Coarse(hounsfield, find_nothing(sample(values, factors)), mm, factors)


def refine(values: np.ndarray, coarse: Coarse, sides: np.ndarray, dense: np.ndarray, barred: np.ndarray) -> np.ndarray:
    """Coarse lungs on the fine grid of `values`, uint8 of the same shape with the codes of `sides`.

    `sides` are uint8 codes (1 right, 2 left lung), `dense` the part of them that is no brighter edge of a lung but
    lesion or vessel, `barred` what must not be lung, all on the coarse grid. The surface is where the fine voxels turn
    from lung to soft tissue; where the lungs end in something dense it is that of the coarse grid, interpolated.
    """
    result = np.zeros(values.shape, np.uint8)
    if not sides.any():
        return result
    masks = np.stack([sides == 1, sides == 2, dense, barred], axis=-1).astype(np.float32)
    used = (np.flatnonzero(sides.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    (top, bottom), (left, right) = ((max(places[0] - 1, 0), places[-1] + 2) for places in used)
    masks = masks[:, top:bottom, left:right]
    height, width = masks.shape[1] * coarse.factors[1], masks.shape[2] * coarse.factors[2]
    box = slice(top * coarse.factors[1], None), slice(left * coarse.factors[2], None)
    occupied = masks[..., :2].any(axis=(1, 2, 3))
    for position, plane in enumerate(values):
        place = min(max((position + 0.5) / coarse.factors[0] - 0.5, 0), len(masks) - 1)
        before, after = int(place), min(int(place) + 1, len(masks) - 1)
        if not (occupied[before] or occupied[after]):
            continue
        mixed = masks[before] + (place - before) * (masks[after] - masks[before])
        plane = plane[box][:height, :width]
        mixed = cv2.resize(mixed, (width, height), interpolation=cv2.INTER_LINEAR)[: plane.shape[0], : plane.shape[1]]
        share = mixed[..., 0] + mixed[..., 1]
        lung = (share > 0.15) & (plane < LUNG) & (mixed[..., 3] < 0.5)
        lung |= (share > 0.98) | (share > 0.5) & (mixed[..., 2] > 0.5 * share)
        result[position][box][:height, :width] = np.where(lung, 1 + (mixed[..., 1] > mixed[..., 0]), 0)
    return result


def label_flat(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The pieces of each slice by themselves, int32 as in `scipy.ndimage.label`, and their number."""
    return ndimage.label(mask, FLAT)


def at_edge(shape: tuple[int, ...]) -> np.ndarray:
    """The edges of the slices, bool (slices, rows, columns)."""
    edge = np.zeros(shape, bool)
    edge[:, [0, -1]] = edge[:, :, [0, -1]] = True
    return edge


def sample(array: np.ndarray, factors: tuple[int, int, int]) -> np.ndarray:
    """The fine voxel in the middle of each coarse one."""
    places = (
        np.minimum(np.arange(-(-length // factor)) * factor + factor // 2, length - 1)
        for factor, length in zip(factors, array.shape, strict=True)
    )
    return array[np.ix_(*places)]


def find_nothing(hounsfield: np.ndarray) -> np.ndarray:
    """Where the scanner has measured nothing, bool of the shape of a sampled scan (HU).

    It is at the edge of a slice, and below -1100 HU, or one value of at most -900 in all corners: air has noise.
    """
    corners = hounsfield[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    nothing = hounsfield < -1100
    if corners.min() == corners.max() <= -900:
        nothing |= hounsfield == corners.min()
    pieces, count = label_flat(nothing)
    outer = np.zeros(count + 1, bool)
    outer[pieces[at_edge(pieces.shape)]] = True
    outer[0] = False
    return outer[pieces]


def dilate_flat(mask: np.ndarray, steps: int = 1) -> np.ndarray:
    """A bool mask dilated by so many voxels within each slice."""
    return np.stack([cv2.dilate(plane, disk(1), iterations=steps) for plane in mask.astype(np.uint8)]) > 0
