"""The comparisons of Table V: all methods against each other on the same patients."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation import paired
from ssinfnet.evaluation import seeds as summaries
from ssinfnet.evaluation.comparisons import pairs, to_frame
from ssinfnet.evaluation.runs import Run
from ssinfnet.files.tables import read_table
from ssinfnet.severity.metrics import CUTOFFS


def of_severity(runs: Sequence[Run], methods: Mapping[str, Method], *, resamples: int, seed: int) -> pd.DataFrame:
    """The comparisons of Table 5 from the tables of patients (CSV files) of `runs`: accuracy and balanced accuracy.

    Both are means over patients of being right, the latter weighted such that every true class counts the same; the
    weights are those of the patients at hand in every resample. Each patient is a group. Cut-offs by which nobody is
    predicted are left out.
    Raises `InputError` for runs that scored different patients.
    """
    by_method: dict[str, list[pd.DataFrame]] = {}
    first = None
    for run in runs:
        summaries.require_known(run, methods)
        columns = ["score", *(f"predicted_{cutoffs}" for cutoffs in CUTOFFS)]
        table = read_table(run.path, ("patient", *columns), dtype={"patient": str}).set_index("patient")[columns]
        table = table.dropna(subset=["score", "predicted_published"])
        first = first or (run.path, table["score"])
        if not table["score"].equals(first[1]):
            raise InputError(f"{run.path}: scored other patients than {first[0]}; score both again")
        by_method.setdefault(run.method, []).append(table)
    rows = []
    for one, other in pairs(list(by_method), methods):
        truth = by_method[one][0]["score"]
        balance = (1 / truth.map(truth.value_counts())).to_numpy() * len(truth) / truth.nunique()
        for cutoffs in CUTOFFS:
            if not len(truth) or any(
                t[f"predicted_{cutoffs}"].isna().any() for t in (*by_method[one], *by_method[other])
            ):
                continue
            difference = np.subtract(*(_right(by_method[name], cutoffs) for name in (one, other)))
            for metric, weights in (("micro_f1", 1.0), ("balanced_accuracy", balance)):
                found = paired.compare(difference * weights, truth.index.to_numpy(), resamples=resamples, seed=seed)
                label = {"target": f"patients_{cutoffs}", "metric": metric}
                rows.append({"name": one, "reference": other, **label, **found})
    return to_frame(5, rows, {name: len(tables) for name, tables in by_method.items()}, methods)


def _right(by_seed: Sequence[pd.DataFrame], cutoffs: str) -> np.ndarray:
    """Share of the seeds that are right about each patient, (patients,)."""
    return np.mean([table[f"predicted_{cutoffs}"] == table["score"] for table in by_seed], axis=0)
