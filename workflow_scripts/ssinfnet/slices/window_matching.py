"""Slices of another window brought to that of given ones, by where their lungs and their soft tissue lie in grey.

8-bit pictures of a CT do not say which Hounsfield units are black and white. But the grey values of a chest have two
peaks, lung (or, where the picture shows much of it, the air around the patient) and soft tissue, and a linear map that
brings both to their places brings all tissues there. It cannot bring back what the other window has cut off, and of two
kinds of pictures one of which is cropped to the lungs the dark peaks are not the same tissue.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from skimage.filters import threshold_otsu

_SMOOTHING = 4.0
"""Standard deviation of the filter of the histogram, grey values."""
_NEAR = 0.1
"""Share of the way from lung to tissue by which a slice may lie beyond the given ones and still be in their window."""
_LEAST = 0.05
"""Share of the pixels that lie on either side between the peaks: what has less has no such peak."""


class Peaks(NamedTuple):
    """The most frequent grey, 0 to 255, of what is darker and of what is brighter than Otsu's threshold."""

    lung: float
    tissue: float


class Window(NamedTuple):
    """Where slices have their peaks (median), and the least and the largest grey of their soft tissue."""

    peaks: Peaks
    least: float
    largest: float

    def holds(self, peaks: Peaks) -> bool:
        """Whether a slice with these peaks is in the window, by its soft tissue: disease moves the peak of the lung."""
        slack = _NEAR * (self.peaks.tissue - self.peaks.lung)
        return self.least - slack <= peaks.tissue <= self.largest + slack


def find_peaks(image: np.ndarray) -> Peaks | None:
    """The peaks of a slice, uint8 (H, W), black and white, which may be cut off, left out; None without both."""
    counts = np.bincount(image.ravel(), minlength=256).astype(float)
    counts[[0, 255]] = 0
    if np.count_nonzero(counts) < 2:
        return None
    threshold = int(threshold_otsu(hist=(counts, np.arange(256))))
    parts = counts[: threshold + 1], counts[threshold + 1 :]
    if min(part.sum() for part in parts) < _LEAST * counts.sum():
        return None
    smooth = cv2.GaussianBlur(counts[None], (0, 0), _SMOOTHING, borderType=cv2.BORDER_CONSTANT)[0]
    return Peaks(float(smooth[: threshold + 1].argmax()), float(threshold + 1 + smooth[threshold + 1 :].argmax()))


def find_window(images: Sequence[np.ndarray]) -> Window | None:
    """The window of slices, uint8 (H, W) each; None where none of them has both peaks."""
    found = [peaks for image in images if (peaks := find_peaks(image))]
    if not found:
        return None
    tissue = [peaks.tissue for peaks in found]
    return Window(Peaks(*np.median(found, axis=0).tolist()), min(tissue), max(tissue))


def match(image: np.ndarray, window: Window) -> np.ndarray:
    """A slice, uint8 (H, W), brought to a `window`; the same slice where it is in it already, or has not both peaks.

    Lung goes to lung and soft tissue to soft tissue, linearly, rounded; beyond black and white it is cut off.
    """
    peaks = find_peaks(image)
    if peaks is None or window.holds(peaks):
        return image
    scale = (window.peaks.tissue - window.peaks.lung) / (peaks.tissue - peaks.lung)
    greys = window.peaks.lung + scale * (np.arange(256) - peaks.lung)
    return np.clip(np.rint(greys), 0, 255).astype(np.uint8)[image]
