"""Tables II to V: our numbers beside the published ones, one row per number.

Columns: `source` (ours or published), `name` (of the config, as far as there is one), `method` (label, or as
printed), `target`, `metric`, `mean`, `error` (1.96 x standard error), `low` and `high` (95 % bootstrap over groups),
`n` (images or patients with a value), their `groups`, `undefined` (images without), `seeds`, `seed_sd` (of the seeds'
means), `chance` (the picture-blind baseline), `reference` with `difference`, `difference_low`, `difference_high`, `p`
and `p_holm` (paired, to the same method without its pretext task, or else without its self-training; all pairs are in
`evaluation.comparisons`), `note`, and of published numbers the `verdict` whether ours agree, and `why` (`agreement`).
All text, empty where there is nothing to say.

Several seeds: the value of an image is its mean over the seeds, and mean, error and interval are taken over images,
differences and p as well; so n counts images, not trainings, and the error speaks of other images, `seed_sd` of other
seeds. In a cross-validation the images are those of all test folds, each with its mean over the seeds that tested it;
`seed_sd` is then that of the means of whole divisions into folds, as seeds of one division have different images.
"""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation import seeds as summaries
from ssinfnet.evaluation.intervals import describe, mean_error, text
from ssinfnet.evaluation.intervals import number as number_or_none
from ssinfnet.evaluation.runs import Run
from ssinfnet.files.json_file import read_json
from ssinfnet.files.tables import read_csv
from ssinfnet.report import agreement, published
from ssinfnet.severity import seeds
from ssinfnet.severity.metrics import CUTOFFS
from ssinfnet.slices.labels import LESIONS, WORDS

COLUMNS = (
    *("source", "name", "method", "target", "metric", "mean", "error", "low", "high", "n", "groups", "undefined"),
    *("seeds", "seed_sd", "chance", "reference", "difference", "difference_low", "difference_high"),
    *("p", "p_holm", "note", "verdict", "why"),
)
TARGETS = ("infection", "ggo", "consolidation", "background", "overall", "overall_without_background")
METRICS = ("dice", "iou", "recall", "specificity", "precision", "auc", "mae")
SEVERITY_METRICS = (
    *("micro_f1", "micro_precision", "micro_recall", "macro_f1", "balanced_accuracy"),
    "quadratic_kappa",
)
ORACLE = "oracle: the prior is the ground truth of the test slices"
MAJORITY = "Always the most frequent class"
ABSENT = "no slice of the test part has {}, so how well it is found is undefined"
ABSENT_IN = "no test slice of seed {} has {}, so how well it is found on these slices is undefined"
NO_CLASSES = "no row of ours: the masks of this data set do not tell the classes"
NO_PRIOR = "no row of ours: the masks of this data set do not tell the classes, or no class network takes a prior"
NO_SEVERITY = "no row of ours: the severity stage is not configured"
NOBODY = "undefined: no patient with a kept slice has a severity class; each has a predicted one by published cut-offs"
NOT_FITTED = "undefined: the patients with a severity class are too few to fit cut-offs"
EXTERNAL = "the maps are another program's, imported"


def segmentation_table(
    number: int,
    runs: Sequence[Run],
    methods: Mapping[str, Method],
    compared: pd.DataFrame,
    *,
    folds: int | None = None,
    phantom: bool = False,
) -> pd.DataFrame:
    """Table 2, 3 or 4 from the summaries (JSON files) of `runs`; rows in the order of the runs, then as published.

    `compared` are the comparisons, of which those to the method's reference (`seeds.reference`) are taken over,
    `folds` is `split.folds`, and `phantom` says that the slices are the phantom's. Without runs it is the published
    rows and a note. Errors as `evaluation.seeds.read`.
    """
    nothing = "" if runs else NO_PRIOR if number == 4 else NO_CLASSES
    note = "; ".join(filter(None, (ORACLE if number == 4 else "", nothing)))
    by_method = summaries.read(runs, methods, folds=folds)
    rows = []
    for name, by_seed in by_method.items():
        absent = _absent(by_seed)
        for target in (target for target in TARGETS if target in by_seed[0]["targets"]):
            # The means over classes leave such a class out, and say so as well.
            missing = absent if target.startswith("overall") else {target: absent.get(target, "")}
            origin = EXTERNAL if methods[name].is_external else ""
            said = "; ".join(filter(None, (note, origin, *missing.values())))
            for metric in (metric for metric in METRICS if metric in by_seed[0]["targets"][target]["metrics"]):
                row = {"source": "ours", "name": name, "method": methods[name].label, "note": said}
                row |= {"target": target, "metric": metric, **_pooled(by_seed, target, metric, folds)}
                rows.append(row)
    _add_differences(number, rows, methods, compared)
    printed = _published_rows(number, note, rows, absent=nothing, phantom=phantom)
    return _table(rows, printed)


