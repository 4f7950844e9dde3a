"""What a split must hold so that a training on it can succeed, known before the first one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ssinfnet.config.labels import Labels
from ssinfnet.config.network import Network
from ssinfnet.config.pretext import TASK, Pretext
from ssinfnet.config.priors import Priors
from ssinfnet.config.split import Split
from ssinfnet.config.training import Multi, Single
from ssinfnet.errors import InputError
from ssinfnet.slices import labels as codes
from ssinfnet.slices.batches import require_statistics
from ssinfnet.slices.parts import PARTS, describe_torn, part_ids, tested
from ssinfnet.slices.split import by_fold

ANOTHER_SPLIT = {
    "group": "try another split.seed or other shares",
    "slice": "try another split.seed or other shares",
    "file": "give it one in split.file",
}
"""The remedy, by split.by."""


@dataclass
class Findings:
    """What was found: `defects` stop the run, `notes` are worth knowing."""

    defects: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Batches:
    """How a training makes batches.

    `key` is its section in the config, `size` that of a batch, `edge` that of the smallest input and `stride` that of
    the deepest features, in pixels; with `by_fold` networks are trained without each fold too.
    """

    key: str
    size: int
    edge: int
    stride: int
    by_fold: bool = False


def of_training(name: str, stage: Single | Multi, network: Network, *, by_fold: bool = False) -> Batches:
    """The batches of the fine-tuning of section `name`, with this network."""
    training = stage.training
    return Batches(f"{name}.training", training.batch_size, min(training.scales), network.STRIDE, by_fold)


def of_pretext(name: str, pretext: Pretext, network: Network) -> Batches:
    """The batches of the pretext task `name` of a network."""
    key = "pretext" if name == TASK else f"pretext.variants.{name}"
    return Batches(key, pretext.batch_size, min(pretext.size, pretext.crop), network.STRIDE)


def check_groups(path: Path, table: pd.DataFrame) -> Findings:
    """Whether groups lie on two sides of the split `path`: a note, as a split by slice or of one's own may do so."""
    torn = describe_torn(table)
    return Findings(notes=[f"{path}: {torn}"] if torn else [])


def check_coverage(tables: Sequence[pd.DataFrame], split: Split) -> Findings:
    """Whether the seeds of a cross-validation, whose splits are `tables`, test all slices, and each as often."""
    numbers = tested(tables)
    often = f"{numbers['least']} to {numbers['most']} times"
    remedy = f"give the seeds 0 to {-(-len(tables) // split.folds) * split.folds - 1}"
    if numbers["tested"] < numbers["slices"]:
        text = f"split.folds is {split.folds}, and the seeds test {numbers['tested']} of {numbers['slices']} slices"
        return Findings(notes=[f"{text}; to test all, {remedy}"])
    if numbers["least"] < numbers["most"]:
        text = f"split.folds is {split.folds}, and the seeds test a slice {often}, so some means are of more trainings"
        return Findings(notes=[f"{text}; to test all alike, {remedy}"])
    return Findings()


def check_infection(path: Path, fingerprint: dict[str, Any], labels: Labels, split: Split) -> Findings:
    """Whether each part has infected slices; `fingerprint` is that of the split `path`, made as `split` says."""
    found = Findings()
    parts = fingerprint["parts"]
    asked = ", ".join(f"{code} ({codes.NAMES[code]})" for code in labels.infection)
    pixels = fingerprint["total"]["lesion_pixels"]
    present = [code for code, name in codes.NAMES.items() if code and pixels[name]]
    if not fingerprint["total"]["infected_slices"]:
        held = ", ".join(f"{code} ({codes.NAMES[code]})" for code in present)
        remedy = "name the codes that count as infection there" if present else "look at the masks"
        found.defects.append(
            f"{path}: no slice is infected: labels.infection is {asked}, and the masks hold "
            f"{held or 'no code of a lesion at all'}; {remedy}"
        )
        return found
    found.defects += [
        f"{path}: the part {part} has no infected slice among {parts[part]['slices']}; {ANOTHER_SPLIT[split.by]}"
        for part in PARTS
        if not parts[part]["infected_slices"]
    ]
    return found


def check_classes(path: Path, fingerprint: dict[str, Any], split: Split) -> Findings:
    """Whether each class of lesion can be learned and scored."""
    found = Findings()
    for name, word in codes.WORDS.items():
        without = [part for part in PARTS if not fingerprint["parts"][part]["lesion_pixels"][name]]
        if len(without) == len(PARTS):
            found.defects.append(
                f"{path}: no mask holds {word}, so it cannot be learned; where masks do not tell classes apart, set "
                "labelled.classes: false"
            )
        elif "train" in without:
            found.defects.append(f"{path}: the part train has no slice with {word}; {ANOTHER_SPLIT[split.by]}")
        elif without:
            found.notes.append(f"{path}: no slice with {word} in {' and '.join(without)}: its scores there say nothing")
    return found


def check_batches(
    path: Path,
    table: pd.DataFrame,
    priors: Priors | None,
    batches: Iterable[Batches],
    labelled: Collection[str] | None = None,
) -> Findings:
    """Whether the training part of `table` can be cut into folds, and makes batches that networks can learn from.

    `priors` is None where no network of a fold is trained. `labelled` are the ids from which the networks learn where
    these are not all of the training part.
    """
    found = Findings()
    learned = set(part_ids(table, "train") if labelled is None else labelled)
    count = len(learned)
    without_fold: list[int] = []
    try:
        if priors:
            without_fold = [len(learned.difference(fold)) for fold in by_fold(table, priors.folds, learned)]
    except InputError as error:
        found.defects.append(f"{path}: {error}")
    for one in batches:
        for number in dict.fromkeys([count, *(without_fold if one.by_fold else [])]):
            try:
                require_statistics(number, one.size, one.edge, one.stride, one.key)
            except InputError as error:
                found.defects.append(f"{path}: {error}")
    found.defects = list(dict.fromkeys(found.defects))
    return found


def count_parts(fingerprint: dict[str, Any]) -> dict[str, dict[str, int]]:
    """By part: slices, groups, infected slices."""
    counts = ("slices", "groups", "infected_slices")
    return {part: {name: fingerprint["parts"][part][name] for name in counts} for part in PARTS}
