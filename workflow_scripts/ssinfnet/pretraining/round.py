"""One segment of a pretext round, from what it starts with to the files that it writes."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from ssinfnet.config.base import Section
from ssinfnet.config.pretext import Pretext
from ssinfnet.files.atomic import write_csv
from ssinfnet.inference.runtime import Runtime
from ssinfnet.inference.weights import assign, load_into, save_weights
from ssinfnet.pretraining.crops import make_crops
from ssinfnet.pretraining.loop import train_round
from ssinfnet.pretraining.task import make_task
from ssinfnet.slices.batches import batch_sizes, require_statistics
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.start import make_network
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
    slices: SliceTensors,
    runtime: Runtime,
) -> None:
    """Train one segment of a round of the pretext task, and write whom it trained, with its state and table.

    The metadata of the weights say how long they were trained in this round, and of a network in all rounds so far.
    """
    require_statistics(len(slices), config.batch_size, min(config.size, config.crop), network_config.STRIDE, "pretext")
    teaching, steps = config.phase(this.number) == "coach", len(batch_sizes(len(slices), config.batch_size))
    print(
        f"round {this.number}: {this.until_epoch} epochs of {steps} steps, {this.until_epoch * steps}", file=sys.stderr
    )
    task = make_task(config)
    fresh = not (this.network or (this.resume and not teaching))
    network = task.add_heads(make_network(network_config, this.seed, fresh=fresh))
    earlier = {"epochs": 0, "steps": 0}
    if this.network:
        said = load_into(network, this.network)
        earlier = {name: int(said.get(f"pretext_{name}", 0)) for name in earlier}
    trained = network = runtime.place(network)
    if this.coach or teaching:
        torch.manual_seed(this.seed)
        coach = task.make_coach()
        if this.coach:
            load_into(coach, this.coach)
        runtime.place(coach)
        trained = coach if teaching else network

    state = State()
    if this.resume:
        saved = load_state(this.resume)
        assign(trained, saved.pop("trained", None), this.resume)
        earlier = saved.pop("earlier", earlier)
        state = make_state(State, saved, this.resume)
    slices = task.prepare(slices).to(runtime.device)
    crops = make_crops(slices, config, number=this.number, seed=this.seed)
    state = train_round(network, task, crops, state, number=this.number, until_epoch=this.until_epoch, runtime=runtime)

    length = {"epochs": state.epoch, "steps": state.epoch * steps}
    if not teaching:
        length |= {f"pretext_{name}": length[name] + earlier[name] for name in earlier}
    phase = config.phase(this.number)
    metadata = {"phase": phase, "round": str(this.number), "seed": str(this.seed), **runtime.describe()}
    metadata |= {name: str(value) for name, value in length.items()}
    save_weights(this.out_weights, trained.state_dict(), metadata)
    rows = [{"round": this.number, "phase": phase, **row} for row in state.history]
    write_csv(this.out_epochs, pd.DataFrame(rows))
    save_state(this.out_state, {"trained": trained.state_dict(), "earlier": earlier, **vars(state)})