def severity_table(
    runs: Sequence[Run], methods: Mapping[str, Method], compared: pd.DataFrame, *, phantom: bool = False
) -> pd.DataFrame:
    """Table 5 from the tables of patients and of slices (CSV files) and the metrics (JSON file) of `runs`.

    Targets are `patients_fitted`, `patients_published`, `slices_fitted` and `slices_published` by the cut-offs, and
    `patients` for what needs none; first is the picture-blind baseline, `patients_majority`. Several seeds: the numbers
    are averaged over them, and the intervals come from drawing the same patients for all. Numbers that need patients
    with a class, or more of them, are empty, and the note says so. `phantom` says that slices or patients are the
    phantom's. Without runs it is the published rows and a note.
    """
    if not runs:
        return _table([], _published_rows(5, NO_SEVERITY, [], absent=NO_SEVERITY, phantom=phantom))
    found: dict[str, list[Run]] = {}
    for run in runs:
        summaries.require_known(run, methods)
        found.setdefault(run.method, []).append(run)
    rows = []
    first = read_json(runs[0].path)
    nobody = NOBODY if not first["counts"]["patients_scored"] else ""
    for unit in seeds.UNITS:
        label = {"name": "majority", "method": MAJORITY, "target": f"{unit}_majority"}
        majority = _by_unit(first, unit)["majority"]
        for metric in SEVERITY_METRICS:
            interval = dict(zip(("low", "high"), majority["intervals"][metric], strict=True))
            rows.append({**label, "metric": metric, **interval, **_seeds([majority[metric]]), "note": nobody})
    for name, by_seed in found.items():
        scores = [read_json(run.path) for run in by_seed]
        intervals = seeds.intervals(by_seed, scores[0])
        counts, label = scores[0]["counts"], {"name": name, "method": methods[name].label, "seeds": len(by_seed)}
        for unit, cutoffs, metric in itertools.product(seeds.UNITS, CUTOFFS, SEVERITY_METRICS):
            row = {**label, "target": f"{unit}_{cutoffs}", "metric": metric, "n": counts[f"{unit}_scored"]}
            values = [_by_unit(score, unit)[cutoffs][metric] for score in scores]
            row["note"] = nobody or (NOT_FITTED if None in values else "")
            rows.append(row | _seeds(values) | intervals[f"{unit}_{cutoffs}", metric])
        for metric, chance in (("auc_severe", 0.5), ("spearman", 0.0)):
            row = {**label, "target": "patients", "metric": metric, "n": counts["patients_scored"], "chance": chance}
            row["note"] = nobody
            values = [score["predictors"]["ratio"][metric]["value"] for score in scores]
            rows.append(row | _seeds(values) | intervals["patients", metric])
    _add_differences(5, rows, methods, compared)
    return _table([{"source": "ours", **row} for row in rows], _published_rows(5, "", rows, phantom=phantom))


def read(path: Path) -> pd.DataFrame:
    """A table that tabulate_results wrote, all text."""
    table = read_csv(path, dtype=str, keep_default_na=False)
    if tuple(table.columns) != COLUMNS:
        raise InputError(f"{path}: not a table of results; run tabulate_results again")
    return table


def identical_methods(table: pd.DataFrame) -> dict[str, list[str]]:
    """Methods of a published table whose GGO and consolidation numbers are those of others, in every digit."""
    lesions = table[table["target"].isin(list(LESIONS))]
    cells = {
        method: tuple(rows[["target", "metric", "mean", "error"]].itertuples(index=False, name=None))
        for method, rows in lesions.groupby("method", sort=False)
    }
    others = {
        method: [other for other in cells if other != method and cells[other] == cells[method]] for method in cells
    }
    return {method: equal for method, equal in others.items() if equal}


