"""Intervals of the severity metrics of one method over its seeds, from the tables of patients and slices."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.evaluation.runs import Run
from ssinfnet.files.tables import read_table
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.severity.metrics import CUTOFFS

UNITS = ("patients", "slices")


def intervals(by_seed: Sequence[Run], metrics: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, float | None]]:
    """`low` and `high` (95 %) by target and metric, of the metrics averaged over the seeds.

    Both are None where there is nothing to compare with: no patient has a score, or no cut-offs were fitted.
    Each run has the values patients (CSV), slices (CSV) and metrics (JSON); `metrics` is that of one of them and says
    how often to resample and which ratio of a patient counts. Patients are drawn, the same for all seeds.
    Raises `InputError` for seeds that scored different patients or slices.
    """
    ratio = f"ratio_{metrics['patient_ratio']}"
    result: dict[tuple[str, str], dict[str, float | None]] = {}
    for place, unit in enumerate(UNITS):
        columns = ("patient", "score", "left_out", *(f"predicted_{cutoffs}" for cutoffs in CUTOFFS))
        columns += (ratio,) if unit == "patients" else ("id",)
        tables = _scored([Path(run.values[place]) for run in by_seed], columns)
        truth, patients = tables[0]["score"].to_numpy(dtype=int), tables[0]["patient"].to_numpy(dtype=str)
        for cutoffs in CUTOFFS:
            if not len(truth) or any(table[f"predicted_{cutoffs}"].isna().any() for table in tables):
                unknown = dict.fromkeys(("low", "high"))
                result |= {(f"{unit}_{cutoffs}", metric): unknown for metric in severity_metrics.METRICS}
                continue
            answers = [table[f"predicted_{cutoffs}"].to_numpy(dtype=int) for table in tables]
            found = severity_metrics.intervals(truth, answers, patients, **metrics["bootstrap"])
            for metric, (low, high) in found.items():
                result[f"{unit}_{cutoffs}", metric] = {"low": low, "high": high}
        if unit == "patients":
            ratios = np.stack([table[ratio].to_numpy() for table in tables])
            ranking = severity_metrics.ranking(truth, {"ratio": ratios}, **metrics["bootstrap"])["ratio"]
            for metric in ("auc_severe", "spearman"):
                result[unit, metric] = {bound: ranking[metric][bound] for bound in ("low", "high")}
    return result


def _scored(paths: Sequence[Path], columns: Sequence[str]) -> list[pd.DataFrame]:
    """The rows that were scored of each table, which have to be the same in all."""
    tables = [read_table(path, columns, dtype={"patient": str, "id": str}) for path in paths]
    tables = [table[table["left_out"].isna()].reset_index(drop=True) for table in tables]
    key = [column for column in ("id", "patient", "score") if column in columns]
    for path, table in zip(paths, tables, strict=True):
        if not table[key].equals(tables[0][key]):
            raise InputError(f"{path}: scored others than {paths[0]}; score both again")
    return tables
