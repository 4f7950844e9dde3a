"""Morphology of volumes with balls whose radius is in mm.

A ball is a stack of disks, so that each slice is left to OpenCV; this takes a fifth of the time of distance maps.
"""

import cv2
import numpy as np

Spacing = tuple[float, float, float]
"""Distance of slices, rows and columns, mm."""


def dilate(mask: np.ndarray, radius: float, spacing: Spacing) -> np.ndarray:
    """A mask (slices, rows, columns), uint8 of 0 and 1, dilated with a ball of `radius` mm; nothing lies beyond it."""
    result = np.zeros_like(mask)
    for step in range(min(int(radius / spacing[0]), len(mask) - 1) + 1):
        kernel = _disk(max(radius**2 - (step * spacing[0]) ** 2, 0.0) ** 0.5, spacing)
        for position in np.flatnonzero(mask.any(axis=(1, 2))):
            grown = cv2.dilate(mask[position], kernel)
            for place in {position - step, position + step}:
                if 0 <= place < len(mask):
                    result[place] |= grown
    return result


def erode(mask: np.ndarray, radius: float, spacing: Spacing) -> np.ndarray:
    """A mask as in `dilate` eroded with a ball of `radius` mm; beyond its edges it goes on."""
    return 1 - dilate(1 - mask, radius, spacing)


def close(mask: np.ndarray, radius: float, spacing: Spacing) -> np.ndarray:
    """A mask as in `dilate` closed with a ball of `radius` mm, which does not enter the mask from beyond its edges."""
    return erode(dilate(mask, radius, spacing), radius, spacing)


def _disk(radius: float, spacing: Spacing) -> np.ndarray:
    rows, columns = int(radius / spacing[1]), int(radius / spacing[2])
    y, x = np.ogrid[-rows : rows + 1, -columns : columns + 1]
    return ((y * spacing[1]) ** 2 + (x * spacing[2]) ** 2 <= radius**2 + 1e-9).astype(np.uint8)
