"""The patient in a slice, and the shapes that finding lungs is made of."""

import cv2
import numpy as np


def find_body(image: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The patient in a slice (H, W): uint8 (H, W) of 0 and 1, holes filled, and the grey of air and of soft tissue.

    Air is what surrounds the patient, black corners left out. An image of one grey has no body: all 0.
    """
    from skimage.filters import threshold_otsu  # slow to import, and much that finds no body needs what is here

    if image.min() == image.max():
        return np.zeros(image.shape, np.uint8), 0.0, 0.0
    bright = (image > threshold_otsu(image)).astype(np.uint8)
    # Opening cuts off the table and clothes where they touch.
    bright = cv2.morphologyEx(bright, cv2.MORPH_OPEN, disk(2 * max(image.shape) / 512))
    shell = largest_component(bright)
    body = fill_holes(shell, image.size)
    around = image[(body == 0) & (image > 0)]
    air = float(np.median(around)) if around.size else 0.0
    tissue = float(np.median(image[shell > 0])) if shell.any() else 0.0
    return body, air, tissue


def fill_holes(mask: np.ndarray, largest: float) -> np.ndarray:
    """The mask with its holes of at most `largest` pixels filled."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(np.pad(1 - mask, 1, constant_values=1), connectivity=4)
    # Piece 1 holds the first pixel of the margin: it is the outside.
    fill = np.arange(count) > 1
    fill &= stats[:, cv2.CC_STAT_AREA] <= largest
    return mask | fill[pieces[1:-1, 1:-1]].astype(np.uint8)


def largest_component(mask: np.ndarray) -> np.ndarray:
    """The largest 4-connected component of a mask, uint8 (H, W)."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count == 1:
        return np.zeros(mask.shape, np.uint8)
    return (pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)


def disk(radius: float) -> np.ndarray:
    """A disk of this radius (pixels, rounded) as a structuring element, uint8."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)
