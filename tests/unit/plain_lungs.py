"""The lungs of a slice found plainly, with whole pictures at every step: what `slice_methods` must find to the bit."""

from functools import cache

import cv2
import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed


def published(image, bright):
    """The procedure published with iCTCF in OpenCV's calls, after its threshold, for slices of 512 x 512."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    body = (pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    filled = cv2.copyMakeBorder(body, 10, 10, 10, 10, cv2.BORDER_CONSTANT, value=0)
    height, width = filled.shape
    for corner in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
        cv2.floodFill(filled, None, corner, 1)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - filled, connectivity=8)
    two = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:2]
    lungs = np.isin(pieces, two).astype(np.uint8)
    five, ten = np.ones((5, 5), np.uint8), np.ones((10, 10), np.uint8)
    lungs = cv2.erode(cv2.dilate(lungs, five, iterations=3), five, iterations=2)
    lungs = cv2.medianBlur(cv2.morphologyEx(lungs, cv2.MORPH_CLOSE, ten, iterations=2), 21)
    return lungs[10:-10, 10:-10]


def adaptive_threshold(image, block=19999):
    """Its first step by OpenCV."""
    return 1 - cv2.adaptiveThreshold(image, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, -96)


def block_mean(image, block):
    """The mean that it compares with, edges repeated, from how often each row and each column is in the block."""
    rows, columns = (_often(length, block) for length in image.shape)
    # The sums are whole numbers below 2^53, so they are exact, and quicker than those of integers.
    return np.rint(rows @ image.astype(float) @ columns.T / block**2).astype(int)


@cache
def _often(length, block):
    around = np.arange(block) - block // 2
    places = ((place + around).clip(0, length - 1) for place in range(length))
    return np.stack([np.bincount(place, minlength=length) for place in places]).astype(float)


def closed(image):
    """Our method on a whole slice with air around the body, with SciPy's morphology and labels."""
    scale = max(image.shape) / 512
    smooth = ndimage.median_filter(image, 2 * int(5 * scale / 2) + 1, mode="nearest")
    body, air, tissue = _body(smooth, scale)
    if not body.any():
        return body.astype(np.uint8)
    inside = ndimage.binary_erosion(body, _disk(5 * scale))
    dark = _open(inside & (smooth < air + 0.65 * (tissue - air)), scale)
    core = ndimage.binary_erosion(dark, np.ones((2 * int(5 * scale / 2) + 1,) * 2), border_value=1)
    lungs = np.zeros_like(dark)
    for member in _pieces(dark):
        middle = member & core if (member & core).any() else member
        if member.sum() >= 0.001 * image.size and np.median(smooth[middle]) > air + 0.05 * (tissue - air):
            lungs |= member
    y, x = np.argwhere(body).mean(axis=0)
    result = np.zeros_like(dark)
    for side in _part(lungs, round(x)):
        lung = _close(side, inside, scale)
        result |= _close(lung | _lesion(lung, x, y, scale) & inside, inside, scale)
    return result.astype(np.uint8)


def _body(image, scale):
    if image.min() == image.max():
        return np.zeros(image.shape, bool), 0.0, 0.0
    shell = max(_pieces(_open(image > threshold_otsu(image), scale)), key=np.sum)
    body = ndimage.binary_fill_holes(shell)
    return body, np.median(image[~body & (image > 0)]), np.median(image[shell])


def _part(lungs, middle):
    sides = [np.zeros_like(lungs), np.zeros_like(lungs)]
    right = np.arange(lungs.shape[1]) < middle
    for member in _pieces(lungs):
        if not 0.2 < (member & right).sum() / member.sum() < 0.8:
            sides[int(np.nonzero(member)[1].mean() >= middle)] |= member
            continue
        depth, seeds = cv2.distanceTransform(member.astype(np.uint8), cv2.DIST_L2, 5), np.zeros(lungs.shape, int)
        for code, half in enumerate((right, ~right), start=1):
            seeds[half & (depth == depth[:, half].max())] = code
        halves = watershed(-depth, seeds, mask=member)
        sides = [side | (halves == code) for code, side in enumerate(sides, start=1)]
    return sides


def _close(lung, inside, scale):
    ball = _disk(12 * scale)
    lung = ndimage.binary_erosion(ndimage.binary_dilation(lung, ball), ball, border_value=1) & inside
    holes = [hole for hole in _pieces(ndimage.binary_fill_holes(lung) & ~lung) if hole.sum() <= 0.02 * lung.size]
    return np.logical_or.reduce([lung, *holes])


def _lesion(lung, x, y, scale):
    hulls = np.zeros(lung.shape, np.uint8)
    for outline in cv2.findContours(lung.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        cv2.fillConvexPoly(hulls, cv2.convexHull(outline), 1)
    dy, dx = np.indices(lung.shape) - np.array([y, x])[:, None, None]
    distance, degree = np.hypot(dx, dy), np.degrees(np.arctan2(dy, abs(dx))).astype(int) + 90
    own = np.sign(dx) == np.sign((lung * np.sign(dx)).sum())
    reach, hull = (
        np.array([distance[member & own & (degree == one)].max(initial=0) for one in range(181)])
        for member in (lung, hulls > 0)
    )
    notch = (reach > 0) & (hull > reach + 3 * scale)
    if not notch.any():
        return np.zeros_like(lung)
    known = np.flatnonzero((reach > 0) & ~notch)
    wall = np.maximum(hull, np.where(notch, np.interp(np.arange(181), known, reach[known]), 0))
    seen = own & (abs(dx) > 50 * scale) & (reach > 0)[degree]
    return _open(seen & (distance > reach[degree]) & (distance <= wall[degree]), scale)


def _pieces(mask):
    """The 4-connected pieces of a mask."""
    labels, count = ndimage.label(mask)
    return [labels == number for number in range(1, count + 1)]


def _open(mask, scale):
    kernel = _disk(2 * scale)
    return ndimage.binary_dilation(ndimage.binary_erosion(mask, kernel, border_value=1), kernel)


def _disk(radius):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2) > 0
