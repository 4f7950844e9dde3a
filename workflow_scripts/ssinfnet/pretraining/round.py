"""One segment of a pretext round, from what it starts with to the files that it writes."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from ssinfnet.config.base import Section
from ssinfnet.config.methods import Augmentation
from ssinfnet.config.pretext import Pretext, phase
from ssinfnet.files.atomic import write_csv
from ssinfnet.inference.runtime import Runtime
from ssinfnet.inference.weights import assign, load_into, save_weights
from ssinfnet.networks import inpainting
from ssinfnet.networks.coach import Coach
from ssinfnet.pretraining.inpainting import make_crops, train_round
from ssinfnet.slices.batches import require_statistics
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.start import make_augment, make_network
from ssinfnet.training.state import State, load_state, make_state, save_state


@dataclass(frozen=True)
class Round:
    """Which segment of which round (`number`, from 0) is trained, and what it starts from.

    `resume` is the state of the segment before, of the same round; `network` and `coach` are the weights of the last
    rounds of either, as far as there were any.
    """

    seed: int
    number: int
    until_epoch: int
    resume: Path | None
    network: Path | None
    coach: Path | None
    out_state: Path
    out_weights: Path
    out_epochs: Path


def run_round(
    this: Round,
    network_config: Section,
    config: Pretext,
    augmentation_config: Augmentation,
    slices: SliceTensors,
    runtime: Runtime,
) -> None:
    """Train one segment of a round of the pretext task, and write whom it trained, with its state and table."""
    require_statistics(len(slices), config.batch_size, min(config.size, config.crop), network_config.STRIDE, "pretext")
    teaching = phase(this.number) == "coach"
    fresh = not (this.network or (this.resume and not teaching))
    network = inpainting.to_inpainting(make_network(network_config, this.seed, fresh=fresh))
    if this.network:
        load_into(network, this.network)
    coach = None
    if this.coach or teaching:
        torch.manual_seed(this.seed)
        coach = Coach()
        if this.coach:
            load_into(coach, this.coach)
        coach = runtime.place(coach)
    network = runtime.place(network)
    trained = coach if teaching else network

    state = State()
    if this.resume:
        saved = load_state(this.resume)
        assign(trained, saved.pop("trained", None), this.resume)
        state = make_state(State, saved, this.resume)
    augment = make_augment(augmentation_config, this.seed)
    crops = make_crops(slices.to(runtime.device), augment, config, number=this.number, seed=this.seed)
    state = train_round(
        network, coach, crops, config, state, number=this.number, until_epoch=this.until_epoch, runtime=runtime
    )

    metadata = {"phase": phase(this.number), "round": str(this.number), "seed": str(this.seed), **runtime.describe()}
    save_weights(this.out_weights, trained.state_dict(), metadata)
    write_csv(
        this.out_epochs,
        pd.DataFrame([{"round": this.number, "phase": phase(this.number), **row} for row in state.history]),
    )
    save_state(this.out_state, {"trained": trained.state_dict(), **vars(state)})
