"""Thresholds and medians of 8-bit pictures from their histograms, which need one pass and no copy of the pixels."""

import cv2
import numpy as np


def histogram(image: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """The number of pixels of each grey of a picture, uint8 (H, W), int (256,); if given, where `mask` is not 0."""
    return cv2.calcHist([image], [0], mask, [256], [0, 256]).ravel().astype(int)


def median(counts: np.ndarray) -> float:
    """The median of the greys of a histogram, as that of its pixels; 0 without pixels."""
    below = counts.cumsum()
    if not below[-1]:
        return 0.0
    # Of an even number of pixels it is between the two in the middle.
    lower, upper = below.searchsorted([(below[-1] - 1) // 2, below[-1] // 2], side="right")
    return float(lower + upper) / 2
