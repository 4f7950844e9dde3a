"""How far what was found looks like lungs, in numbers."""

import cv2
import numpy as np

from ssinfnet.lungs.sides import middle

MEASURES = ("area", "components", "balance", "border", "solidity")


def measure(image: np.ndarray, lungs: np.ndarray) -> dict[str, float | int]:
    """The measures of lungs (uint8 0/1, H x W) in their slice (uint8, H x W); all are 0 without lungs.

    - `area`: share of the picture, 0 to 1;
    - `components`: number of separate pieces, 8-connected;
    - `balance`: the smaller lung's area over the larger one's, 0 to 1; they lie right and left of the body's middle;
    - `border`: share of the outline's pixels that lie on the picture's edge, 0 to 1;
    - `solidity`: area over that of the convex hull, 0 to 1, mean of the pieces weighted by area.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(lungs, connectivity=8)
    if count == 1:
        return dict.fromkeys(MEASURES, 0)
    area = int(lungs.sum())
    column = middle(image)
    sides = sorted((int(lungs[:, :column].sum()), int(lungs[:, column:].sum())))
    return {
        "area": area / lungs.size,
        "components": count - 1,
        "balance": sides[0] / sides[1],
        "border": _border(lungs),
        "solidity": _solidity(lungs, stats),
    }


def _border(lungs: np.ndarray) -> float:
    outline = lungs & ~cv2.erode(lungs, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    edge = outline.copy()
    edge[1:-1, 1:-1] = 0
    return float(edge.sum() / outline.sum())


def _solidity(lungs: np.ndarray, stats: np.ndarray) -> float:
    """Pixels of a hull count where the hull of the pixels' centres covers them; the mean is weighted by area."""
    sums = []
    _, pieces = cv2.connectedComponents(lungs, connectivity=8)
    for number in range(1, len(stats)):
        x, y, width, height, area = (int(value) for value in stats[number])
        piece = (pieces[y : y + height, x : x + width] == number).astype(np.uint8)
        hull = np.zeros_like(piece)
        cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(piece)), 1)
        sums.append(area * area / int((hull | piece).sum()))
    return float(sum(sums) / lungs.sum())