def _add_differences(
    number: int, rows: list[dict[str, Any]], methods: Mapping[str, Method], compared: pd.DataFrame
) -> None:
    """Add to `rows` their comparison with the same method without its pretext task or self-training, if any."""
    chosen = compared[compared["table"] == str(number)]
    known = {(row["name"], row["reference"], row["target"], row["metric"]): row for row in chosen.to_dict("records")}
    present = list(dict.fromkeys(row["name"] for row in rows if row["name"] in methods))
    references = {name: summaries.reference(name, methods, present) for name in present}
    for row in rows:
        found = known.get((row["name"], references.get(row["name"]), row["target"], row["metric"]))
        if found:
            row |= {"reference": found["reference_method"], "p": found["p"], "p_holm": found["p_holm"]}
            row |= {"difference": found["difference"]}
            row |= {"difference_low": found["low"], "difference_high": found["high"]}


def _pooled(by_seed: Sequence[dict[str, Any]], target: str, metric: str, folds: int | None) -> dict[str, Any]:
    """Numbers of a method from the per-image values of its seeds."""
    first = by_seed[0]
    groups = summaries.image_groups(by_seed)
    scores = first["targets"][target]
    values = summaries.image_means(by_seed, target, metric)
    result = describe(values, groups, **first["bootstrap"])
    result["groups"] = len(set(groups[~np.isnan(values)]))
    constant = scores["constant"]
    if folds:
        divisions = summaries.divisions(by_seed, folds)
        result |= _spread([_mean(summaries.image_means(one, target, metric)) for one in divisions])
        constant = {name: _mean(summaries.image_means(by_seed, target, name, "constant")) for name in constant}
    else:
        result |= _spread([summary["targets"][target]["metrics"][metric]["mean"] for summary in by_seed])
    if metric == "dice":
        result["chance"] = max((value for value in constant.values() if value is not None), default=None)
    elif metric == "auc":
        result["chance"] = 0.5
    return {**result, "seeds": len(by_seed)}


def _mean(values: np.ndarray) -> float | None:
    return number_or_none(mean_error(values)[0])


def _absent(by_seed: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What to say of the targets that no slice of the test part has; of those of some seeds with folds, by target."""
    said = {}
    for target in by_seed[0]["targets"]:
        seeds = [str(summary["seed"]) for summary in by_seed if _is_absent(summary, target)]
        word = WORDS.get(target, target)
        if len(seeds) == len(by_seed):
            said[target] = ABSENT.format(word)
        elif seeds:
            said[target] = ABSENT_IN.format(" and ".join(seeds), word)
    return said


def _is_absent(summary: dict[str, Any], target: str) -> bool:
    """Whether no slice of the test part has the target, so that there is nothing to find."""
    counts = summary["targets"][target].get("without_foreground")
    return counts is not None and counts["truth"] == summary["images"]


def _by_unit(metrics: dict[str, Any], unit: str) -> dict[str, Any]:
    return metrics if unit == "patients" else metrics["slices"]


def _seeds(values: Sequence[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    return {"mean": float(np.mean(known)) if known else None, **_spread(values)}


def _spread(values: Sequence[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    return {"seed_sd": float(np.std(known, ddof=1)) if len(known) > 1 else None}


def _published_rows(
    number: int, note: str, ours: Sequence[Mapping[str, Any]], *, absent: str = "", phantom: bool = False
) -> list[dict[str, str]]:
    """The printed rows of a table, each with its verdict beside the rows of `ours` (`agreement.judge`)."""
    table = published.table(number)
    identical = identical_methods(table)
    rows = []
    for row in table.to_dict("records"):
        notes = [note]
        if row["method"] in identical:
            alike = sorted([row["method"], *identical[row["method"]]])
            notes.append(f"GGO and consolidation as printed, identical in every digit for {', '.join(alike)}")
        row |= {"source": "published", "name": published.name_of(row["method"])}
        verdict = agreement.judge(row, ours, absent=absent, phantom=phantom)
        rows.append({**row, "note": "; ".join(filter(None, notes)), **verdict._asdict()})
    return rows


def _table(*parts: Sequence[dict[str, Any]]) -> pd.DataFrame:
    rows = [{column: text(row.get(column)) for column in COLUMNS} for part in parts for row in part]
    return pd.DataFrame(rows, columns=list(COLUMNS))
