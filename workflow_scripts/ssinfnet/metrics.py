"""Metrics of one image: a truth mask against a predicted mask or a probability map.

All of them come from the pixel counts of `Confusion`. The empty-mask rule, the same for Dice, IoU, recall and
precision: without a true positive the score is 0, unless truth and prediction are both empty; then it is the
argument `empty`, 1 (nothing to find, nothing found) or NaN (the image is left out, to be counted by the caller).
So a false alarm on a healthy slice costs the full score. Definitions: A. A. Taha and A. Hanbury, "Metrics for
evaluating 3D medical image segmentation", BMC Medical Imaging 15:29, 2015.
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
    _same_shape(truth, predicted)
    tp = np.count_nonzero(truth & predicted)
    fp = np.count_nonzero(predicted) - tp
    fn = np.count_nonzero(truth) - tp
    return Confusion(*map(np.asarray, (tp, fp, fn, truth.size - tp - fp - fn)))


def confusion_by_threshold(truth: np.ndarray, probability: np.ndarray) -> Confusion:
    """Counts, each int (256,), of the masks `probability >= t` for every t of `THRESHOLDS`.

    `truth` is bool, `probability` float in [0, 1], of the same shape. One histogram of the levels floor(255 p)
    under each truth value replaces the 256 comparisons: p >= i/255 just where its level is at least i.
    """
    _same_shape(truth, probability)
    level = (probability.astype(np.float64) * (LEVELS - 1)).astype(np.int64)
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


def auc(truth: np.ndarray, probability: np.ndarray) -> float:
    """Area under the ROC curve over the pixels, in [0, 1]; NaN unless the truth has both classes.

    It is the probability that a random infected pixel is ranked above a random healthy one, ties counting half
    (Mann-Whitney U), exact for every value that the map takes.
    """
    _same_shape(truth, probability)
    values, rank = np.unique(probability, return_inverse=True)
    negative, positive = np.bincount(rank.ravel() + len(values) * truth.ravel(), minlength=2 * len(values)).reshape(
        2, -1
    )
    if not positive.any() or not negative.any():
        return float("nan")
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / (positive.sum() * negative.sum()))


def mae(truth: np.ndarray, probability: np.ndarray) -> float:
    """Mean absolute error between the map, not thresholded, and the mask as 0 and 1; in [0, 1]."""
    _same_shape(truth, probability)
    return float(np.abs(probability.astype(np.float64) - truth).mean())


def _overlap(numerator: np.ndarray, denominator: np.ndarray, counts: Confusion, empty: float) -> np.ndarray:
    return np.where(counts.tp + counts.fp + counts.fn == 0, empty, _divide(numerator, denominator, 0.0))


def _divide(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    """The quotient where the denominator is not zero, else `otherwise`."""
    result = np.full(np.shape(denominator), otherwise)
    return np.divide(numerator, denominator, out=result, where=denominator != 0)


def _same_shape(truth: np.ndarray, other: np.ndarray) -> None:
    if truth.shape != other.shape:
        raise ValueError(f"truth has the shape {truth.shape}, the prediction {other.shape}")
