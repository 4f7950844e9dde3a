"""Dice against the number of labels: a row per family of methods, label budget and target.

Columns: `family`, `name` (of the method), `labels` (the budget: a number, or all), `slices` (how many had labels, mean
over the seeds, as whole groups are drawn), `target`, `dice` with `low` and `high` (95 % bootstrap over groups of the
images' means over the seeds), `by_seed` (the mean of each seed), `seeds`, `images`, `chance` (the picture-blind
baseline, mean over the seeds), and `difference` with `difference_low` and `difference_high`: Dice minus that of the
`reference` family at the same budget, paired by image. The reference is the first family of the config. All text,
empty where there is no number.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet.config.methods import Method
from ssinfnet.evaluation import paired, seeds
from ssinfnet.evaluation.intervals import describe, text
from ssinfnet.evaluation.runs import Run
from ssinfnet.slices.budget import labelled_ids
from ssinfnet.slices.parts import read_split

TARGETS = ("infection", "ggo", "consolidation")
COLUMNS = (
    *("family", "name", "labels", "slices", "target", "dice", "low", "high", "by_seed", "seeds", "images", "chance"),
    *("reference", "difference", "difference_low", "difference_high"),
)


def tabulate(
    single: Sequence[Run], predicted: Sequence[Run], methods: Mapping[str, Method], *, folds: int | None = None
) -> pd.DataFrame:
    """The table from the runs of the single network and of the multi network with predicted priors.

    The values of a run are its split (CSV) and its summary (JSON). The rows are in the order of `TARGETS`, of the
    families in `methods`, and of rising budgets. `folds` is `split.folds`. Errors as `seeds.read` and `labelled_ids`.
    """
    slices = _labelled_slices(single, methods)
    points: dict[tuple[str, str, int | str], tuple[str, list[dict[str, Any]]]] = {}
    for by_method in (seeds.read(single, methods, folds=folds), seeds.read(predicted, methods, folds=folds)):
        for name, by_seed in by_method.items():
            for target in (target for target in TARGETS if target in by_seed[0]["targets"]):
                points[target, *_place(methods[name])] = name, by_seed
    families = list(dict.fromkeys(_place(method)[0] for method in methods.values()))
    order = sorted(points, key=lambda key: (TARGETS.index(key[0]), families.index(key[1]), _rank(key[2])))
    rows = []
    for target, family, labels in order:
        name, by_seed = points[target, family, labels]
        row = {"family": family, "name": name, "labels": labels, "slices": slices[name], "target": target}
        row |= _score(by_seed, target)
        if family != families[0]:
            row |= _difference(by_seed, points.get((target, families[0], labels), ("", []))[1], target)
            row["reference"] = families[0]
        rows.append(row)
    return pd.DataFrame([{column: text(row.get(column)) for column in COLUMNS} for row in rows], columns=list(COLUMNS))


def _place(method: Method) -> tuple[str, int | str]:
    """The family and the budget of a method."""
    return method.family or method.label, method.labels or "all"


def _rank(labels: int | str) -> float:
    return float("inf") if labels == "all" else float(labels)


def _labelled_slices(runs: Sequence[Run], methods: Mapping[str, Method]) -> dict[str, float]:
    """How many slices each method learned from, mean over its seeds."""
    counts: dict[str, list[int]] = {}
    for run in runs:
        seeds.require_known(run, methods)
        labels = methods[run.method].labels
        ids = labelled_ids(read_split(run.values[0]), None if labels in (None, "all") else labels, run.seed)
        counts.setdefault(run.method, []).append(len(ids))
    return {name: float(np.mean(values)) for name, values in counts.items()}


def _score(by_seed: Sequence[dict[str, Any]], target: str) -> dict[str, Any]:
    found = describe(seeds.image_means(by_seed, target, "dice"), seeds.image_groups(by_seed), **by_seed[0]["bootstrap"])
    scores = [summary["targets"][target] for summary in by_seed]
    blind = [max(known) for score in scores if (known := _known(score["constant"].values()))]
    means = _known(score["metrics"]["dice"]["mean"] for score in scores)
    return {
        **{"dice": found["mean"], "low": found["low"], "high": found["high"], "images": found["n"]},
        **{"seeds": len(by_seed), "by_seed": " ".join(map(text, means))},
        "chance": float(np.mean(blind)) if blind else None,
    }


def _difference(by_seed: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]], target: str) -> dict[str, Any]:
    """The paired difference from the reference; nothing where the reference has no such budget."""
    if not other:
        return {}
    values = [seeds.image_means(one, target, "dice") for one in (by_seed, other)]
    found = paired.compare(values[0] - values[1], seeds.image_groups(by_seed), **by_seed[0]["bootstrap"])
    return {
        **{"difference": found["difference"]},
        **{"difference_low": found["low"], "difference_high": found["high"]},
    }


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
