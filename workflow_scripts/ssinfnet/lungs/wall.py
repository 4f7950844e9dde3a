"""Dense lesion between a lung and the chest wall, which is as bright as the wall and so is missing of the lung."""

import math

import cv2
import numpy as np

from ssinfnet.lungs.body import disk


def lesion_at_wall(side: np.ndarray, centre: tuple[float, float], scale: float, *, least: float = 0) -> np.ndarray:
    """What is missing of one lung, uint8 0/1 (H, W), along the chest wall, uint8 (H, W).

    Lengths are given for pictures of 512 pixels, whose pixels are about 0.7 mm, and multiplied by `scale`.

    Seen from the `centre` (x, y) of the chest, the lung ends at the wall, at a distance that changes little with the
    direction. Directions in which it ends before the convex hull of its piece look at a lesion; the wall is there
    taken from the directions beside, along a line in polar coordinates. The heart, hila and diaphragm have lung behind
    them. Straight before and behind the centre are breastbone and spine, which the hull would cut. Nothing is missing
    in a direction in which the lung ends at less than `least` (0 to 1) of the wall's distance: that is the liver.
    """
    missing, half = np.zeros(side.shape, np.uint8), _own_half(side, centre[0])
    if half.start >= half.stop:
        return missing
    dy, dx = np.arange(side.shape[0])[:, None] - centre[1], abs(np.arange(half.start, half.stop) - centre[0])
    distance, degree = np.hypot(dx, dy), np.degrees(np.arctan2(dy, dx)).astype(int) + 90
    reach, hull_reach = (_farthest(mask[:, half], distance, degree) for mask in (side, _hulls(side)))
    lung = reach > 0
    notch = lung & (hull_reach > reach + 3 * scale)
    if not notch.any():
        return missing
    known = np.flatnonzero(lung & ~notch)
    wall = np.maximum(hull_reach, np.where(notch, np.interp(np.arange(181), known, reach[known]), 0))
    wall[~lung | (reach < least * wall)] = 0
    missing[:, half] = (dx > 50 * scale) & (distance > reach[degree]) & (distance <= wall[degree])
    return cv2.morphologyEx(missing, cv2.MORPH_OPEN, disk(2 * scale))


def _own_half(side: np.ndarray, column: float) -> slice:
    """The columns on the side of `column`, the middle, on which most of the lung lies; none where it is a tie."""
    balance = side.sum(axis=0, dtype=int) @ np.sign(np.arange(side.shape[1]) - column)
    middle = min(max(column, 0.0), float(side.shape[1]))
    if balance == 0:
        return slice(0, 0)
    return slice(math.floor(middle) + 1, side.shape[1]) if balance > 0 else slice(0, math.ceil(middle))


def _hulls(side: np.ndarray) -> np.ndarray:
    """The convex hull of each piece of a lung, uint8 0/1 (H, W)."""
    hulls = np.zeros(side.shape, np.uint8)
    for outline in cv2.findContours(side, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        cv2.fillConvexPoly(hulls, cv2.convexHull(outline), 1)
    return hulls


def _farthest(mask: np.ndarray, distance: np.ndarray, degree: np.ndarray) -> np.ndarray:
    """The distance of the farthest pixel of a mask in each direction, float (181,); 0 where there is none."""
    farthest, member = np.zeros(181), mask > 0
    np.maximum.at(farthest, degree[member], distance[member])
    return farthest
