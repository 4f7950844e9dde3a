"""The lungs of an axial CT slice in a lung window: the published procedure, and ours, which keeps lesion at the pleura.

Both take a uint8 slice (H, W), patient upright, and return the lungs as uint8 (H, W) of 0 and 1; where there are none
the result is empty. Lengths are given for pictures of 512 pixels and scaled with the longer edge.
"""

import cv2
import numpy as np

from ssinfnet.lungs.body import centroid, disk, fill_holes, find_body, label, largest_component
from ssinfnet.lungs.boxes import around
from ssinfnet.lungs.cut_pictures import surround
from ssinfnet.lungs.greys import histogram, median
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
    body = largest_component(_brighter(image, round(BLOCK * scale)))
    # The margin joins the four corners, so one filling from a corner reaches all of the outside.
    margin = 10
    no_hole = cv2.copyMakeBorder(body, *[margin] * 4, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(no_hole, None, (0, 0), 1)
    pieces, areas = label(1 - no_hole, connectivity=8)
    lungs = np.zeros_like(no_hole)
    for hole in 1 + np.argsort(-areas[1:], kind="stable")[:2]:
        lungs |= pieces == hole
    # An even kernel moves the mask by a pixel: as published at 512 x 512, but not where it is a matter of rounding.
    five, ten = _odd(5 * scale), 10 if scale == 1 else _odd(10 * scale)
    box = around(lungs, 3 * five + 2 * ten)
    lungs[box] = _smooth(lungs[box], five, ten, _odd(21 * scale))
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
    smooth = _blur(image, _odd(5 * scale))
    body, air, tissue = find_body(smooth)
    if not body.any():
        return body
    centre, box = centroid(body), around(body)
    inside = cv2.erode(body[box], disk(5 * scale), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    dark = inside & (smooth[box] < air + 0.65 * (tissue - air))
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disk(2 * scale))
    # Gas is as dark as the air around the patient; lungs hold blood. 5 % of the way is about -950 HU.
    lungs = _keep_lungs(dark, smooth[box], air + 0.05 * (tissue - air), scale, least=0.001 * image.size)
    # A hole above 2 % of the picture is no lesion or vessel but the dome of the diaphragm.
    ball, largest = disk(12 * scale), 0.02 * image.size
    x, y = centre[0] - box[1].start, centre[1] - box[0].start
    result = np.zeros_like(body)
    for side in part(lungs, round(centre[0]) - box[1].start):
        lung = _close(side, inside, ball, largest)
        result[box] |= _close(lung | lesion_at_wall(lung, (x, y), scale) & inside, inside, ball, largest)
    return result


METHODS = {"ictcf": ictcf, "closed": closed}


def _keep_lungs(dark: np.ndarray, image: np.ndarray, gas: float, scale: float, least: float) -> np.ndarray:
    """The pieces of `dark` of at least `least` pixels that are brighter than `gas` in the middle."""
    pieces, areas = label(dark, connectivity=4)
    core = cv2.erode(dark, _square(_odd(5 * scale)))
    result = np.zeros_like(dark)
    for piece in 1 + np.flatnonzero(areas[1:] >= least):
        member = (pieces == piece).view(np.uint8)
        middle = member & core
        if median(histogram(image, middle if middle.any() else member)) > gas:
            result |= member
    return result


def _close(lung: np.ndarray, inside: np.ndarray, ball: np.ndarray, largest: float) -> np.ndarray:
    """One lung closed with a rolling ball, within `inside`, and its holes of at most `largest` pixels filled."""
    box = around(lung, len(ball))
    result = np.zeros_like(lung)
    result[box] = fill_holes(cv2.morphologyEx(lung[box], cv2.MORPH_CLOSE, ball) & inside[box], largest)
    return result


def _blur(image: np.ndarray, edge: int) -> np.ndarray:
    """The median filter; what surrounds the picture in one grey, as of a cut one (`cut_pictures`), stays as it is."""
    box = around((image != image[0, 0]).view(np.uint8), edge)
    smooth = image.copy()
    smooth[box] = cv2.medianBlur(image[box], edge)
    return smooth


def _smooth(lungs: np.ndarray, five: int, ten: int, edge: int) -> np.ndarray:
    """The last step of `ictcf`: dilated, eroded, closed and median filtered with squares of these edges."""
    lungs = cv2.dilate(lungs, _square(five), iterations=3)
    lungs = cv2.erode(lungs, _square(five), iterations=2)
    lungs = cv2.morphologyEx(lungs, cv2.MORPH_CLOSE, _square(ten), iterations=2)
    # Of 0 and 1 the median is what most are, and a sum takes a tenth of its time.
    ones = cv2.boxFilter(lungs, cv2.CV_32S, (edge, edge), normalize=False, borderType=cv2.BORDER_REPLICATE)
    return (ones > edge * edge // 2).view(np.uint8)


def _brighter(image: np.ndarray, block: int) -> np.ndarray:
    """Where a picture, uint8, is brighter than the mean of a block plus 96, uint8 of 0 and 1 of the same shape."""
    return (image > _block_mean(image, block) + 96).view(np.uint8)


def _block_mean(image: np.ndarray, block: int) -> np.ndarray:
    """The mean of a block of `block` pixels around each pixel, edges repeated, rounded, int (H, W).

    The block reaches beyond the picture on all sides, so from one corner of the picture to the next the mean changes
    linearly, by a grey or two at most, and often rounds to one number, int (1, 1). OpenCV's adaptive threshold gives
    the same, at the cost of a picture padded to the size of the block.
    """
    corners = image.astype(float)
    for _ in range(2):
        before = block // 2 - np.array([[0], [len(corners) - 1]])
        after = block - len(corners) - before
        corners = (corners.sum(axis=0) + before * corners[0] + after * corners[-1]).T / block
    if np.ptp(np.rint(corners)) == 0:
        return np.rint(corners[:1, :1]).astype(int)
    y, x = (np.linspace(0, 1, length) for length in image.shape)
    across = corners[:, :1] + (corners[:, 1:] - corners[:, :1]) * x
    return np.rint(across[0] + (across[1] - across[0]) * y[:, None]).astype(int)


def _square(edge: int) -> np.ndarray:
    return np.ones((edge, edge), np.uint8)


def _odd(edge: float) -> int:
    """The nearest odd number."""
    return 2 * int(edge / 2) + 1
