"""The metrics of the severity stage, and the same as a table."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ssinfnet.config.severity import Severity
from ssinfnet.errors import InputError
from ssinfnet.evaluation.intervals import number
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.severity import regions as severity_regions
from ssinfnet.severity.regions import FINDINGS, REGIONS, VOLUME_REGIONS
from ssinfnet.severity.scores import fit_cutoffs


def summarise(slices: pd.DataFrame, patients: pd.DataFrame, config: Severity) -> dict[str, Any]:
    """Metrics of patients, of slices as in the paper's Table V, cut-offs, and counts of what was left out.

    Without a scored patient all that compares with the clinical score is None. The fitted cut-offs are None where they
    cannot be fitted; the published ones are then the headline. Raises `InputError` where no patient has a ratio.
    """
    if patients["kept_slices"].eq(0).all():
        raise InputError(
            "no patient has pictures and a kept slice; nothing can be scored. parenchyma/quality.csv says why slices "
            "were rejected, and on which side the spine lies; patients.transform brings pictures upright"
        )
    scored = patients[patients["left_out"] == ""]
    # Regions need no clinical score: where nobody has one they are those of all.
    shown = scored if len(scored) else patients[patients["kept_slices"] > 0]
    truth = scored["score"].to_numpy(dtype=int)
    ratios = scored[f"ratio_{config.patient_ratio}"].to_numpy()
    used = slices[slices["left_out"] == ""]
    found = [finding for finding in FINDINGS if finding in scored]
    predictors = {"ratio": ratios, **{name: scored[name].to_numpy(dtype=float) for name in ("ct_share", *found)}}
    fitted = patients["predicted_fitted"].notna().any()
    ranking = severity_metrics.ranking(truth, predictors, resamples=config.bootstrap, seed=config.seed)
    return {
        **_scores(scored, config),
        "slices": _scores(used, config),
        "cutoffs": {
            "published": list(config.published),
            "fitted": list(fit_cutoffs(ratios, truth)) if fitted else None,
        },
        "headline": config.cutoffs if fitted else "published",
        "bootstrap": {"resamples": config.bootstrap, "seed": config.seed},
        "patient_ratio": config.patient_ratio,
        "auc_severe": ranking["ratio"]["auc_severe"],
        "spearman": ranking["ratio"]["spearman"]["value"],
        "predictors": ranking,
        "regions": {name: _region(shown, name) for name in (*REGIONS, *VOLUME_REGIONS) if f"{name}_score" in shown},
        "counts": {
            "patients": len(patients),
            "patients_scored": len(scored),
            "patients_predicted": int(patients["predicted_published"].notna().sum()),
            "patients_left_out": _count(patients["left_out"]),
            "patients_by_order": _count(shown["order"].dropna()),
            "patients_in_thirds": int((shown["slices"] >= len(severity_regions.THIRDS)).sum()),
            "slices": len(slices),
            "slices_scored": len(used),
            "slices_left_out": _count(slices["left_out"]),
        },
    }


def table(metrics: dict[str, Any]) -> pd.DataFrame:
    """The numbers of `summarise` as a table: unit, predictor, cutoffs, metric, value, low, high, n."""
    return pd.DataFrame(_rows(metrics), columns=["unit", "predictor", "cutoffs", "metric", "value", "low", "high", "n"])


def _rows(metrics: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for unit, results in (("patients", metrics), ("slices", metrics["slices"])):
        n = metrics["counts"][f"{unit}_scored"]
        for answer in ("majority", "published", "fitted"):
            for name in severity_metrics.METRICS:
                predictor, cutoffs = ("majority", "") if answer == "majority" else ("ratio", answer)
                score = results[answer]
                yield unit, predictor, cutoffs, name, score[name], *score["intervals"][name], n
    for predictor, scores in metrics["predictors"].items():
        for name, score in scores.items():
            n = metrics["counts"]["patients_scored"]
            yield "patients", predictor, "", name, score["value"], score["low"], score["high"], n


def _scores(table: pd.DataFrame, config: Severity) -> dict[str, Any]:
    truth, patients = table["score"].to_numpy(dtype=int), table["patient"].to_numpy(dtype=str)
    options = {"resamples": config.bootstrap, "seed": config.seed}
    return {
        **{
            cutoffs: severity_metrics.classification(
                truth, table[f"predicted_{cutoffs}"].to_numpy(dtype=int), patients, **options
            )
            if table[f"predicted_{cutoffs}"].notna().all()
            else severity_metrics.undefined()
            for cutoffs in ("published", "fitted")
        },
        "majority": severity_metrics.majority(truth, patients, **options),
    }


def _region(shown: pd.DataFrame, name: str) -> dict[str, float | int | None]:
    """Mean score and shares of a region over the patients that have it, and how many of them have no lung there.

    Patients without thirds do not count for the regions by third.
    """
    lung = shown[f"{name}_lung"].dropna()
    means = {column: shown[f"{name}_{column}"] for column in ("score", *FINDINGS) if f"{name}_{column}" in shown}
    return {
        "patients": int((lung > 0).sum()),
        "without_lung": int((lung == 0).sum()),
        **{f"mean_{column}": number(values.astype(float).mean()) for column, values in means.items()},
    }


def _count(reasons: pd.Series) -> dict[str, int]:
    return {str(reason): int(count) for reason, count in reasons[reasons != ""].value_counts().sort_index().items()}
