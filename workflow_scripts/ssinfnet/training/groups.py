"""Progressive self-training: pseudo labels group by group, each by a network that has learned from those before.

So Semi-Inf-Net labels its slices (Fan et al., IEEE TMI 2020, algorithm 1 and its public code): the network marks a
group of unlabelled slices, they join the training set with their soft maps, the network is fine-tuned on all of it with
a new optimiser, and marks the next group. It goes on with the weights of the last epoch: none is chosen on validation.

The chain is cut into jobs of some groups each. The cut changes nothing: batches and augmentation follow from seed and
epoch, and the epochs of all groups are counted through.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import torch

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.config.self_training import SelfTraining
from ssinfnet.config.training import Training
from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_csv
from ssinfnet.inference.runtime import Runtime
from ssinfnet.inference.weights import load_into, save_weights
from ssinfnet.slices.batches import require_statistics
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.loop import SupervisedState, Task, train
from ssinfnet.training.pseudo_labels import Place, joined, mark, write_pseudo_labels
from ssinfnet.training.start import make_augment, make_network

_STREAM = 0x5E1F  # keeps this draw apart from others that are made of the seed
COLUMNS = ("group", "slices", "epoch", "learning_rate", "loss", "validation_loss", "validation_dice")

Item = TypeVar("Item")


@dataclass(frozen=True)
class GroupsJob:
    """Where a job of the chain starts and ends, in groups that are done; `weights` are those of the network until then.

    The first job starts from the teacher's. `out_labels` gets the slices that this job marks, group after group; with
    `relabel` all slices so far, as the last group's network marked them.
    """

    seed: int
    after_group: int
    until_group: int
    weights: Path
    out_labels: Path
    out_weights: Path
    out_epochs: Path


def in_random_order(items: Sequence[Item], seed: int) -> list[Item]:
    """The items in an order drawn by `seed`; group g of size K are those from g K on, however many groups there are."""
    order = np.random.default_rng((_STREAM, seed)).permutation(len(items))
    return [items[position] for position in order]


def run_groups(
    job: GroupsJob,
    network_config: Section,
    training_config: Training,
    augmentation_config: Augmentation,
    self_training: SelfTraining,
    task: Task,
    places: Sequence[Place],
    images: torch.Tensor,
    marked: SliceTensors | None,
    labelled: SliceTensors,
    validation: SliceTensors,
    runtime: Runtime,
) -> None:
    """Mark the job's groups one by one, fine-tune after each, and write labels, weights and a table of all epochs.

    `places` are the slices of all groups up to the job's last one, in their order, and `images`, uint8 (N, 1, S, S),
    show them; there may be fewer than the groups would hold. `marked` are those of the groups before with the labels
    that they have, none for the first job or with `relabel`. Raises `InputError` for labels of other slices.
    """
    config = self_training.progressive
    bounds = [min(number * config.group_size, len(places)) for number in range(job.until_group + 1)]
    before = bounds[job.after_group]
    labels = torch.empty((0, *images.shape[-2:]), dtype=torch.float16)
    if before and not config.relabel:
        if marked is None or not torch.equal(marked.images, images[:before]):
            raise InputError("the pseudo labels of the groups before are not those of these slices; make them again")
        labels = marked.masks
    smallest = min(training_config.scales)
    require_statistics(
        len(labelled) + bounds[-1], training_config.batch_size, smallest, network_config.STRIDE, task.key
    )
    network = make_network(network_config, job.seed, fresh=False)
    load_into(network, job.weights)
    network = runtime.place(network)
    augment = make_augment(augmentation_config, job.seed)

    rows = []
    for number in range(job.after_group, job.until_group):
        start, end = bounds[number : number + 2]
        if start == end:
            print(f"{len(places)} slices make {number} groups: nothing is left for another one", file=sys.stderr)
            break
        print(f"group {number + 1}, {end - start} slices", file=sys.stderr)
        again = 0 if config.relabel else start
        labels = torch.cat([labels[:again], mark(network, images[again:end], runtime, stretch=self_training.stretch)])
        state = train(
            network,
            task,
            joined([labelled, SliceTensors(images[:end], labels)]),
            validation,
            training_config,
            augment,
            SupervisedState(epoch=number * config.epochs),
            seed=job.seed,
            until_epoch=(number + 1) * config.epochs,
            runtime=runtime,
        )
        rows += [{"group": number + 1, "slices": end - start, **row} for row in state.history]

    if len(labels) < len(places):  # with relabel, where nothing was left for this job
        labels = mark(network, images, runtime, stretch=self_training.stretch)
    first = 0 if config.relabel else before
    write_pseudo_labels(job.out_labels, places[first:], SliceTensors(images[first:], labels[first:]))
    metadata = {
        "network": network_config.model_dump_json(),
        "seed": str(job.seed),
        "groups": str(job.until_group),
        **runtime.describe(),
    }
    save_weights(job.out_weights, network.state_dict(), metadata)
    write_csv(job.out_epochs, pd.DataFrame(rows, columns=list(COLUMNS)))
