"""One segment of a supervised training, from what it starts with to the files that it writes."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.config.training import Training
from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_csv
from ssinfnet.inference.runtime import Runtime
from ssinfnet.inference.weights import assign, load_into, load_weights, save_weights
from ssinfnet.networks.trunk import load_trunk
from ssinfnet.slices.batches import batch_sizes, require_statistics
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.loop import SupervisedState, Task, train
from ssinfnet.training.start import make_augment, make_network
from ssinfnet.training.state import load_state, make_state, save_state

BEFORE = ("pretext_epochs", "pretext_steps", "student_epochs", "student_steps")
"""How long a network was trained before its fine-tuning, in the metadata of its weights."""


@dataclass(frozen=True)
class Segment:
    """Where a segment starts and ends.

    `resume` and `best` are state and best weights of the segment before. The first one starts from `pretrained`, the
    weights of a pretext task, whose heads are left out; from `student`, the weights of one, heads included; or afresh.
    """

    seed: int
    until_epoch: int
    resume: Path | None
    best: Path | None
    pretrained: Path | None
    out_state: Path
    out_weights: Path
    out_epochs: Path
    student: Path | None = None


def run_segment(
    segment: Segment,
    network_config: Section,
    training_config: Training,
    augmentation_config: Augmentation,
    task: Task,
    training: SliceTensors,
    validation: SliceTensors,
    runtime: Runtime,
) -> None:
    """Train one segment and write its three files, each at once and at the end.

    The metadata of the weights say how many epochs and optimiser steps it took, and those of its pretext task and
    student.
    """
    if segment.resume and not segment.best:
        raise InputError("--resume needs --best, the best weights of the same segment")
    smallest = min(training_config.scales)
    require_statistics(len(training), training_config.batch_size, smallest, network_config.STRIDE, task.key)
    network = make_network(
        network_config, segment.seed, fresh=not (segment.resume or segment.pretrained or segment.student)
    )
    state, origin = SupervisedState(), {}
    if segment.resume:
        saved = load_state(segment.resume)
        assign(network, saved.pop("network", None), segment.resume)
        state = make_state(SupervisedState, saved, segment.resume)
        best, origin = load_weights(segment.best)
        # Before the first validation there is no best: the file holds the last weights, which training goes on from.
        state.best = best if state.best_score is not None else None
    elif segment.pretrained:
        pretrained, origin = load_weights(segment.pretrained)
        load_trunk(network, pretrained)
    elif segment.student:
        trained = load_into(network, segment.student)
        origin = trained | {f"student_{name}": trained[name] for name in ("epochs", "steps") if name in trained}

    augment = make_augment(augmentation_config, segment.seed)
    network = runtime.place(network)
    state = train(
        network,
        task,
        training,
        validation,
        training_config,
        augment,
        state,
        seed=segment.seed,
        until_epoch=segment.until_epoch,
        runtime=runtime,
    )

    steps = len(batch_sizes(len(training), training_config.batch_size)) * len(training_config.scales)
    metadata = {
        "network": network_config.model_dump_json(),
        "seed": str(segment.seed),
        "best_epoch": str(state.best_epoch),
        "best_score": json.dumps(state.best_score),
        "epochs": str(state.epoch),
        "steps": str(state.epoch * steps),
        **{name: origin[name] for name in BEFORE if name in origin},
        **runtime.describe(),
    }
    save_weights(segment.out_weights, state.best or network.state_dict(), metadata)
    write_csv(segment.out_epochs, pd.DataFrame(state.history))
    kept = {name: value for name, value in vars(state).items() if name != "best"}
    save_state(segment.out_state, {"network": network.state_dict(), **kept})
