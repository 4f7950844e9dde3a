"""The evaluation of Inf-Net, literally, so that scores can be compared with the literature.

A grey map is stretched to 0 to 1 and made a mask at 256 thresholds, from 1 down to 0, by map >= t. Dice, sensitivity
and specificity are *all 0 when no pixel is a true positive*: so a healthy slice scores 0 in all three, however well it
is recognised, and even a perfect map loses what its threshold 0 loses. The mean is over the images, then over
the thresholds. D.-P. Fan et al., "Inf-Net: automatic COVID-19 lung infection segmentation from CT images", IEEE TMI
39(8), 2020, with the evaluation tool that its authors published.

The thresholds are k / 255 as near as floats come, so a grey level meets its own. MATLAB builds 1:-1/255:0 from both
ends, whose rounding would put about 14 of the 256 just above their grey level: 0.0002 at most on masks blurred widely.
"""

import numpy as np

from ssinfnet.evaluation import metrics, structure

CURVES = ("dice", "sensitivity", "specificity", "e_measure")


def stretch(grey: np.ndarray, white: int = 255) -> np.ndarray:
    """A map of uint8 or uint16 as float64 of the same shape, its lowest value at 0, its highest at 1.

    A constant map cannot be stretched; it stays what it is, grey / white (as `mapminmax` of MATLAB has it).
    """
    levels = np.arange(white + 1) / white
    low, high = int(grey.min()), int(grey.max())
    if low < high:
        levels = (np.arange(white + 1) - low) / (high - low)
    return levels[grey]


def curves(truth: np.ndarray, probability: np.ndarray) -> dict[str, np.ndarray]:
    """The scores of `CURVES`, each (256,), at every t of `metrics.THRESHOLDS`; bool and float in [0, 1], (H, W).

    Specificity is NaN where the truth has no background.
    """
    counts = metrics.confusion_by_threshold(truth, probability)
    found, specificity = counts.tp > 0, metrics.specificity(counts)
    return {
        "dice": np.where(found, metrics.dice(counts), 0.0),
        "sensitivity": np.where(found, metrics.recall(counts), 0.0),
        "specificity": np.where(found | np.isnan(specificity), specificity, 0.0),
        "e_measure": structure.e_measure(counts),
    }
