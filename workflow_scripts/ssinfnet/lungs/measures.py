"""How far what was found looks like lungs, in numbers."""

import cv2
import numpy as np

from ssinfnet.lungs.boxes import around
from ssinfnet.lungs.cut_pictures import is_cut, rims
from ssinfnet.lungs.sides import middle

MEASURES = ("area", "components", "balance", "border", "solidity")


def measure(image: np.ndarray, lungs: np.ndarray) -> dict[str, float | int]:
    """The measures of lungs (uint8 0/1, H x W) in their slice (uint8, H x W); all are 0 without lungs.

    - `area`: share of the picture, 0 to 1; if it was cut to the lungs, of the field of view it is put back into;
    - `components`: number of separate pieces, 8-connected;
    - `balance`: the smaller lung's area over the larger one's, 0 to 1; they lie right and left of the body's middle;
    - `border`: share of the outline's pixels that lie on the picture's edge, 0 to 1; if it was cut to the lungs, those
      alone where a lung goes on beyond the edge, as a box around the lungs touches them;
    - `solidity`: area over that of the convex hull, 0 to 1, mean of the pieces weighted by area.
    """
    if not lungs.any():
        return dict.fromkeys(MEASURES, 0)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(lungs[around(lungs)], connectivity=8)
    cut, (height, width) = is_cut(image), image.shape
    beyond = 2 * sum(rims(image.shape)) if cut else 0
    area, column = np.count_nonzero(lungs), middle(image, cut=cut)
    right = np.count_nonzero(lungs[:, :column])
    smaller, larger = sorted((right, area - right))
    return {
        "area": area / ((height + beyond) * (width + beyond)),
        "components": count - 1,
        "balance": smaller / larger,
        "border": _border(lungs, cut=cut),
        "solidity": _solidity(pieces, stats),
    }


def _border(lungs: np.ndarray, *, cut: bool) -> float:
    outline = lungs & ~cv2.erode(lungs, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    edge = outline.copy()
    edge[1:-1, 1:-1] = 0
    contact = sum(_beyond(np.rot90(lungs, turn)) for turn in range(4)) if cut else edge.sum()
    return min(float(contact / np.count_nonzero(outline)), 1.0)


def _beyond(lungs: np.ndarray) -> int:
    """The pixels of the first row at which lungs go on beyond it.

    There they are at least half as wide as a sixteenth of the picture further in: of a round lung 2 % are then missing.
    """
    inner = lungs[min(max(1, max(lungs.shape) // 16), len(lungs) - 1)]
    pixels = 0
    for start, stop in _runs(lungs[0]):
        under = [run for run in _runs(inner) if run[0] < stop and run[1] > start]
        if not under or 2 * (stop - start) > under[-1][1] - under[0][0]:
            pixels += stop - start
    return pixels


def _runs(row: np.ndarray) -> list[tuple[int, int]]:
    """Where the runs of 1 in a row of 0 and 1 start and stop."""
    steps = np.diff(row.astype(np.int8), prepend=0, append=0)
    return [(int(start), int(stop)) for start, stop in zip(*(np.flatnonzero(steps == s) for s in (1, -1)), strict=True)]


def _solidity(pieces: np.ndarray, stats: np.ndarray) -> float:
    """Pixels of a hull count where the hull of the pixels' centres covers them; the mean is weighted by area."""
    sums = []
    for number in range(1, len(stats)):
        x, y, width, height, area = (int(value) for value in stats[number])
        piece = (pieces[y : y + height, x : x + width] == number).astype(np.uint8)
        hull = np.zeros_like(piece)
        outline = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
        cv2.fillConvexPoly(hull, cv2.convexHull(outline), 1)
        sums.append(area * area / np.count_nonzero(hull | piece))
    return float(sum(sums) / stats[1:, cv2.CC_STAT_AREA].sum())
