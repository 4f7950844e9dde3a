"""From stores of maps to the tables and metrics of the severity stage."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet import severity, severity_metrics
from ssinfnet.config.severity import Severity
from ssinfnet.errors import InputError
from ssinfnet.slices import SliceStore


def measure(
    store: SliceStore,
    lungs: Sequence[SliceStore],
    infection: Sequence[SliceStore],
    quality: pd.DataFrame,
    patients: pd.DataFrame,
) -> pd.DataFrame:
    """A row per slice of `store`: id, patient, score, verdict, ratio and left_out (empty: scored).

    `lungs` and `infection` are shards; `quality` has verdict by slice id, `patients` patient and score.
    """
    lungs_of = {slice_id: shard for shard in lungs for slice_id in shard.ids}
    infection_of = {slice_id: shard for shard in infection for slice_id in shard.ids}
    score_of = dict(zip(patients["patient"], patients["score"], strict=True))
    rows = []
    for slice_id, patient in zip(store.index["id"], store.index["group"], strict=True):
        for name, found in (("lungs", lungs_of), ("infection map", infection_of), ("verdict", quality.index)):
            if slice_id not in found:
                raise InputError(f"{store.path}: slice {slice_id} has no {name}; run the stage before again")
        verdict, score = quality.loc[slice_id, "verdict"], score_of[patient]
        ratio = severity.infection_ratio(
            infection_of[slice_id].read("infection", slice_id), lungs_of[slice_id].read("lungs", slice_id)
        )
        left_out = "lungs rejected" if verdict != "kept" else "no severity score" if np.isnan(score) else ""
        rows.append((slice_id, patient, score, verdict, ratio, left_out))
    return pd.DataFrame(rows, columns=["id", "patient", "score", "verdict", "ratio", "left_out"])


def summarise(slices: pd.DataFrame, patients: pd.DataFrame, config: Severity) -> dict[str, Any]:
    """Metrics of patients, of slices as in the paper's Table V, cut-offs, and counts of what was left out."""
    scored = patients[patients["left_out"] == ""]
    if scored.empty:
        raise InputError("no patient has a severity score, pictures and a kept slice; nothing can be scored")
    truth = scored["score"].to_numpy(dtype=int)
    ratios = scored[f"ratio_{config.patient_ratio}"].to_numpy()
    used = slices[slices["left_out"] == ""]
    return {
        **_scores(scored),
        "slices": _scores(used),
        "cutoffs": {"published": list(config.published), "fitted": list(severity.fit_cutoffs(ratios, truth))},
        "headline": config.cutoffs,
        "auc_severe": severity_metrics.auc_severe(truth, ratios, resamples=config.bootstrap, seed=config.seed),
        "spearman": severity_metrics.spearman(truth, ratios),
        "counts": {
            "patients": len(patients),
            "patients_scored": len(scored),
            "patients_left_out": _count(patients["left_out"]),
            "slices": len(slices),
            "slices_scored": len(used),
            "slices_left_out": _count(slices["left_out"]),
        },
    }


def _scores(table: pd.DataFrame) -> dict[str, Any]:
    truth = table["score"].to_numpy(dtype=int)
    return {
        "published": severity_metrics.classification(truth, table["predicted_published"].to_numpy(dtype=int)),
        "fitted": severity_metrics.classification(truth, table["predicted_fitted"].to_numpy(dtype=int)),
        "majority": severity_metrics.majority(truth),
    }


def _count(reasons: pd.Series) -> dict[str, int]:
    return {str(reason): int(count) for reason, count in reasons[reasons != ""].value_counts().sort_index().items()}
