"""From stores of maps to the tables and metrics of the severity stage."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet import severity, severity_metrics
from ssinfnet.config.severity import Severity
from ssinfnet.errors import InputError
from ssinfnet.frames import read_table
from ssinfnet.shards import Shards
from ssinfnet.slices import SliceStore

KEPT = "kept"


def read_patients(path: Path) -> pd.DataFrame:
    """The table of patients, CSV: patient, morbidity, score (NaN: none) and slices (count).

    Raises `InputError` for a table that cannot be read and for a score other than 0, 1 or 2.
    """
    table = read_table(path, ("patient", "morbidity", "score", "slices"), dtype={"patient": str})
    wrong = table[table["score"].notna() & ~table["score"].isin(severity_metrics.SCORES)]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(f"{path}: {row['patient']} has the score {row['score']}; ictcf.scores must be 0, 1 or 2")
    return table


def read_verdicts(path: Path) -> dict[str, str]:
    """Verdict (kept or rejected) by slice id, from the table of the cleaning."""
    table = read_table(path, ("id", "verdict"), dtype={"id": str})
    return dict(zip(table["id"], table["verdict"], strict=True))


def measure(
    store: SliceStore, lungs: Shards, infection: Shards, verdicts: dict[str, str], patients: pd.DataFrame
) -> pd.DataFrame:
    """A row per slice of `store`: id, patient, score, verdict, ratio and left_out (empty: scored).

    `patients` has patient and score. Raises `InputError` for a slice without lungs, infection map, verdict or patient,
    and where its lungs and its infection map differ in size.
    """
    score_of = dict(zip(patients["patient"], patients["score"], strict=True))
    rows = []
    for slice_id, patient in zip(store.index["id"], store.index["group"], strict=True):
        if slice_id not in verdicts:
            raise InputError(f"{store.path}: slice {slice_id} has no verdict; clean the parenchyma again")
        if patient not in score_of:
            raise InputError(f"{store.path}: patient {patient} of slice {slice_id} is not in the table of patients")
        try:
            ratio = severity.infection_ratio(infection.read("infection", slice_id), lungs.read("lungs", slice_id))
        except InputError as error:
            raise InputError(f"slice {slice_id}: {error}") from None
        reasons = {
            "lungs rejected": verdicts[slice_id] != KEPT,
            "no lungs": np.isnan(ratio),
            "no severity score": pd.isna(score_of[patient]),
        }
        left_out = next((reason for reason, applies in reasons.items() if applies), "")
        rows.append((slice_id, patient, score_of[patient], verdicts[slice_id], ratio, left_out))
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
        "patient_ratio": config.patient_ratio,
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
