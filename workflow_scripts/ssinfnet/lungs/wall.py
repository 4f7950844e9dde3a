"""Dense lesion between a lung and the chest wall, which is as bright as the wall and so is missing of the lung."""

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
    hulls = np.zeros(side.shape, np.uint8)
    for outline in cv2.findContours(side, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        cv2.fillConvexPoly(hulls, cv2.convexHull(outline), 1)
    y, x = np.indices(side.shape, sparse=True)
    dy, dx = y - centre[1], x - centre[0]
    distance, degree = np.hypot(dx, dy), np.degrees(np.arctan2(dy, abs(dx))).astype(int) + 90
    own_half = (side * np.sign(dx)).sum() * dx > 0
    reach, hull_reach = np.zeros(181), np.zeros(181)
    for mask, farthest in ((side, reach), (hulls, hull_reach)):
        member = (mask > 0) & own_half
        np.maximum.at(farthest, degree[member], distance[member])
    lung = reach > 0
    notch = lung & (hull_reach > reach + 3 * scale)
    if not notch.any():
        return np.zeros(side.shape, np.uint8)
    known = np.flatnonzero(lung & ~notch)
    wall = np.maximum(hull_reach, np.where(notch, np.interp(np.arange(181), known, reach[known]), 0))
    seen = lung & (reach >= least * wall)
    beyond = own_half & (abs(dx) > 50 * scale) & seen[degree] & (distance > reach[degree]) & (distance <= wall[degree])
    return cv2.morphologyEx(beyond.astype(np.uint8), cv2.MORPH_OPEN, disk(2 * scale))
