"""The lungs of one slice, and whether they are trusted: as stages do it that have no table of the cleaning."""

import numpy as np
import pandas as pd

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.lungs import cleaning, measures
from ssinfnet.lungs.slice_methods import METHODS


def find(image: np.ndarray, method: str, trust: Cleaning) -> tuple[np.ndarray, str]:
    """The lungs of a slice (both uint8, H x W) by a method of `slice_methods`, and why the cleaning rejects them.

    The reason is empty for lungs that are kept.
    """
    lungs = METHODS[method](image)
    quality = pd.DataFrame([{"id": "", **measures.measure(image, lungs)}])
    return lungs, cleaning.judge(quality, trust, {})["reason"].iloc[0]
