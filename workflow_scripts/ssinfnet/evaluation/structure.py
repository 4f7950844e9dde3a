"""Structure of a map against a truth mask: S-measure of the map, E-measure of its thresholded masks.

Both look beyond single pixels, and both say what an empty or full truth scores, so neither is ever undefined.
"""

import itertools
import math

import numpy as np

from ssinfnet.evaluation.metrics import Confusion, same_shape


def s_measure(truth: np.ndarray, probability: np.ndarray, alpha: float = 0.5) -> float:
    """S-measure of a bool mask and a map of float in [0, 1], both (H, W), not thresholded; in [0, 1].

    alpha S_object + (1 - alpha) S_region, 0 where that is negative. A truth that is empty scores 1 - mean(map), one
    that is everywhere mean(map). D.-P. Fan, M.-M. Cheng, Y. Liu, T. Li, A. Borji, "Structure-measure: a new way to
    evaluate foreground maps", ICCV 2017.
    """
    same_shape(truth, probability)
    share = truth.mean()
    if share == 0:
        return float(1 - probability.mean())
    if share == 1:
        return float(probability.mean())
    s_object = share * _object(probability[truth]) + (1 - share) * _object(1 - probability[~truth])
    return float(max(0.0, alpha * s_object + (1 - alpha) * _region(truth, probability)))


def e_measure(counts: Confusion) -> np.ndarray:
    """E-measure of bool masks from their pixel counts, of the counts' shape; in [0, 1].

    With f and g the masks less their means, a pixel is aligned by xi = 2 f g / (f^2 + g^2), and the score is the mean
    of (1 + xi)^2 / 4. Since f and g take two values each, the four counts are all it needs. A truth that is empty
    scores the share of pixels not predicted, one that is everywhere the share predicted. D.-P. Fan, C. Gong, Y. Cao,
    B. Ren, M.-M. Cheng, A. Borji, "Enhanced-alignment measure for binary foreground map evaluation", IJCAI 2018. (The
    authors' tool divides the sum by one less than the pixels: higher by 1 in 100,000 at 300 x 300.)
    """
    pixels = np.asarray(counts.tp + counts.fp + counts.fn + counts.tn)
    truth, predicted = (counts.tp + counts.fn) / pixels, (counts.tp + counts.fp) / pixels
    uniform = (truth == 0) | (truth == 1)
    total = np.zeros(pixels.shape)
    for count, in_truth, in_predicted in zip(counts, (1, 0, 1, 0), (1, 1, 0, 0), strict=True):
        f, g = in_predicted - predicted, in_truth - truth
        # Only the product of two constant masks is 0 / 0; those have their own rule.
        xi = np.divide(2 * f * g, f * f + g * g, out=np.zeros(pixels.shape), where=~uniform)
        total += count * (1 + xi) ** 2 / 4
    return np.where(uniform, np.where(truth == 0, counts.tn, counts.tp), total) / pixels


def _object(values: np.ndarray) -> float:
    """Object score of the map's values (n,) where it should be 1: 2 m / (m^2 + 1 + s), s with n - 1."""
    mean = values.mean()
    deviation = values.std(ddof=1) if len(values) > 1 else 0.0
    return 2 * mean / (mean * mean + 1 + deviation)


def _region(truth: np.ndarray, probability: np.ndarray) -> float:
    """Similarity of the four blocks that meet at the truth's centroid, weighted with their areas."""
    height, width = truth.shape
    # The centroid's own row and column belong to the upper and the left block.
    row = _rounded_mean(truth.sum(axis=1)) + 1
    column = _rounded_mean(truth.sum(axis=0)) + 1
    score = 0.0
    for block in itertools.product((slice(row), slice(row, height)), (slice(column), slice(column, width))):
        if truth[block].size:  # a block beyond the last row or column is empty, its weight 0
            score += truth[block].size / truth.size * _similarity(truth[block], probability[block])
    return score


def _rounded_mean(mass: np.ndarray) -> int:
    """The mean index of `mass` (n,), halves rounded up."""
    return math.floor(np.arange(len(mass)) @ mass / mass.sum() + 0.5)


def _similarity(truth: np.ndarray, probability: np.ndarray) -> float:
    """SSIM without its constants, 4 m_x m_y c_xy / ((m_x^2 + m_y^2)(v_x + v_y)); where all is 0, 1."""
    x, y = probability.mean(), truth.mean()
    dx, dy = probability - x, truth - y
    if probability.min() == probability.max():
        dx[:] = 0  # the mean of equal values may differ from them in the last digit, and then 1 would become 0
    numerator = 4 * x * y * (dx * dy).sum()
    denominator = (x * x + y * y) * ((dx * dx).sum() + (dy * dy).sum())
    if denominator == 0:
        return 1.0
    return float(numerator / denominator)
