"""The summaries of evaluation (JSON) of several methods and seeds, image by image.

Usually all runs are scored on the same images. In a cross-validation (`split.folds`) those of a seed are: another seed
may have others, and the images of a method are those of all of its seeds, in the order in which the seeds have them
first. An image's value is the mean over the seeds that were scored on it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation.runs import Run
from ssinfnet.files.json_file import read_json

Summaries = dict[str, list[dict[str, Any]]]  # by method, one per seed


def read(runs: Sequence[Run], methods: Mapping[str, Method], *, folds: int | None = None) -> Summaries:
    """The summaries of `runs` by method, in their order; each has its `seed` as well.

    `folds` is `split.folds`: with it only the runs of one seed have the same images, all methods need the same seeds,
    and their summaries are in the order of the seeds. Raises `InputError` for a method that the config lacks, for runs
    that were scored on different images, and for methods with different seeds.
    """
    result: Summaries = {}
    first: dict[int | None, Run] = {}
    images: dict[int | None, list[str]] = {}
    seeds: dict[str, set[int]] = {}
    for run in runs:
        require_known(run, methods)
        summary = read_json(run.path)
        alike = run.seed if folds else None
        other, ids = first.setdefault(alike, run), images.setdefault(alike, summary["per_image"]["id"])
        if summary["per_image"]["id"] != ids:
            raise InputError(f"{run.path}: scored on other images than {other.path}; evaluate both again")
        result.setdefault(run.method, []).append(summary | {"seed": run.seed})
        seeds.setdefault(run.method, set()).add(run.seed)
    if folds:
        for method, own in seeds.items():
            if missing := sorted(set(first) - own):
                raise InputError(f"method {method} has no seed {missing[0]}, whose test slices others are scored on")
            result[method].sort(key=lambda summary: summary["seed"])  # so the images of all methods have one order
    return result


def require_known(run: Run, methods: Mapping[str, Method]) -> None:
    """Raise `InputError` when the config lacks the run's method."""
    if run.method not in methods:
        raise InputError(f"method {run.method} is not in the config; it has {', '.join(methods)}")


def image_groups(by_seed: Sequence[dict[str, Any]]) -> np.ndarray:
    """The group of each image, text (images,)."""
    images = [summary["per_image"] for summary in by_seed]
    group_of = {name: group for one in images for name, group in zip(one["id"], one["group"], strict=True)}
    return np.array(list(group_of.values()), dtype=str)


def image_means(
    by_seed: Sequence[dict[str, Any]], target: str, metric: str, of: Literal["values", "constant"] = "values"
) -> np.ndarray:
    """The mean over the seeds of each image's value, (images,); NaN where no seed has one.

    With `of="constant"` it is the Dice of the constant mask `metric`, the same for all seeds.
    """
    images = [summary["per_image"] for summary in by_seed]
    place = {name: number for number, name in enumerate(dict.fromkeys(name for one in images for name in one["id"]))}
    values = np.full((len(images), len(place)), np.nan)
    for row, one in zip(values, images, strict=True):
        row[[place[name] for name in one["id"]]] = np.array(one[of][target][metric], dtype=float)
    return mean_known(values)


def divisions(by_seed: Sequence[dict[str, Any]], folds: int) -> list[list[dict[str, Any]]]:
    """The summaries of a cross-validation by division into test folds, those alone of which all folds are there."""
    found: dict[int, list[dict[str, Any]]] = {}
    for summary in by_seed:
        found.setdefault(summary["seed"] // folds, []).append(summary)
    return [several for several in found.values() if len(several) == folds]


def mean_known(values: np.ndarray) -> np.ndarray:
    """The mean over the first axis of values (seeds, n), NaN left out; NaN where there is nothing else."""
    known = ~np.isnan(values)
    sums = np.where(known, values, 0).sum(axis=0)
    return np.divide(sums, known.sum(axis=0), out=np.full(values.shape[1], np.nan), where=known.any(axis=0))


def without_pretext(name: str, methods: Mapping[str, Method], present: Sequence[str]) -> str | None:
    """The method among those `present` that is like `name` but for its pretext task; None where there is none.

    It has the same networks, augmentation, label budget and self-training, and is trained here. Of several the first
    that is fine-tuned as long, else the first.
    """
    if methods[name].pretext == "none":
        return None

    def settings(other: str) -> tuple[Any, ...]:
        method = methods[other]
        networks = method.single_network, method.multi_network
        return method.augmentation, method.labels, method.self_training, networks

    trained = [other for other in present if not methods[other].is_external]
    alike = [other for other in trained if methods[other].pretext == "none" and settings(other) == settings(name)]
    as_long = [other for other in alike if methods[other].single_epochs == methods[name].single_epochs]
    return next(iter(as_long or alike), None)


def without_self_training(name: str, methods: Mapping[str, Method], present: Sequence[str]) -> str | None:
    """The teacher of `name` among those `present`, if the two are alike but for the student; else None."""
    teacher = methods[name].self_training.teacher
    if teacher not in present:
        return None
    one, other = methods[name], methods[teacher]
    compared = ("pretext", "augmentation", "labels", "single_network", "multi_network")
    return teacher if all(getattr(one, key) == getattr(other, key) for key in compared) else None


def reference(name: str, methods: Mapping[str, Method], present: Sequence[str]) -> str | None:
    """What the tables compare `name` with: the same without its pretext task, else without its self-training."""
    return without_pretext(name, methods, present) or without_self_training(name, methods, present)
