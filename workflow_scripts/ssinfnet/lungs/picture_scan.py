"""The lungs of a scan that is there as pictures, slice by slice: right and left told apart, with a verdict each."""

import numpy as np
import pandas as pd

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.lungs.cleaning import judge
from ssinfnet.lungs.measures import measure
from ssinfnet.lungs.sides import middle, part
from ssinfnet.lungs.slice_methods import METHODS


def find_lungs(pictures: np.ndarray, method: str, config: Cleaning) -> tuple[np.ndarray, pd.DataFrame]:
    """The lungs of pictures, uint8 (slices, rows, columns): 1 right, 2 left, 0 elsewhere; and their quality.

    `pictures` are uint8 in the lung window, of that shape, upright, the patient's right on the left; `method` is one of
    `slice_methods.METHODS`. The table has a row per slice: id (its place, from 0), the measures, verdict and reason.
    Lungs of rejected slices are in the mask, too.
    """
    lungs, rows = np.zeros(pictures.shape, np.uint8), []
    for position, picture in enumerate(pictures):
        found = METHODS[method](picture)
        rows.append({"id": str(position), **measure(picture, found)})
        for code, side in enumerate(part(found, middle(picture)), start=1):
            lungs[position][side > 0] = code
    return lungs, judge(pd.DataFrame(rows), config, {})
