"""How far the border of a predicted mask lies from that of the truth.

The border of a mask is the pixels of it that a pixel outside touches by an edge; beyond the picture all is outside.
From each pixel of one border the distance to the nearest of the other is measured, centre to centre, both ways.
"""

import numpy as np
from scipy import ndimage

from ssinfnet.evaluation.metrics import same_shape

NAMES = ("hd95", "assd")


def surface(truth: np.ndarray, predicted: np.ndarray, spacing: tuple[float, float] = (1.0, 1.0)) -> dict[str, float]:
    """`hd95` and `assd` of two bool masks (H, W), in the units of `spacing`, which is that of rows and of columns.

    hd95 is the larger of the two 95th percentiles, truth to prediction and back, linearly interpolated, as in MONAI and
    in A. Reinke et al., "Understanding metric-related pitfalls in image analysis validation", Nature Methods 21, 2024.
    assd is the mean over the pixels of both borders: T. Heimann et al., "Comparison and evaluation of methods for liver
    segmentation from CT datasets", IEEE TMI 28(8), 2009. Both are NaN when either mask is empty, or both are.
    """
    same_shape(truth, predicted)
    if not truth.any() or not predicted.any():
        return dict.fromkeys(NAMES, float("nan"))
    rows, columns = ndimage.find_objects((truth | predicted).astype(np.uint8))[0]
    borders = [_border(mask[rows, columns]) for mask in (truth, predicted)]
    there, back = (
        ndimage.distance_transform_edt(~borders[1 - own], sampling=spacing)[borders[own]] for own in range(2)
    )
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    return {"hd95": float(hd95), "assd": float(np.concatenate([there, back]).mean())}


def _border(mask: np.ndarray) -> np.ndarray:
    return mask & ~ndimage.binary_erosion(mask)
