"""How long each network was trained, as its weights say, and which comparisons are of trainings of unequal length."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ssinfnet.config.methods import Method
from ssinfnet.evaluation.runs import Run
from ssinfnet.evaluation.seeds import reference as reference_of
from ssinfnet.report.findings import Unequal
from ssinfnet.report.summary_json import LENGTHS, training_of


class Length(NamedTuple):
    """Of the networks of one kind (single or multi) of a method: epochs and optimiser steps by seed, where they say so.

    A student's are those on pseudo labels, before the fine-tuning; the pretext task's are the network's, not a coach's.
    """

    method: str
    network: str
    epochs: list[int]
    steps: list[int]
    pretext_epochs: list[int]
    pretext_steps: list[int]
    student_epochs: list[int]
    student_steps: list[int]


def read(weights: Sequence[Run]) -> list[Length]:
    """The lengths of the runs of `weights` (values: network, safetensors), a row per method and network.

    Raises `InputError` for a file that is no safetensors.
    """
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for run in weights:
        found.setdefault((run.method, run.values[0]), []).append(training_of(run.path))
    return [
        Length(*key, **{name: [int(said[name]) for said in seeds if name in said] for name in LENGTHS})
        for key, seeds in found.items()
    ]


def unequal(lengths: Sequence[Length], methods: Mapping[str, Method]) -> list[Unequal]:
    """A warning for each method whose networks took another number of supervised steps than those of its reference.

    That is the one with which the tables compare a method; else its teacher, if it has one. Steps on pseudo labels
    count: a student that gains by them may gain by the longer training alone.
    """
    steps = {(one.method, one.network): _supervised(one) for one in lengths}
    present = list(dict.fromkeys(one.method for one in lengths if one.method in methods))
    warnings = []
    for method, network in steps:
        if method not in methods:
            continue
        reference = reference_of(method, methods, present) or methods[method].self_training.teacher
        own, other = steps[method, network], steps.get((reference or "", network), [])
        if own and other and own != other:
            text = (
                f"{methods[method].label} and {methods[reference].label} differ in the supervised steps of the"
                f" {network} network, {span(own)} and {span(other)}, so a difference between them may be that"
                " of longer training."
            )
            warnings.append(Unequal(method, text))
    return warnings


def _supervised(one: Length) -> list[int]:
    """Steps on labels and pseudo labels, by seed."""
    return [sum(steps) for steps in zip(one.steps, one.student_steps, strict=True)] if one.student_steps else one.steps


def span(numbers: Sequence[int]) -> str:
    """Numbers in words: `1,200`, or `1,100 to 1,200` where seeds differ; empty for none."""
    return " to ".join(f"{number:,}" for number in sorted({min(numbers), max(numbers)})) if numbers else ""
