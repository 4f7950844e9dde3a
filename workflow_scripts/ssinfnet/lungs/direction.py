"""Whether a stack of axial slices runs from the head to the feet, told by its anatomy where nothing else tells it.

Pictures have no position, and their names run either way: of the 20 volumes published with COVID-SemiSeg 19 begin at
the feet. Between the lungs there is little but the airways and great vessels above, and the heart and then the liver
below. So the share of the lungs' hull that is not lung grows towards the feet. At the very ends lungs are small and
that share says nothing, so slices with little lung do not count.
"""

from collections.abc import Sequence

import cv2
import numpy as np

DOWN, UP, UNKNOWN = "down", "up", ""
LARGE = 0.4
"""Share of the largest lungs of a stack from which on a slice counts."""
FEWEST = 5
"""Slices that must count."""
CLEAR = 0.7
"""Rank correlation of place and share from which on the direction is known, and `CHANCE` about the highest probability
that slices in no order reach it. It was chosen on the 21 real stacks at hand; where their lungs are found, it tells
them all, and none wrong."""
CHANCE = 0.05


def between(lungs: np.ndarray) -> float:
    """The share, 0 to 1, of the hull of lungs (H, W) of 0 and 1 that is not lung; NaN without lungs."""
    points = cv2.findNonZero((lungs > 0).astype(np.uint8))
    if points is None:
        return float("nan")
    hull = np.zeros(lungs.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return 1 - len(points) / max(int(hull.sum()), len(points))


def of_stack(areas: Sequence[float], shares: Sequence[float]) -> str:
    """`DOWN` for a stack from the head to the feet, `UP` for the other way, `UNKNOWN` where it is not clear.

    `areas` are the lungs' of each slice in their order, in any unit, and `shares` what `between` says of them.
    """
    from scipy.stats import spearmanr  # slow to import, and only stacks of pictures come here

    areas, shares = np.asarray(areas, float), np.asarray(shares, float)
    if not len(areas):
        return UNKNOWN
    counted = (areas > 0) & (areas >= LARGE * areas.max()) & np.isfinite(shares)
    if counted.sum() < FEWEST or np.ptp(shares[counted]) == 0:
        return UNKNOWN
    correlation, chance = spearmanr(np.flatnonzero(counted), shares[counted])
    if abs(correlation) < CLEAR or chance > CHANCE:
        return UNKNOWN
    return DOWN if correlation > 0 else UP
