"""Results of several runs on one command line: a run is a method trained with a seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ssinfnet.errors import InputError
from ssinfnet.files.json_file import REMEDY, read_json


class Run(NamedTuple):
    """A method, its seed, and what else was given with them."""

    method: str
    seed: int
    values: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The run's file, the last value."""
        return Path(self.values[-1])


def parse(groups: Sequence[Sequence[str]]) -> list[Run]:
    """The runs of one option, in the order given; raises `InputError` for a seed that is no number."""
    result = []
    for method, seed, *values in groups:
        if not seed.isdecimal():
            raise InputError(f"seed {seed!r} of method {method} is not a number")
        result.append(Run(method, int(seed), tuple(values)))
    return result


def require_one_method(runs: Sequence[Run]) -> str:
    """The method that all runs are of, each of another seed; raises `InputError` where they are not."""
    methods, seeds = {run.method for run in runs}, [run.seed for run in runs]
    if len(methods) > 1:
        raise InputError(f"runs of several methods ({', '.join(sorted(methods))}) are given; give those of one")
    if twice := {seed for seed in seeds if seeds.count(seed) > 1}:
        raise InputError(f"seed {min(twice)} is given twice")
    return methods.pop()


def read_threshold(path: Path) -> float:
    """The threshold of the infection map in the metrics (JSON) of a single network."""
    value = read_json(path)["threshold"]
    value = value["value"] if isinstance(value, dict) else None
    if not isinstance(value, float | int) or not 0 <= value <= 1:
        raise InputError(f"{path}: the threshold is {value!r}, where a number from 0 to 1 is expected; {REMEDY}")
    return value


def first_seeds(runs: Sequence[Run]) -> list[Run]:
    """Of each method the run with its lowest seed, methods in the order given."""
    chosen: dict[str, Run] = {}
    for run in runs:
        if run.method not in chosen or run.seed < chosen[run.method].seed:
            chosen[run.method] = run
    return list(chosen.values())


def thresholds(runs: Sequence[Run], metrics: Sequence[Run]) -> list[float]:
    """The threshold of the infection map of each of `runs`, from `metrics` (JSON) of the same methods and seeds."""
    paths = {run[:2]: run.path for run in metrics}
    if missing := [run for run in runs if run[:2] not in paths]:
        raise InputError(f"no --thresholds for method {missing[0].method}, seed {missing[0].seed}")
    return [read_threshold(paths[run[:2]]) for run in runs]


def maps_by_label(
    runs: Sequence[Run], metrics: Sequence[Run], names: Mapping[str, str]
) -> dict[str, tuple[Path, float]]:
    """The infection maps of `runs` with their thresholds, by the label that `names` has for the method."""
    pairs = zip(runs, thresholds(runs, metrics), strict=True)
    return {names[run.method]: (run.path, threshold) for run, threshold in pairs}


def labels(runs: Sequence[Run], methods: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The label of each method of `runs`, in their order: as the config's section `methods` says, else the name."""
    return {run.method: methods.get(run.method, {}).get("label", run.method) for run in runs}
