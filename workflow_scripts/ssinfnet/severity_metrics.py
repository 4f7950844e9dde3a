"""How good severity scores are; beside them always the answer of someone who looks at no picture."""

from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn import metrics

SCORES = (0, 1, 2)


def classification(truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """Metrics of scores (n,) against the true ones (n,), definitions of scikit-learn.

    Micro-averaged F1, precision and recall all equal the accuracy; a score that nobody has counts 0 in macro F1 when
    it is predicted and is left out of balanced accuracy. The confusion matrix has the truth in rows.
    """
    result: dict[str, Any] = {}
    for average in ("micro", "macro"):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            truth, predicted, average=average, zero_division=0
        )
        result |= {f"{average}_precision": precision, f"{average}_recall": recall, f"{average}_f1": f1}
    matrix = metrics.confusion_matrix(truth, predicted, labels=SCORES)
    present = matrix.sum(axis=1) > 0
    result["balanced_accuracy"] = (matrix.diagonal()[present] / matrix.sum(axis=1)[present]).mean()
    # Undefined where both sides know one score only: 0, no agreement beyond chance.
    kappa = metrics.cohen_kappa_score(truth, predicted, weights="quadratic", labels=SCORES) if _vary(truth) else 0.0
    result["quadratic_kappa"] = kappa
    result = {name: float(value) for name, value in result.items()}
    return {**result, "confusion_matrix": matrix.tolist()}


def majority(truth: np.ndarray) -> dict[str, Any]:
    """The same metrics for always answering the most frequent true score."""
    return classification(truth, np.full_like(truth, np.bincount(truth).argmax()))


def auc_severe(truth: np.ndarray, ratios: np.ndarray, *, resamples: int, seed: int) -> dict[str, float | None]:
    """Area under the ROC curve of the ratio for severe or worse (score of at least 1), with a 95 % interval.

    Percentile bootstrap over patients (n,); resamples with one class only are drawn anew. None where it is undefined.
    """
    severe = truth >= 1
    if not _vary(severe):
        return {"value": None, "low": None, "high": None}
    levels = np.unique(ratios, return_inverse=True)[1]
    random = np.random.default_rng(seed)
    values: list[float] = []
    while len(values) < resamples:
        chosen = random.integers(0, len(truth), len(truth))
        if _vary(severe[chosen]):
            values.append(_auc(severe[chosen], levels[chosen]))
    low, high = np.percentile(values, [2.5, 97.5])
    return {"value": _auc(severe, levels), "low": float(low), "high": float(high)}


def _auc(severe: np.ndarray, levels: np.ndarray) -> float:
    """Share of the pairs of one severe and one other patient (n,) that are ranked rightly by level (n,), ties half.

    As scikit-learn's `roc_auc_score`, which takes milliseconds; a thousand resamples took most of the stage's time.
    """
    above, other = (np.bincount(levels[mask], minlength=levels.max() + 1) for mask in (severe, ~severe))
    right = (above * (np.cumsum(other) - other / 2)).sum()
    return float(right / (above.sum() * other.sum()))


def spearman(truth: np.ndarray, ratios: np.ndarray) -> float | None:
    """Rank correlation of ratio and true score; None where one of them does not vary."""
    return float(spearmanr(truth, ratios).statistic) if _vary(truth) and _vary(ratios) else None


def _vary(values: np.ndarray) -> bool:
    return bool((values != values[0]).any())
