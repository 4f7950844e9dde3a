"""The summaries of evaluation (JSON) of several methods and seeds, image by image."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation.runs import Run
from ssinfnet.files.json_file import read_json

Summaries = dict[str, list[dict[str, Any]]]  # by method, one per seed


def read(runs: Sequence[Run], methods: Mapping[str, Method]) -> Summaries:
    """The summaries of `runs` by method, in their order.

    Raises `InputError` for a method that the config lacks and for runs that were scored on different images.
    """
    result: Summaries = {}
    first = None
    for run in runs:
        require_known(run, methods)
        summary = read_json(run.path)
        first = first or (run.path, summary["per_image"]["id"])
        if summary["per_image"]["id"] != first[1]:
            raise InputError(f"{run.path}: scored on other images than {first[0]}; evaluate both again")
        result.setdefault(run.method, []).append(summary)
    return result


def require_known(run: Run, methods: Mapping[str, Method]) -> None:
    """Raise `InputError` when the config lacks the run's method."""
    if run.method not in methods:
        raise InputError(f"method {run.method} is not in the config; it has {', '.join(methods)}")


def image_groups(by_seed: Sequence[dict[str, Any]]) -> np.ndarray:
    """The group of each image, text (images,)."""
    return np.array(by_seed[0]["per_image"]["group"], dtype=str)


def image_means(by_seed: Sequence[dict[str, Any]], target: str, metric: str) -> np.ndarray:
    """The mean over the seeds of each image's value, (images,); NaN where no seed has one."""
    return mean_known(np.array([summary["per_image"]["values"][target][metric] for summary in by_seed], dtype=float))


def mean_known(values: np.ndarray) -> np.ndarray:
    """The mean over the first axis of values (seeds, n), NaN left out; NaN where there is nothing else."""
    known = ~np.isnan(values)
    sums = np.where(known, values, 0).sum(axis=0)
    return np.divide(sums, known.sum(axis=0), out=np.full(values.shape[1], np.nan), where=known.any(axis=0))


def without_pretext(name: str, methods: Mapping[str, Method], present: Sequence[str]) -> str | None:
    """The method among those `present` that is like `name` but for its pretext task; None where there is none.

    It has the same augmentation and the same self-training. Of several it is the first that is fine-tuned as long, else
    the first.
    """
    if methods[name].pretext == "none":
        return None
    wanted = (methods[name].augmentation, methods[name].self_training)
    alike = [
        other
        for other in present
        if methods[other].pretext == "none" and (methods[other].augmentation, methods[other].self_training) == wanted
    ]
    as_long = [other for other in alike if methods[other].single_epochs == methods[name].single_epochs]
    return next(iter(as_long or alike), None)
