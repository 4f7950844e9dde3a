"""The patient in a slice, and the shapes that finding lungs is made of."""

import cv2
import numpy as np

from ssinfnet.lungs.boxes import around
from ssinfnet.lungs.greys import histogram, median


def find_body(image: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The patient in a slice, uint8 (H, W): 0 and 1 of that kind, holes filled, and the grey of air and of soft tissue.

    Air is what surrounds the patient, black corners left out. An image of one grey has no body: all 0.
    """
    from skimage.filters import threshold_otsu  # slow to import, and much that finds no body needs what is here

    body, greys = np.zeros(image.shape, np.uint8), histogram(image)
    if np.count_nonzero(greys) == 1:
        return body, 0.0, 0.0
    bright = cv2.threshold(image, int(threshold_otsu(hist=greys)), 1, cv2.THRESH_BINARY)[1]
    kernel = disk(2 * max(image.shape) / 512)
    box = around(bright, len(kernel) // 2)
    # Opening cuts off the table and clothes where they touch.
    shell = largest_component(cv2.morphologyEx(bright[box], cv2.MORPH_OPEN, kernel))
    body[box] = fill_holes(shell, image.size)
    greys -= histogram(image[box], body[box])
    greys[0] = 0
    return body, median(greys), median(histogram(image[box], shell))


def fill_holes(mask: np.ndarray, largest: float) -> np.ndarray:
    """The mask, uint8 of 0 and 1, with its holes of at most `largest` pixels filled."""
    # The margin joins all of the outside.
    filled = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(filled, None, (0, 0), 1)
    holes = 1 - filled[1:-1, 1:-1]
    if np.count_nonzero(holes) > largest:
        pieces, areas = label(holes, connectivity=4)
        holes &= (areas <= largest)[pieces]
    return mask | holes


def largest_component(mask: np.ndarray) -> np.ndarray:
    """The largest 4-connected component of a mask, uint8 (H, W) of 0 and 1."""
    pieces, areas = label(mask, connectivity=4)
    return (pieces == areas.argmax()).view(np.uint8) if len(areas) > 1 else np.zeros(mask.shape, np.uint8)


def label(mask: np.ndarray, connectivity: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers, from 1, of the components of a mask, uint8 (H, W), int (H, W), and their areas; 0 for what is none.

    The areas are counted on the mask alone, as OpenCV's statistics take four times as long as its labels.
    """
    count, pieces = cv2.connectedComponents(mask, connectivity=connectivity)
    return pieces, np.bincount(pieces[mask > 0], minlength=count)


def centroid(mask: np.ndarray) -> tuple[float, float]:
    """The mean column and row of a mask, uint8 (H, W) of 0 and 1 that are not all 0."""
    sums = (cv2.reduce(mask, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel().astype(int) for axis in (0, 1))
    x, y = (float(counts @ np.arange(len(counts)) / counts.sum()) for counts in sums)
    return x, y


def disk(radius: float) -> np.ndarray:
    """A disk of this radius (pixels, rounded) as a structuring element, uint8."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)
