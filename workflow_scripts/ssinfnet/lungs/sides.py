"""The two lungs of a slice, told apart."""

import cv2
import numpy as np

from ssinfnet.lungs.body import find_body
from ssinfnet.lungs.cut_pictures import is_cut


def part(lungs: np.ndarray, middle: int) -> list[np.ndarray]:
    """The pieces of lungs (uint8 0/1, H x W) left and right of the column `middle`, as two masks of the same kind.

    A piece that lies on both sides is cut where it is narrow. The first mask is the patient's right lung.
    """
    from skimage.segmentation import watershed  # slow to import, and who needs names of regions parts no lungs

    count, pieces, stats, centres = cv2.connectedComponentsWithStats(lungs, connectivity=4)
    sides = [np.zeros(lungs.shape, np.uint8), np.zeros(lungs.shape, np.uint8)]
    for piece in range(1, count):
        member = pieces == piece
        share = member[:, :middle].sum() / stats[piece, cv2.CC_STAT_AREA]
        if 0.2 < share < 0.8:
            depth = cv2.distanceTransform(member.astype(np.uint8), cv2.DIST_L2, 5)
            seeds = np.zeros(lungs.shape, np.int32)
            for side, columns in enumerate((slice(None, middle), slice(middle, None))):
                seeds[:, columns][depth[:, columns] == depth[:, columns].max()] = side + 1
            halves = watershed(-depth, seeds, mask=member)
            for side in (0, 1):
                sides[side][halves == side + 1] = 1
        else:
            sides[int(centres[piece][0] >= middle)][member] = 1
    return sides


def middle(image: np.ndarray) -> int:
    """The column of the centroid of the body in a slice (uint8, H x W).

    It is the middle of a picture that was cut to the lungs, or that shows no body.
    """
    if is_cut(image):
        return image.shape[1] // 2
    body = find_body(image)[0]
    return round(float(np.nonzero(body)[1].mean())) if body.any() else image.shape[1] // 2
