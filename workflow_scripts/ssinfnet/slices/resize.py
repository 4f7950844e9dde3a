"""Slices at another size."""

import cv2
import numpy as np


def resize(image: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """An image or probability map (H, W) at another size: averaged when it shrinks, bilinear when it grows."""
    height, width = (size, size) if isinstance(size, int) else size
    if image.shape == (height, width):
        return image
    shrinks = height < image.shape[0] and width < image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def resize_labels(mask: np.ndarray, size: int) -> np.ndarray:
    """A label map (H, W) at another size, by nearest neighbour."""
    return cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)
