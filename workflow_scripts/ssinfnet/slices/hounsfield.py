"""Whether the voxels of a chest CT are Hounsfield units, and what stands for those that are missing."""

import sys
from collections.abc import Sequence

import cv2
import numpy as np

from ssinfnet.errors import InputError

AIR = -1000
"""HU of air, and of what lies outside of the field of view."""
_LUNG_OR_AIR = (-1200, -600)
_SOFT_TISSUE = (-200, 200)
_LEAST = 0.01
"""Share of voxels that a chest CT has in each of these ranges at least; whole scans have ten times as many and more."""
_DENSER_THAN_AIR = -500


def require_hounsfield(values: np.ndarray, name: str, labels: Sequence[np.ndarray] = ()) -> np.ndarray:
    """The voxels (slices, H, W, axial) of the chest CT `name`, with air for NaN outside of the body.

    Outside is what lies beyond the convex hull of all that is denser than air in a slice, and slices before the first
    or after the last that has values: what a resampling fills with NaN. What has a code in one of `labels`, each shaped
    like `values`, is inside. The NaN that become air are counted on standard error. Raises
    `InputError` where the values cannot be Hounsfield units, as less than 1 % are near air (-1200 to -600, without the
    lowest value, which may be padding) or near water (-200 to 200), and for NaN anywhere else.
    """
    _check_units(values, name)
    if values.dtype.kind != "f":
        return values
    missing = np.isnan(values)
    count = int(missing.sum())
    if not count:
        return values
    empty = missing.all(axis=(1, 2))
    filled = np.flatnonzero(~empty)
    within = empty[filled[0] : filled[-1]].any() or any((codes[missing] > 0).any() for codes in labels)
    if within or any(_in_body(one, gaps).any() for one, gaps in zip(values, missing, strict=True) if gaps.any()):
        raise InputError(
            f"{name}: holds NaN inside the body, where nobody knows the value; convert the scan again, or fill it in"
        )
    print(f"{name}: {count:,} voxels outside of the body are NaN, taken as air ({AIR} HU)", file=sys.stderr)
    return np.where(missing, values.dtype.type(AIR), values)


def _check_units(values: np.ndarray, name: str) -> None:
    step = max(1, min(values.shape[1:]) // 128)  # a sample is enough for shares
    sample = values[:, ::step, ::step]
    sample = sample[~np.isnan(sample)]
    if not sample.size:
        raise InputError(f"{name}: holds nothing but NaN")
    low, high = sample.min(), sample.max()
    air = _share(sample, _LUNG_OR_AIR) - (np.mean(sample == low) if _is_in(low, _LUNG_OR_AIR) else 0)
    lacking = [
        f"{what} ({bounds[0]} to {bounds[1]})"
        for what, bounds, share in (
            ("air or lung", _LUNG_OR_AIR, air),
            ("soft tissue", _SOFT_TISSUE, _share(sample, _SOFT_TISSUE)),
        )
        if share < _LEAST
    ]
    if lacking:
        raise InputError(
            f"{name}: values from {low:g} to {high:g} with hardly any {' or '.join(lacking)}, so no Hounsfield units;"
            " convert the CT again with its rescale slope and intercept (stored values often lack 1024), or save slices"
            " that are windowed as pictures and use labelled.source: folder"
        )


def _share(sample: np.ndarray, bounds: tuple[int, int]) -> float:
    return float(np.mean(_is_in(sample, bounds)))


def _is_in(sample: np.ndarray, bounds: tuple[int, int]) -> np.ndarray:
    return (sample >= bounds[0]) & (sample <= bounds[1])


def _in_body(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Which voxels of a slice (H, W) are `missing` within the convex hull of what is denser than air."""
    rows, columns = np.nonzero(values > _DENSER_THAN_AIR)  # NaN is not
    hull = np.zeros(values.shape, np.uint8)
    if rows.size:
        cv2.fillConvexPoly(hull, cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32)), 1)
        hull = cv2.erode(hull, np.ones((5, 5), np.uint8))  # a polygon is drawn a pixel too wide
    return missing & (hull > 0)
