"""The two lungs of a slice, told apart."""

import cv2
import numpy as np

from ssinfnet.lungs.body import centroid, find_body, label
from ssinfnet.lungs.boxes import around
from ssinfnet.lungs.cut_pictures import is_cut


def part(lungs: np.ndarray, middle: int) -> list[np.ndarray]:
    """The pieces of lungs (uint8 0/1, H x W) left and right of the column `middle`, as two masks of the same kind.

    A piece that lies on both sides is cut where it is narrow. The first mask is the patient's right lung.
    """
    pieces, areas = label(lungs, connectivity=4)
    sides = [np.zeros(lungs.shape, np.uint8), np.zeros(lungs.shape, np.uint8)]
    for piece in range(1, len(areas)):
        member = (pieces == piece).view(np.uint8)
        columns = member.sum(axis=0, dtype=int)
        if 0.2 < columns[:middle].sum() / areas[piece] < 0.8:
            # Knight's moves of the distance map must not leap over the margin.
            box = around(member, 3)
            for half, side in zip(_cut(member[box], middle - box[1].start), sides, strict=True):
                side[box] |= half
        else:
            sides[int(columns @ np.arange(len(columns)) / areas[piece] >= middle)] |= member
    return sides


def _cut(member: np.ndarray, middle: int) -> list[np.ndarray]:
    """One piece, uint8 of 0 and 1, on both sides of the column `middle`, cut where it is narrow: as in `part`."""
    from skimage.segmentation import watershed  # slow to import, and who needs names of regions parts no lungs

    depth = cv2.distanceTransform(member, cv2.DIST_L2, 5)
    seeds = np.zeros(member.shape, np.int32)
    for side, columns in enumerate((slice(None, middle), slice(middle, None)), start=1):
        seeds[:, columns][depth[:, columns] == depth[:, columns].max()] = side
    halves = watershed(-depth, seeds, mask=member > 0)
    return [(halves == side).astype(np.uint8) for side in (1, 2)]


def middle(image: np.ndarray, *, cut: bool | None = None) -> int:
    """The column of the centroid of the body in a slice (uint8, H x W).

    It is the middle of a picture that was cut to the lungs, or that shows no body. `cut` says whether it was, where
    that is known.
    """
    if is_cut(image) if cut is None else cut:
        return image.shape[1] // 2
    body = find_body(image)[0]
    return round(centroid(body)[0]) if body.any() else image.shape[1] // 2
