"""All methods against each other, pair by pair, for each of the Tables II to V.

Columns: `table` (2 to 5), `name` and `method` (label) of the one, `reference` and `reference_method` of the other,
`target`, `metric`, `difference` (the one minus the other) with `low` and `high` (95 % bootstrap over groups), `n`
(images or patients), `groups`, `seeds`, `p` (paired permutation test over groups), `p_holm` and `family`. All text.

Several seeds: the value of an image is its mean over the seeds before anything is compared, so n counts images (and
groups), never trainings. `p_holm` is corrected for the `family` of comparisons in one metric of one table: all pairs
of methods and all targets. (Metrics are no part of it: Dice, IoU and recall of an image say nearly the same.)
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet import paired, summaries
from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.frames import read_table, text
from ssinfnet.runs import Run
from ssinfnet.severity_metrics import CUTOFFS

COLUMNS = (
    *("table", "name", "method", "reference", "reference_method", "target", "metric"),
    *("difference", "low", "high", "n", "groups", "seeds", "p", "p_holm", "family"),
)


def of_segmentation(number: int, runs: Sequence[Run], methods: Mapping[str, Method]) -> pd.DataFrame:
    """The comparisons of Table 2, 3 or 4 from the summaries (JSON files) of `runs`; errors as `summaries.read`."""
    by_method = summaries.read(runs, methods)
    rows = []
    for one, other in pairs(list(by_method), methods):
        groups = summaries.image_groups(by_method[one])
        for target, scores in by_method[one][0]["targets"].items():
            for metric in scores["metrics"]:
                values = [summaries.image_means(by_method[name], target, metric) for name in (one, other)]
                found = paired.compare(values[0] - values[1], groups, **by_method[one][0]["bootstrap"])
                rows.append({"name": one, "reference": other, "target": target, "metric": metric, **found})
    return _frame(number, rows, {name: len(by_seed) for name, by_seed in by_method.items()}, methods)


def of_severity(runs: Sequence[Run], methods: Mapping[str, Method], *, resamples: int, seed: int) -> pd.DataFrame:
    """The comparisons of Table 5 from the tables of patients (CSV files) of `runs`: accuracy and balanced accuracy.

    Both are means over patients of being right, the latter weighted such that every true class counts the same; the
    weights are those of the patients at hand in every resample. Each patient is a group.
    Raises `InputError` for runs that scored different patients.
    """
    by_method: dict[str, list[pd.DataFrame]] = {}
    first = None
    for run in runs:
        summaries.require_known(run, methods)
        columns = ["score", *(f"predicted_{cutoffs}" for cutoffs in CUTOFFS)]
        table = read_table(run.path, ("patient", *columns), dtype={"patient": str}).set_index("patient")[columns]
        table = table.dropna()
        first = first or (run.path, table["score"])
        if not table["score"].equals(first[1]):
            raise InputError(f"{run.path}: scored other patients than {first[0]}; score both again")
        by_method.setdefault(run.method, []).append(table)
    rows = []
    for one, other in pairs(list(by_method), methods):
        truth = by_method[one][0]["score"]
        balance = (1 / truth.map(truth.value_counts())).to_numpy() * len(truth) / truth.nunique()
        for cutoffs in CUTOFFS:
            difference = np.subtract(*(_right(by_method[name], cutoffs) for name in (one, other)))
            for metric, weights in (("micro_f1", 1.0), ("balanced_accuracy", balance)):
                found = paired.compare(difference * weights, truth.index.to_numpy(), resamples=resamples, seed=seed)
                label = {"target": f"patients_{cutoffs}", "metric": metric}
                rows.append({"name": one, "reference": other, **label, **found})
    return _frame(5, rows, {name: len(tables) for name, tables in by_method.items()}, methods)


def pairs(names: Sequence[str], methods: Mapping[str, Method]) -> Iterator[tuple[str, str]]:
    """Each two methods once: the later minus the earlier, but with the pretext task minus the same without it."""
    for earlier, later in itertools.combinations(names, 2):
        turned = summaries.without_pretext(earlier, methods, [later]) == later
        yield (earlier, later) if turned else (later, earlier)


def read(path: Path) -> pd.DataFrame:
    """The comparisons that compare_methods wrote, all text."""
    return read_table(path, COLUMNS, dtype=str, keep_default_na=False)


def _right(by_seed: Sequence[pd.DataFrame], cutoffs: str) -> np.ndarray:
    """Share of the seeds that are right about each patient, (patients,)."""
    return np.mean([table[f"predicted_{cutoffs}"] == table["score"] for table in by_seed], axis=0)


def _frame(
    number: int, rows: list[dict[str, Any]], seeds: Mapping[str, int], methods: Mapping[str, Method]
) -> pd.DataFrame:
    for _, family in itertools.groupby(sorted(rows, key=_metric), key=_metric):
        members = list(family)
        tested = sum(row["p"] is not None for row in members)
        for row, p in zip(members, paired.holm([row["p"] for row in members]), strict=True):
            labels = {"method": methods[row["name"]].label, "reference_method": methods[row["reference"]].label}
            counts = {"seeds": min(seeds[row["name"]], seeds[row["reference"]]), "family": tested}
            row |= {"table": number, **labels, **counts, "p_holm": p}
    return pd.DataFrame([{column: text(row[column]) for column in COLUMNS} for row in rows], columns=list(COLUMNS))


def _metric(row: Mapping[str, Any]) -> str:
    return row["metric"]
