"""Hounsfield units as grey values."""

import numpy as np

LUNG_WINDOW = (-1250.0, 250.0)
"""HU shown as black and as white, the default of `labelled.hu_window`."""


def to_grey(hounsfield: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """HU to uint8: `window` = (HU shown as 0, HU shown as 255), linear between, clipped outside."""
    low, high = window
    return np.rint(np.clip((hounsfield.astype(np.float32) - low) / (high - low), 0, 1) * 255).astype(np.uint8)
