"""Pictures that were cut to the lungs, as many published ones are: noticed, and given the surroundings they lost.

Our method for slices takes for the body what air surrounds, and its lengths are shares of a whole field of view. A cut
picture has neither, so it is put back into a field of view: a rim of soft tissue, and one of air around it.
"""

import cv2
import numpy as np

from ssinfnet.slices.window_matching import Peaks, find_peaks

CUT = 1 / 3
"""Share of soft tissue on the edge of a picture from which on it was cut to the lungs.

It is 65 % and more on the 1,650 real slices of COVID-SemiSeg, and at most 2 % on 50 of a whole field of view; on these,
cut to the box of their lungs, 90 % and more.
"""
_TISSUE, _AIR = 1 / 12, 1 / 4
"""Width of each rim, share of the longer edge: on real slices the lungs' box is about 0.6 as wide as the whole."""


def is_cut(image: np.ndarray) -> bool:
    """Whether a slice, uint8 (H, W), was cut to the lungs: soft tissue and not air lies along its edge."""
    return _peaks_of_cut(image) is not None


def surround(image: np.ndarray) -> tuple[np.ndarray, int]:
    """A slice, uint8 (H, W), with the surroundings it was cut from, and their width in pixels; 0 for a whole slice."""
    peaks = _peaks_of_cut(image)
    if peaks is None:
        return image, 0
    # Lung is at about -850 HU, soft tissue at 40, so air lies as far below. Disease moves the lung's peak up, not air.
    air = min(peaks.lung - 0.17 * (peaks.tissue - peaks.lung), float(np.percentile(image, 5)))
    image = np.where(_outside(image, peaks), np.uint8(peaks.tissue), image)
    widths = rims(image.shape)
    # 0 would be a corner that is no part of the picture.
    for width, grey in zip(widths, (peaks.tissue, max(round(air), 1)), strict=True):
        image = cv2.copyMakeBorder(image, *[width] * 4, cv2.BORDER_CONSTANT, value=grey)
    return image, sum(widths)


def rims(shape: tuple[int, int]) -> list[int]:
    """The widths, in pixels, of the rims of soft tissue and of air that a cut picture of this shape gets back."""
    return [round(share * max(shape)) for share in (_TISSUE, _AIR)]


def _outside(image: np.ndarray, peaks: Peaks) -> np.ndarray:
    """What lies beyond the skin in the corners, bool (H, W): darker than lung, and parted from it by the chest wall."""
    dark = (image < (peaks.lung + peaks.tissue) / 2).astype(np.uint8)
    pieces = cv2.connectedComponents(dark, connectivity=4)[1]
    air = peaks.lung - 0.04 * (peaks.tissue - peaks.lung)
    corners = np.unique(pieces[[0, 0, -1, -1], [0, -1, 0, -1]])
    return np.isin(pieces, [piece for piece in corners if piece and np.median(image[pieces == piece]) < air])


def _peaks_of_cut(image: np.ndarray) -> Peaks | None:
    """The peaks of a slice that was cut to the lungs; None for a whole one."""
    peaks = find_peaks(image)
    if peaks is None:
        return None
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return peaks if np.mean(edge > (peaks.lung + peaks.tissue) / 2) >= CUT else None
