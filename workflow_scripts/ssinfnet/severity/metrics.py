"""How good severity scores are; beside them always the most frequent class, the picture-blind baseline.

Intervals are percentile bootstraps (95 %) over patients: whole patients are drawn, with all of their slices.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ssinfnet.evaluation.intervals import number

SCORES = (0, 1, 2)
PIECE = 1_000_000  # patients drawn at once, over resamples: what limits the memory
CUTOFFS = ("fitted", "published")
METRICS = (
    *("micro_f1", "micro_precision", "micro_recall", "macro_f1", "macro_precision", "macro_recall"),
    *("balanced_accuracy", "quadratic_kappa"),
)


def classification(
    truth: np.ndarray, predicted: np.ndarray, groups: np.ndarray, *, resamples: int, seed: int
) -> dict[str, Any]:
    """The metrics of scores (n,) against the true ones (n,), their `intervals` (low, high) and `confusion_matrix`.

    `groups` (n,) are the patients. The matrix has the truth in rows. Cut-offs are not fitted again on the resamples.
    Of no item at all (n = 0), all are None.
    """
    if not len(truth):
        return undefined()
    matrices = _matrices(truth, predicted, groups)
    whole = matrices.sum(axis=0)
    return {
        **{name: float(value) for name, value in from_matrix(whole).items()},
        "intervals": intervals(truth, [predicted], groups, resamples=resamples, seed=seed),
        "confusion_matrix": whole.astype(int).tolist(),
    }


def undefined() -> dict[str, Any]:
    """The metrics of `classification` where there is nothing to compare, or nothing to compare with."""
    return {
        **dict.fromkeys(METRICS),
        "intervals": {name: [None, None] for name in METRICS},
        "confusion_matrix": np.zeros((len(SCORES),) * 2, int).tolist(),
    }


def intervals(
    truth: np.ndarray, answers: Sequence[np.ndarray], groups: np.ndarray, *, resamples: int, seed: int
) -> dict[str, list[float]]:
    """Low and high of each of `METRICS`, averaged over the `answers` (each (n,)) of several seeds.

    The same patients are drawn for all answers: the interval speaks of other patients, not of other seeds.
    """
    matrices = np.stack([_matrices(truth, answer, groups) for answer in answers])
    patients = matrices.shape[1]
    drawn = np.random.default_rng(seed).multinomial(patients, np.full(patients, 1 / patients), size=resamples)
    resampled = from_matrix(np.tensordot(drawn, matrices, axes=(1, 1)))
    return {name: _percentiles(values.mean(axis=1)) for name, values in resampled.items()}


def majority(truth: np.ndarray, groups: np.ndarray, *, resamples: int, seed: int) -> dict[str, Any]:
    """The same for the picture-blind baseline, which always answers the most frequent true score."""
    answer = np.full_like(truth, np.bincount(truth).argmax() if len(truth) else 0)
    return classification(truth, answer, groups, resamples=resamples, seed=seed)


def from_matrix(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The `METRICS`, each (...), of confusion matrices (..., 3, 3) with the truth in rows; as scikit-learn has them.

    Micro-averaged F1, precision and recall all equal the accuracy. Macro averages are over the scores that truth or
    prediction have, balanced accuracy over those that the truth has. Kappa is 0 where chance agrees fully.
    """
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)
    total = true.sum(axis=-1)
    present = true + predicted > 0
    by_score = {
        "f1": _divide(2 * right, true + predicted),
        "precision": _divide(right, predicted),
        "recall": _divide(right, true),
    }
    accuracy = right.sum(axis=-1) / total
    distance = np.subtract.outer(SCORES, SCORES) ** 2
    chance = true[..., :, None] * predicted[..., None, :] / total[..., None, None]
    expected = (distance * chance).sum(axis=(-2, -1))
    found = (distance * matrix).sum(axis=(-2, -1))
    return {
        **{f"micro_{name}": accuracy for name in by_score},
        **{f"macro_{name}": values.sum(axis=-1) / present.sum(axis=-1) for name, values in by_score.items()},
        "balanced_accuracy": by_score["recall"].sum(axis=-1) / (true > 0).sum(axis=-1),
        "quadratic_kappa": np.where(expected > 0, 1 - _divide(found, expected), 0.0),
    }


