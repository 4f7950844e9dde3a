"""Dense lesion between a lung and the chest wall, which is as bright as the wall and so is missing of the lung."""

import math

import cv2
import numpy as np

from ssinfnet.lungs.body import disk
from ssinfnet.lungs.boxes import Box, around


def lesion_at_wall(side: np.ndarray, centre: tuple[float, float], scale: float, *, least: float = 0) -> np.ndarray:
    """What is missing of one lung, uint8 0/1 (H, W), along the chest wall, uint8 (H, W).

    Lengths are given for pictures of 512 pixels, whose pixels are about 0.7 mm, and multiplied by `scale`.

    Seen from the `centre` (x, y) of the chest, the lung ends at the wall, at a distance that changes little with the
    direction. Directions in which it ends before the convex hull of its piece look at a lesion; the wall is there
    taken from the directions beside, along a line in polar coordinates. The heart, hila and diaphragm have lung behind
    them. Straight before and behind the centre are breastbone and spine, which the hull would cut. Nothing is missing
    in a direction in which the lung ends at less than `least` (0 to 1) of the wall's distance: that is the liver.
    """
    missing, own_half = np.zeros(side.shape, np.uint8), _own_half(side, centre[0])
    box = around(side)
    box = box[0], slice(max(box[1].start, own_half.start), min(box[1].stop, own_half.stop))
    if box[1].start >= box[1].stop:
        return missing
    distance, degree = _polar(box, centre)
    reach, hull_reach = (_farthest(mask[box], distance, degree) for mask in (side, _hulls(side)))
    lung = reach > 0
    notch = lung & (hull_reach > reach + 3 * scale)
    if not notch.any():
        return missing
    known = np.flatnonzero(lung & ~notch)
    wall = np.maximum(hull_reach, np.where(notch, np.interp(np.arange(181), known, reach[known]), 0))
    wall[~lung | (reach < least * wall)] = 0
    box = _within(wall.max(), centre, own_half, side.shape)
    distance, degree = _polar(box, centre)
    aside = abs(np.arange(box[1].start, box[1].stop) - centre[0]) > 50 * scale
    missing[box] = aside & (distance > reach[degree]) & (distance <= wall[degree])
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


def _polar(box: Box, centre: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The distance of each pixel of a box from the centre, pixels, and its direction, 0 to 180 degrees from above."""
    y, x = (np.arange(place.start, place.stop) for place in box)
    dy, dx = y[:, None] - centre[1], x - centre[0]
    return np.hypot(dx, dy), np.degrees(np.arctan2(dy, abs(dx))).astype(int) + 90


def _farthest(mask: np.ndarray, distance: np.ndarray, degree: np.ndarray) -> np.ndarray:
    """The distance of the farthest pixel of a mask in each direction, float (181,); 0 where there is none."""
    farthest, member = np.zeros(181), mask > 0
    np.maximum.at(farthest, degree[member], distance[member])
    return farthest


def _within(radius: float, centre: tuple[float, float], columns: slice, shape: tuple[int, int]) -> Box:
    """The box of all pixels in `columns` of a picture of this shape that lie at most `radius` from the centre."""
    x, y = centre
    return (
        slice(max(math.floor(y - radius), 0), max(min(math.ceil(y + radius) + 1, shape[0]), 0)),
        slice(max(math.floor(x - radius), columns.start), max(min(math.ceil(x + radius) + 1, columns.stop), 0)),
    )
