"""Severity of slices and patients: the share of the lungs that is infected, and the class that follows from it.

Equation 7 of the paper: ratio = sum of the infection map / area of the parenchyma. Here both are taken on the same
grid, the map inside the lungs alone, and nothing is stretched, so the ratio lies in [0, 1].
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ssinfnet.config.severity import Severity
from ssinfnet.errors import InputError

CLASSES = 3  # scores 0, 1 (severe), 2 (critically ill)
NO_SCORE = "no severity score"
"""Why a slice or patient with a ratio counts in no metric."""
TOO_FEW = (
    "fitted cut-offs need at least two patients of one class; score more patients, or take severity.cutoffs: published"
)


def infection_ratio(infection: np.ndarray, lungs: np.ndarray) -> float:
    """Infected share of the lungs, 0 to 1, of one slice; NaN where there are no lungs.

    `infection` is a probability map (H, W), `lungs` 0 and 1 (H, W). Raises `InputError` for two sizes.
    """
    if infection.shape != lungs.shape:
        raise InputError(f"the infection map is {infection.shape} and the lungs are {lungs.shape}")
    inside = infection[lungs > 0].astype(np.float64)
    return float(inside.mean()) if inside.size else float("nan")


def classify(ratios: np.ndarray, cutoffs: Sequence[float]) -> np.ndarray:
    """Scores 0, 1, 2 of ratios (n,); score 1 begins at the first of two cut-offs, score 2 at the second."""
    return np.searchsorted(cutoffs, ratios, side="right")


def fit_cutoffs(ratios: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """The two cut-offs with the best balanced accuracy on ratios (n,) and scores (n,); the lowest pair of equals.

    All pairs of midpoints between neighbouring ratios are tried, also those that leave a score out. Balanced accuracy,
    as nearly all patients have score 0, and plain accuracy would answer 0 for everyone. Classes without a patient do
    not count.
    """
    values = np.unique(ratios)
    midpoints = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2, [np.nextafter(values[-1], np.inf)]])
    # The mean recall is a sum of one term per cut-off: what lies below the first, between them, above the second.
    below = [
        np.searchsorted(np.sort(ratios[scores == score]), midpoints) / max((scores == score).sum(), 1)
        for score in range(CLASSES)
    ]
    absent = [not (scores == score).any() for score in range(CLASSES)]
    first = below[0] - below[1]
    second = below[1] + (0 if absent[2] else 1 - below[2])
    # So the best pair is found in one pass. Rounded, so that sums in another order cannot break a tie.
    best_second = np.maximum.accumulate(second[::-1])[::-1]
    low = int(np.argmax((first + best_second).round(12)))
    high = low + int(np.argmax(second[low:].round(12)))
    return float(midpoints[low]), float(midpoints[high])


def can_fit(scores: np.ndarray, groups: np.ndarray) -> bool:
    """Whether cut-offs can be fitted and tried on others: two groups (n,), and two items of one of the scores (n,)."""
    return len(set(groups)) > 1 and int(np.bincount(scores).max()) > 1


def check_cutoffs(patients: pd.DataFrame, config: Severity) -> list[str]:
    """A line where the cut-offs of the config need more patients; `patients` has score (NaN: none) and slices."""
    scored = patients[patients["score"].notna() & (patients["slices"] > 0)]
    if config.cutoffs == "published" or scored.empty:
        return []
    if can_fit(scored["score"].to_numpy(dtype=int), scored["patient"].to_numpy()):
        return []
    return [TOO_FEW]


def cross_validate(ratios: np.ndarray, scores: np.ndarray, groups: np.ndarray, *, folds: int, seed: int) -> np.ndarray:
    """Scores (n,) predicted with cut-offs that were fitted without the item's fold; groups stay in one fold.

    There are fewer folds where there are few items; with less than two, `InputError` is raised.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # slow to import, and many need the rest of this module

    if not can_fit(scores, groups):
        raise InputError(TOO_FEW)
    folds = min(folds, int(np.bincount(scores).max()), len(np.unique(groups)))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    predicted = np.zeros(len(scores), dtype=int)
    for fit, test in splitter.split(ratios, scores, groups):
        predicted[test] = classify(ratios[test], fit_cutoffs(ratios[fit], scores[fit]))
    return predicted


def score_patients(patients: pd.DataFrame, slices: pd.DataFrame, config: Severity) -> pd.DataFrame:
    """All patients with their ratios and predicted scores, and why those that no metric counts are left out.

    `patients` has patient, morbidity, score (NaN: none) and slices (count); `slices` has patient and ratio of the
    slices to use. Adds kept_slices, ratio_mean, ratio_max, predicted_published, predicted_fitted, and left_out, empty
    for a patient who is scored. One without a severity score has all the same, its fitted prediction by the cut-offs
    of all who are scored. Nobody has a fitted one where cut-offs cannot be fitted, which is an `InputError` if the
    config asks for them and anybody is scored.
    """
    by_patient = slices.groupby("patient")["ratio"].agg(["size", "mean", "max"])
    table = patients.join(by_patient, on="patient").rename(
        columns={"size": "kept_slices", "mean": "ratio_mean", "max": "ratio_max"}
    )
    table["kept_slices"] = table["kept_slices"].fillna(0).astype(int)
    table["left_out"] = np.select(
        [table["slices"] == 0, table["kept_slices"] == 0, table["score"].isna()],
        ["no pictures", "no slice kept", NO_SCORE],
        default="",
    )
    table = _predict(table, table[f"ratio_{config.patient_ratio}"], config)
    if config.cutoffs == "fitted" and (table["left_out"] == "").any() and table["predicted_fitted"].isna().all():
        raise InputError(TOO_FEW)
    return table


def score_slices(slices: pd.DataFrame, config: Severity) -> pd.DataFrame:
    """Slices (id, patient, score, ratio, left_out) with predicted_published and predicted_fitted, as in Table V."""
    return _predict(slices, slices["ratio"], config)


def _predict(table: pd.DataFrame, ratios: pd.Series, config: Severity) -> pd.DataFrame:
    table = table.copy()
    table[["predicted_published", "predicted_fitted"]] = pd.NA
    scored, unscored = table["left_out"] == "", table["left_out"] == NO_SCORE
    usable = scored | unscored
    table.loc[usable, "predicted_published"] = classify(ratios[usable].to_numpy(), config.published)
    values, scores = ratios[scored].to_numpy(), table.loc[scored, "score"].to_numpy(dtype=int)
    groups = table.loc[scored, "patient"].to_numpy()
    if len(scores) and can_fit(scores, groups):
        table.loc[scored, "predicted_fitted"] = cross_validate(
            values, scores, groups, folds=config.folds, seed=config.seed
        )
        table.loc[unscored, "predicted_fitted"] = classify(ratios[unscored].to_numpy(), fit_cutoffs(values, scores))
    return table
