"""What the training commands share: the one place that seeds, and how a segment or round starts and ends."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import torch

from ssinfnet import augmentation, networks
from ssinfnet.config.base import Section
from ssinfnet.config.methods import Augmentation
from ssinfnet.config.pretext import Pretext, phase
from ssinfnet.config.training import Training
from ssinfnet.errors import InputError
from ssinfnet.files import write_text
from ssinfnet.networks import inpainting
from ssinfnet.networks.coach import Coach
from ssinfnet.runtime import Runtime
from ssinfnet.training import checkpoint
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.pretext import make_crops, train_round
from ssinfnet.training.state import State
from ssinfnet.training.supervised import SupervisedState, Task, train

Kind = TypeVar("Kind", bound=State)


def make_network(network: Section, seed: int, *, fresh: bool) -> torch.nn.Module:
    """Seed PyTorch and create the network of a config; with `fresh` false, weights are not fetched, as others follow.

    The only place where the global random state is touched: it decides the initial weights and nothing else.
    """
    torch.manual_seed(seed)
    return networks.from_config(network, pretrained=fresh)


def make_augment(config: Augmentation, seed: int) -> Callable[[SliceTensors, torch.Tensor, int, int], SliceTensors]:
    """The function that makes a training batch: `augment(slices, indices, epoch, size)`.

    Images of the result are float in [0, 1]; masks and priors underwent the same draw.
    """

    def augment(slices: SliceTensors, indices: torch.Tensor, epoch: int, size: int) -> SliceTensors:
        batch = slices.select(indices)
        draw = augmentation.draw(config, seed, epoch, indices.tolist())
        priors = None if batch.priors is None else batch.priors.float()
        return SliceTensors(*augmentation.apply(draw, batch.images.float() / 255, batch.masks, priors, size))

    return augment


def run_segment(
    args: argparse.Namespace,
    network_config: Section,
    training_config: Training,
    augmentation_config: Augmentation,
    task: Task,
    training: SliceTensors,
    validation: SliceTensors,
    runtime: Runtime,
) -> None:
    """Train one segment and write its three files, each at once and at the end."""
    if args.resume and not args.best:
        raise InputError("--resume needs --best, the best weights of the same segment")
    network = make_network(network_config, args.seed, fresh=not (args.resume or args.pretrained))
    state = SupervisedState()
    if args.resume:
        saved = checkpoint.load_state(args.resume)
        checkpoint.fit(network, saved.pop("network", None), args.resume)
        state = make_state(SupervisedState, saved, args.resume)
        state.best, _ = checkpoint.load_weights(args.best)
    elif args.pretrained:
        inpainting.load_trunk(network, checkpoint.load_weights(args.pretrained)[0])

    augment = make_augment(augmentation_config, args.seed)
    network = runtime.place(network)
    state = train(
        network,
        task,
        training,
        validation,
        training_config,
        augment,
        state,
        seed=args.seed,
        until_epoch=args.until_epoch,
        runtime=runtime,
    )

    metadata = {
        "network": network_config.model_dump_json(),
        "seed": str(args.seed),
        "best_epoch": str(state.best_epoch),
        "best_score": json.dumps(state.best_score),
        **runtime.describe(),
    }
    checkpoint.save_weights(args.out_weights, state.best or network.state_dict(), metadata)
    write_table(args.out_epochs, state.history)
    kept = {name: value for name, value in vars(state).items() if name != "best"}
    checkpoint.save_state(args.out_state, {"network": network.state_dict(), **kept})


def make_state(kind: type[Kind], saved: dict[str, Any], path: Path) -> Kind:
    """The state of a training that `path` holds; raises `InputError` when its parts are those of something else."""
    try:
        state = kind(**saved)
    except TypeError:
        raise InputError(f"{path}: not a training state of this kind; train the segment before again") from None
    if type(state.epoch) is not int or not isinstance(state.history, list):
        raise InputError(f"{path}: damaged training state; train the segment before again")
    return state


def run_round(
    args: argparse.Namespace,
    network_config: Section,
    config: Pretext,
    augmentation_config: Augmentation,
    slices: SliceTensors,
    runtime: Runtime,
) -> None:
    """Train one segment of a round of the pretext task, and write whom it trained, with its state and table."""
    teaching = phase(args.round) == "coach"
    fresh = not (args.network or (args.resume and not teaching))
    network = inpainting.to_inpainting(make_network(network_config, args.seed, fresh=fresh))
    if args.network:
        checkpoint.load_into(network, args.network)
    coach = None
    if args.coach or teaching:
        torch.manual_seed(args.seed)
        coach = Coach()
        if args.coach:
            checkpoint.load_into(coach, args.coach)
        coach = runtime.place(coach)
    network = runtime.place(network)
    trained = coach if teaching else network

    state = State()
    if args.resume:
        saved = checkpoint.load_state(args.resume)
        checkpoint.fit(trained, saved.pop("trained", None), args.resume)
        state = make_state(State, saved, args.resume)
    augment = make_augment(augmentation_config, args.seed)
    crops = make_crops(slices.to(runtime.device), augment, config, number=args.round, seed=args.seed)
    state = train_round(
        network, coach, crops, config, state, number=args.round, until_epoch=args.until_epoch, runtime=runtime
    )

    metadata = {"phase": phase(args.round), "round": str(args.round), "seed": str(args.seed), **runtime.describe()}
    checkpoint.save_weights(args.out_weights, trained.state_dict(), metadata)
    write_table(args.out_epochs, [{"round": args.round, "phase": phase(args.round), **row} for row in state.history])
    checkpoint.save_state(args.out_state, {"trained": trained.state_dict(), **vars(state)})


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as CSV, atomically."""
    write_text(path, pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
