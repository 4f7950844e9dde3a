"""The lungs of an axial CT slice in a lung window: the published procedure, and ours, which keeps lesion at the pleura.

Both take a uint8 slice (H, W), patient upright, and return the lungs as uint8 (H, W) of 0 and 1; where there are none
the result is empty. Lengths are given for pictures of 512 pixels and scaled with the longer edge.
"""

import cv2
import numpy as np

from ssinfnet.lungs.body import disk, fill_holes, find_body, largest_component
from ssinfnet.lungs.cut_pictures import surround
from ssinfnet.lungs.sides import part
from ssinfnet.lungs.wall import lesion_at_wall

BLOCK = 19999
"""Edge of the block of the published adaptive threshold, pixels at 512 x 512."""


def ictcf(image: np.ndarray) -> np.ndarray:
    """The lungs by the procedure published with iCTCF (HUST-19), step by step.

    1. Adaptive threshold: brighter than the mean of a block plus 96 (C = -96). The block is so large that its mean is
    about that of the four corners, which are black: in effect grey > 96. 2. Body: the largest 4-connected component.
    3. Lungs: of its holes, 8-connected, the two largest. 4. Dilate (5 x 5) three times, erode (5 x 5) twice, close
    (10 x 10) twice, median (21).

    At 512 x 512, the size of the iCTCF slices, all lengths are the published ones; only the size of the block is our
    choice. Dense lesion at the pleura counts as body, and at apex and base another hole is easily taken for a lung.
    """
    scale = max(image.shape) / 512
    body = largest_component(image > _block_mean(image, round(BLOCK * scale)) + 96)
    # The margin joins the four corners, so one filling from a corner reaches all of the outside.
    margin = 10
    no_hole = np.pad(body, margin)
    cv2.floodFill(no_hole, None, (0, 0), 1)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - no_hole, connectivity=8)
    two = 1 + np.argsort(-stats[1:count, cv2.CC_STAT_AREA], kind="stable")[:2]
    lungs = np.isin(pieces, two).astype(np.uint8)
    # An even kernel moves the mask by a pixel: as published at 512 x 512, but not where it is a matter of rounding.
    five, ten = _square(_odd(5 * scale)), _square(10 if scale == 1 else _odd(10 * scale))
    lungs = cv2.dilate(lungs, five, iterations=3)
    lungs = cv2.erode(lungs, five, iterations=2)
    lungs = cv2.morphologyEx(lungs, cv2.MORPH_CLOSE, ten, iterations=2)
    lungs = cv2.medianBlur(lungs, _odd(21 * scale))
    return np.ascontiguousarray(lungs[margin:-margin, margin:-margin])


def closed(image: np.ndarray) -> np.ndarray:
    """The lungs with their vessels and with dense lesion at the pleura.

    1. Body: the largest component above Otsu's threshold, holes filled. 2. Dark pieces in it: below 65 % of the way
    from air to soft tissue, which is about -320 HU. 3. Lungs: those that are neither specks nor free gas (trachea,
    stomach). 4. Lungs that touch are parted. 5. Each is closed with a rolling ball, and its holes are filled.
    6. What lies between it and the chest wall is lesion of the pleura and added; then 5 again.

    A lesion that takes up a whole end of a lung, so that nothing of its outline is left beyond, is not recovered.
    Pictures that were cut to the lungs get their surroundings back first (`cut_pictures`).
    """
    whole, rim = surround(image)
    height, width = image.shape
    return np.ascontiguousarray(_closed(whole)[rim : rim + height, rim : rim + width])


def _closed(image: np.ndarray) -> np.ndarray:
    """The steps of `closed` on a slice with air around the body."""
    scale = max(image.shape) / 512
    smooth = cv2.medianBlur(image, _odd(5 * scale))
    body, air, tissue = find_body(smooth)
    if not body.any():
        return body
    inside = cv2.erode(body, disk(5 * scale), borderValue=0)
    dark = inside & (smooth < air + 0.65 * (tissue - air)).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disk(2 * scale))
    # Gas is as dark as the air around the patient; lungs hold blood. 5 % of the way is about -950 HU.
    lungs = _keep_lungs(dark, smooth, air + 0.05 * (tissue - air))
    centre = _centre(body)
    sides = [_close(side, inside) for side in part(lungs, round(centre[0]))]
    return np.bitwise_or.reduce([_close(side | lesion_at_wall(side, centre, scale) & inside, inside) for side in sides])


METHODS = {"ictcf": ictcf, "closed": closed}


def _keep_lungs(dark: np.ndarray, image: np.ndarray, gas: float) -> np.ndarray:
    """The pieces of `dark` that are larger than 0.1 % of the picture and in the middle brighter than `gas`."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    core = cv2.erode(dark, _square(_odd(5 * max(image.shape) / 512)))
    result = np.zeros(dark.shape, np.uint8)
    for piece in range(1, count):
        x, y, width, height, area = stats[piece]
        if area < 0.001 * image.size:
            continue
        box = slice(y, y + height), slice(x, x + width)
        member = pieces[box] == piece
        middle = member & (core[box] > 0)
        if np.median(image[box][middle if middle.any() else member]) > gas:
            result[box][member] = 1
    return result


def _close(lung: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """One lung closed with a rolling ball, within `inside`, and its holes filled.

    A hole above 2 % of the picture is no lesion or vessel but the dome of the diaphragm.
    """
    ball = disk(12 * max(lung.shape) / 512)
    return fill_holes(cv2.morphologyEx(lung, cv2.MORPH_CLOSE, ball) & inside, 0.02 * lung.size)


def _block_mean(image: np.ndarray, block: int) -> np.ndarray:
    """The mean of a block of `block` pixels around each pixel, edges repeated, rounded, int (H, W).

    The block reaches beyond the picture on all sides, so each axis is summed at once; OpenCV's adaptive threshold
    gives the same, at the cost of a picture padded to the size of the block.
    """
    mean = image.astype(float)
    for _ in range(2):
        before = block // 2 - np.arange(len(mean))[:, None]
        after = block - len(mean) - before
        mean = (mean.sum(axis=0) + before * mean[0] + after * mean[-1]).T / block
    return np.rint(mean).astype(int)


def _centre(body: np.ndarray) -> tuple[float, float]:
    """The middle of a mask, x and y."""
    moments = cv2.moments(body, binaryImage=True)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


def _square(edge: int) -> np.ndarray:
    return np.ones((edge, edge), np.uint8)


def _odd(edge: float) -> int:
    """The nearest odd number."""
    return 2 * int(edge / 2) + 1
