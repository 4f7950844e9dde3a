"""Metrics of one image: a truth mask against a predicted mask or a probability map.

Those of masks come from the pixel counts of `Confusion`. The empty-mask rule, the same for Dice, IoU, recall and
precision: without a true positive the score is 0, unless truth and prediction are both empty; then it is the
argument `empty`, 1 (nothing to find, nothing found) or NaN (the image is left out, to be counted by the caller).
So a false alarm on a healthy slice costs the full score. Specificity and AUC know no such choice: where a class that
they divide by is absent they are NaN; MAE is always defined. Definitions, but for AUC and MAE: A. A. Taha and
A. Hanbury, "Metrics for evaluating 3D medical image segmentation", BMC Medical Imaging 15:29, 2015.
S-measure and E-measure are in `structure`, the rules of Inf-Net's evaluation in `infnet_protocol`.
"""

from typing import NamedTuple

import numpy as np

LEVELS = 256
THRESHOLDS = np.arange(LEVELS) / (LEVELS - 1)


class Confusion(NamedTuple):
    """Pixel counts, numbers or arrays of one shape: true positives, false positives, false and true negatives."""

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tn: np.ndarray


def confusion(truth: np.ndarray, predicted: np.ndarray) -> Confusion:
    """Counts of two bool masks of the same shape."""
    same_shape(truth, predicted)
    tp = np.count_nonzero(truth & predicted)
    fp = np.count_nonzero(predicted) - tp
    fn = np.count_nonzero(truth) - tp
    return Confusion(*map(np.asarray, (tp, fp, fn, truth.size - tp - fp - fn)))


def confusion_by_threshold(truth: np.ndarray, probability: np.ndarray) -> Confusion:
    """Counts, each int (256,), of the masks `probability >= t` for every t of `THRESHOLDS`.

    `truth` is bool, `probability` float in [0, 1], of the same shape. One histogram of the levels floor(255 p)
    under each truth value replaces the 256 comparisons: p >= i/255 just where its level is at least i.
    """
    same_shape(truth, probability)
    probability = np.asarray(probability, dtype=np.float64)
    level = (probability * (LEVELS - 1)).astype(np.int64)
    level -= probability < THRESHOLDS[level]  # the product of a value just below i/255 may have been rounded up to i
    histogram = np.bincount((level + LEVELS * truth).ravel(), minlength=2 * LEVELS).reshape(2, LEVELS)
    fp, tp = np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1]
    return Confusion(tp, fp, tp[0] - tp, fp[0] - fp)


def dice(counts: Confusion, empty: float = 1.0) -> np.ndarray:
    """Dice coefficient, the F1 score of the pixels: 2 TP / (2 TP + FP + FN), in [0, 1]."""
    return _overlap(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn, counts, empty)


def iou(counts: Confusion, empty: float = 1.0) -> np.ndarray:
    """Intersection over union, the Jaccard index: TP / (TP + FP + FN), in [0, 1]."""
    return _overlap(counts.tp, counts.tp + counts.fp + counts.fn, counts, empty)


def recall(counts: Confusion, empty: float = 1.0) -> np.ndarray:
    """Recall or sensitivity: TP / (TP + FN), in [0, 1]."""
    return _overlap(counts.tp, counts.tp + counts.fn, counts, empty)


def precision(counts: Confusion, empty: float = 1.0) -> np.ndarray:
    """Precision or positive predictive value: TP / (TP + FP), in [0, 1]."""
    return _overlap(counts.tp, counts.tp + counts.fp, counts, empty)


def specificity(counts: Confusion) -> np.ndarray:
    """Specificity: TN / (TN + FP), in [0, 1]; NaN when the truth has no background."""
    return _divide(counts.tn, counts.tn + counts.fp, np.nan)


def overlaps(counts: Confusion, empty: float = 1.0) -> dict[str, float]:
    """The row of one image: pixels of the truth (`foreground`) and `predicted`, and the metrics of masks by name."""
    return {
        "foreground": int(counts.tp + counts.fn),
        "predicted": int(counts.tp + counts.fp),
        "dice": float(dice(counts, empty)),
        "iou": float(iou(counts, empty)),
        "recall": float(recall(counts, empty)),
        "specificity": float(specificity(counts)),
        "precision": float(precision(counts, empty)),
    }


def auc(truth: np.ndarray, probability: np.ndarray) -> float:
    """Area under the ROC curve over the pixels, in [0, 1]; NaN unless the truth has both classes.

    It is the probability that a random infected pixel is ranked above a random healthy one, ties counting half
    (Mann-Whitney U), exact for every value that the map takes. J. A. Hanley and B. J. McNeil, "The meaning and use of
    the area under a receiver operating characteristic (ROC) curve", Radiology 143, 1982.
    """
    same_shape(truth, probability)
    values, rank = np.unique(probability, return_inverse=True)
    negative, positive = np.bincount(rank.ravel() + len(values) * truth.ravel(), minlength=2 * len(values)).reshape(
        2, -1
    )
    if not positive.any() or not negative.any():
        return float("nan")
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / (positive.sum() * negative.sum()))


def mae(truth: np.ndarray, probability: np.ndarray) -> float:
    """Mean absolute error between the map, not thresholded, and the mask as 0 and 1; in [0, 1].

    F. Perazzi et al., "Saliency filters", CVPR 2012.
    """
    same_shape(truth, probability)
    return float(np.abs(np.asarray(probability, dtype=np.float64) - truth).mean())


def _overlap(numerator: np.ndarray, denominator: np.ndarray, counts: Confusion, empty: float) -> np.ndarray:
    return np.where(counts.tp + counts.fp + counts.fn == 0, empty, _divide(numerator, denominator, 0.0))


def _divide(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    """The quotient where the denominator is not zero, else `otherwise`."""
    result = np.full(np.shape(denominator), otherwise)
    return np.divide(numerator, denominator, out=result, where=denominator != 0)


def same_shape(truth: np.ndarray, other: np.ndarray) -> None:
    """Raise `ValueError` for arrays of different shapes."""
    if truth.shape != other.shape:
        raise ValueError(f"truth has the shape {truth.shape}, the prediction {other.shape}")
