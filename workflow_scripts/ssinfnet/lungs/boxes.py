"""The part of a picture that a step must look at, as what lies beyond cannot change its result."""

import cv2
import numpy as np

Box = tuple[slice, slice]
"""Rows and columns of a picture."""


def around(mask: np.ndarray, margin: int = 0) -> Box:
    """The box of a mask, uint8 (H, W), and `margin` pixels on each side, as far as the picture goes.

    The box of an empty mask is in the first corner, of `margin` pixels.
    """
    x, y, width, height = cv2.boundingRect(mask)
    return slice(max(y - margin, 0), y + height + margin), slice(max(x - margin, 0), x + width + margin)
