"""The effect of each part of a method: its level against the reference of the factor, all else equal.

A factor is the pretext task, the augmentation, or how the priors of the multi network were made, which is of a results
folder. Its reference is to have none, and of the priors `in_sample`, as the paper has them. Each method at a level is
paired with the one that differs from it in nothing but this factor; the effect is the mean of these pairs' differences
in Dice, image by image.

Columns: `target`, `factor`, `level`, `reference`, `pairs` (how many), `difference`; `low` and `high` (95 % bootstrap
over groups of the images' means over the seeds), `n` (images), `groups`, `p` (paired permutation test over groups) and
`p_holm` (corrected for all rows); `seeds`, `by_seed` (the difference of each) with `seeds_low` and `seeds_high` (95 %
interval of their mean by Student's t). All text, empty where there is no number.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation import paired
from ssinfnet.evaluation import seeds as summaries
from ssinfnet.evaluation.intervals import text
from ssinfnet.evaluation.runs import Run

REFERENCES = {"pretext": "none", "augmentation": "none", "prior": "in_sample"}
TARGETS = {
    "single": ("infection",),
    "multi": ("overall_without_background", "ggo", "consolidation"),
}
FILES = {"single": "single/metrics.json", "multi": "multi/predicted_prior_metrics.json"}
COLUMNS = (
    *("target", "factor", "level", "reference", "pairs", "difference", "low", "high", "n", "groups", "p", "p_holm"),
    *("seeds", "by_seed", "seeds_low", "seeds_high"),
)


class Results(NamedTuple):
    """A results folder and what its config says."""

    folder: Path
    methods: dict[str, Method]
    seeds: tuple[int, ...]
    folds: int | None
    classes: bool
    prior: str

    def read(self, stage: str) -> summaries.Summaries:
        """The summaries of the single or the multi network of all seeds, of the methods that were trained."""
        runs = [
            Run(name, seed, (str(self.folder / name / f"seed{seed}" / FILES[stage]),))
            for name, method in self.methods.items()
            if not method.is_external
            for seed in self.seeds
        ]
        return summaries.read(runs, self.methods, folds=self.folds)


Levels = dict[str, str]
Cells = list[tuple[Levels, list[dict[str, Any]]]]
"""By factor the level of a method, and `other` for all that is no factor; with its summaries by seed."""


def tabulate(results: Sequence[Results]) -> pd.DataFrame:
    """The effects in all `results`, as this module says.

    Raises `InputError` for results of other slices or seeds than the first, and where no factor has two levels of
    which one is the reference.
    """
    rows = []
    for stage, targets in TARGETS.items():
        cells = _cells(results, stage)
        for target in targets:
            for factor in REFERENCES:
                rows += _effects(cells, target, factor)
    if not rows:
        raise InputError(
            "these results hold no two methods that differ in the pretext task, the augmentation or the priors alone, "
            "one of which has none (of the priors: in_sample); there is no effect to show"
        )
    for row, p in zip(rows, paired.holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = p
    return pd.DataFrame([{column: text(row[column]) for column in COLUMNS} for row in rows], columns=list(COLUMNS))


def describe_augmentation(augmentation: Augmentation) -> str:
    """What it changes, as `crop 0.7, cutout 0.5`; none where that is nothing."""
    changed = {
        name: value
        for name, value in augmentation.model_dump().items()
        if value != type(augmentation).model_fields[name].default
    }
    parts = []
    for name, value in changed.items():
        number = " ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"
        parts.append(f"{name.replace('_', ' ')} {number}")
    return ", ".join(parts) or "none"


def _cells(results: Sequence[Results], stage: str) -> Cells:
    """The methods of all results; the single network does not see the prior, so each method is there once."""
    cells: Cells = []
    images: list[str] | None = None
    for one in results:
        if stage == "multi" and not one.classes:
            continue
        for name, by_seed in one.read(stage).items():
            ids = [slice_id for summary in by_seed for slice_id in summary["per_image"]["id"]]
            seeds = [summary["seed"] for summary in by_seed]
            images = images or [*map(str, seeds), *ids]
            if [*map(str, seeds), *ids] != images:
                raise InputError(
                    f"{one.folder}: method {name} has other seeds or test slices than the first results; compare runs "
                    "of one split and the same seeds"
                )
            levels = _levels(one.methods[name], one.prior if stage == "multi" else "")
            if not any(levels == other for other, _ in cells):
                cells.append((levels, by_seed))
    return cells


def _levels(method: Method, prior: str) -> Levels:
    other = method.model_dump(mode="json", exclude={"label", "family", "pretext", "augmentation"})
    return {
        "pretext": method.pretext,
        "augmentation": describe_augmentation(method.augmentation),
        "prior": prior,
        "other": json.dumps(other, sort_keys=True),
    }


def _effects(cells: Cells, target: str, factor: str) -> list[dict[str, Any]]:
    """A row for each level of `factor` but the reference."""
    reference = REFERENCES[factor]
    rows = []
    for level in dict.fromkeys(levels[factor] for levels, _ in cells):
        pairs = [
            (one, other)
            for levels, one in cells
            for others, other in cells
            if levels[factor] == level != reference and others == {**levels, factor: reference}
        ]
        if pairs:
            row = {"target": target, "factor": factor, "level": level, "reference": reference, "pairs": len(pairs)}
            rows.append(row | _effect(pairs, target))
    return rows


def _effect(pairs: Sequence[tuple[list[dict[str, Any]], list[dict[str, Any]]]], target: str) -> dict[str, Any]:
    first = pairs[0][0]
    found = paired.compare(_difference(pairs, target), summaries.image_groups(first), **first[0]["bootstrap"])
    by_seed = []
    for number in range(len(first)):
        values = _difference([([one[number]], [other[number]]) for one, other in pairs], target)
        if not np.isnan(values).all():
            by_seed.append(float(np.nanmean(values)))
    low, high = _of_seeds(by_seed)
    seeds = {"seeds": len(by_seed), "by_seed": " ".join(map(text, by_seed)), "seeds_low": low, "seeds_high": high}
    return {**found, **seeds}


def _difference(pairs: Sequence[tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]], target: str) -> np.ndarray:
    """The mean over the pairs of each image's difference in Dice, (images,)."""
    values = [
        summaries.image_means(one, target, "dice") - summaries.image_means(other, target, "dice")
        for one, other in pairs
    ]
    return summaries.mean_known(np.stack(values))


def _of_seeds(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The 95 % interval of the mean of the seeds' values, by Student's t; none with fewer than two."""
    if len(values) < 2:
        return None, None
    from scipy import stats  # slow to import, and only the figure of seeds needs it

    reach = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return float(np.mean(values) - reach), float(np.mean(values) + reach)