def ranking(
    truth: np.ndarray, predictors: Mapping[str, np.ndarray], *, resamples: int, seed: int
) -> dict[str, dict[str, dict[str, float | None]]]:
    """How well each predictor ranks patients with true scores (n,): `auc_severe` and `spearman`, by its name.

    A predictor is (n,), or (seeds, n), whose numbers are averaged over the seeds.
    AUC is the area under the ROC curve for severe or worse (score of at least 1), Spearman the rank correlation with
    the score; each has value, low and high. `auc_difference` is that to the first predictor, on the same resamples.
    Resamples in which a number is undefined are left out; all are None where it is undefined for the patients.
    """
    found: dict[str, dict[str, list[np.ndarray]]] = {name: {key: [] for key in RANKING} for name in predictors}
    for drawn in _draws(truth, resamples, seed):
        for name, values in predictors.items():
            by_seed = np.atleast_2d(values)[:, drawn]
            for key, statistic in RANKING.items():
                found[name][key].append(statistic(truth[drawn], by_seed).mean(axis=0))
    joined = {name: {key: np.concatenate(pieces) for key, pieces in one.items()} for name, one in found.items()}
    result = {name: {key: _with_interval(values) for key, values in one.items()} for name, one in joined.items()}
    first, *others = joined
    for name in others:
        result[name]["auc_difference"] = _with_interval(joined[name]["auc_severe"] - joined[first]["auc_severe"])
    return result


def auc_severe(truth: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Share of the pairs of one severe patient (score of at least 1) and one other ranked rightly by value, ties half.

    Of truth and values (..., n), both of the same patients; (...), NaN unless there are both kinds. As scikit-learn's
    `roc_auc_score`, for many resamples at once.
    """
    severe = truth >= 1
    count = severe.sum(axis=-1)
    pairs = count * (truth.shape[-1] - count)
    right = np.where(severe, _ranks(values), 0).sum(axis=-1) - count * (count + 1) / 2
    return _divide(right, pairs, np.nan)


def spearman(truth: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Rank correlation of value and true score, of (..., n) patients; (...), NaN where one of them does not vary.

    As SciPy's `spearmanr`, without the test that takes most of its time.
    """
    middle = (truth.shape[-1] + 1) / 2
    true, found = _ranks(truth) - middle, _ranks(values) - middle
    spread = np.sqrt((true**2).sum(axis=-1) * (found**2).sum(axis=-1))
    return np.clip(_divide((true * found).sum(axis=-1), spread, np.nan), -1, 1)  # rounding may leave the range


def _ranks(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata  # slow to import, and pages need only the names of the metrics

    return rankdata(values, axis=-1)


RANKING = {"auc_severe": auc_severe, "spearman": spearman}


def _draws(truth: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """All patients (1, n), then patients drawn with replacement (draws, n), in pieces that keep the memory constant.

    Draws in which nobody is severe, or everybody, are left out.
    """
    yield np.arange(len(truth))[None]
    random = np.random.default_rng(seed)
    at_once = max(1, PIECE // max(len(truth), 1))
    for start in range(0, resamples if len(truth) else 0, at_once):
        drawn = random.integers(0, len(truth), (min(at_once, resamples - start), len(truth)))
        yield drawn[_vary(truth[drawn] >= 1)]


def _matrices(truth: np.ndarray, predicted: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """A confusion matrix per patient, (patients, 3, 3), truth in rows."""
    member = np.unique(groups, return_inverse=True)[1]
    result = np.zeros((member.max() + 1, len(SCORES), len(SCORES)))
    np.add.at(result, (member, truth, predicted), 1)
    return result


def _with_interval(values: np.ndarray) -> dict[str, float | None]:
    """The first of the values, that of all patients, with the interval of the others, those of resamples."""
    known = values[1:][~np.isnan(values[1:])]
    low, high = _percentiles(known) if len(known) and not np.isnan(values[0]) else (None, None)
    return {"value": number(values[0]), "low": low, "high": high}


def _percentiles(values: np.ndarray) -> list[float]:
    return [float(bound) for bound in np.percentile(values, [2.5, 97.5])]


def _divide(numerator: np.ndarray, denominator: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    """The quotient, in the shape of the numerator; `otherwise` where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full(np.shape(numerator), otherwise), where=denominator > 0)


def _vary(values: np.ndarray) -> np.ndarray:
    """Whether the values (..., n) differ; (...)."""
    return (values != values[..., :1]).any(axis=-1)
