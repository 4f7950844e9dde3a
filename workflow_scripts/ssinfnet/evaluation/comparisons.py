"""All methods against each other, pair by pair, for each of the Tables II to V.

Columns: `table` (2 to 5), `name` and `method` (label) of the one, `reference` and `reference_method` of the other,
`target`, `metric`, `difference` (the one minus the other) with `low` and `high` (95 % bootstrap over groups), `n`
(images or patients), `groups`, `seeds`, `p` (paired permutation test over groups), `p_holm` and `family`. All text.

Several seeds: the value of an image is its mean over the seeds before anything is compared, so n counts images (and
groups), never trainings. In a cross-validation these are the seeds that tested the image, the same for both methods.
`p_holm` is corrected for the `family` of comparisons in one metric of one table: all pairs of methods and all targets.
(Metrics are no part of it: Dice, IoU and recall of an image say nearly the same.)
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ssinfnet.config.methods import Method
from ssinfnet.evaluation import paired
from ssinfnet.evaluation import seeds as summaries
from ssinfnet.evaluation.intervals import text
from ssinfnet.evaluation.runs import Run
from ssinfnet.files.tables import read_table

COLUMNS = (
    *("table", "name", "method", "reference", "reference_method", "target", "metric"),
    *("difference", "low", "high", "n", "groups", "seeds", "p", "p_holm", "family"),
)


def of_segmentation(
    number: int, runs: Sequence[Run], methods: Mapping[str, Method], *, folds: int | None = None
) -> pd.DataFrame:
    """The comparisons of Table 2, 3 or 4 from the summaries (JSON files) of `runs`.

    `folds` is `split.folds`. Errors as `summaries.read`.
    """
    by_method = summaries.read(runs, methods, folds=folds)
    rows = []
    for one, other in pairs(list(by_method), methods):
        groups = summaries.image_groups(by_method[one])
        for target, scores in by_method[one][0]["targets"].items():
            for metric in scores["metrics"]:
                values = [summaries.image_means(by_method[name], target, metric) for name in (one, other)]
                found = paired.compare(values[0] - values[1], groups, **by_method[one][0]["bootstrap"])
                rows.append({"name": one, "reference": other, "target": target, "metric": metric, **found})
    return to_frame(number, rows, {name: len(by_seed) for name, by_seed in by_method.items()}, methods)


def pairs(names: Sequence[str], methods: Mapping[str, Method]) -> Iterator[tuple[str, str]]:
    """Each two methods once: the later minus the earlier, but with a task or a teacher minus the same without it."""
    for earlier, later in itertools.combinations(names, 2):
        turned = summaries.reference(earlier, methods, [later]) == later
        yield (earlier, later) if turned else (later, earlier)


def read(path: Path) -> pd.DataFrame:
    """The comparisons that compare_methods wrote, all text."""
    return read_table(path, COLUMNS, dtype=str, keep_default_na=False)


def to_frame(
    number: int, rows: list[dict[str, Any]], seeds: Mapping[str, int], methods: Mapping[str, Method]
) -> pd.DataFrame:
    """`rows` as the comparisons of table `number`, with p corrected; `seeds` is how many each method has."""
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
