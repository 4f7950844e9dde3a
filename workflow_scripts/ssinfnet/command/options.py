"""Options that several commands share; light, so that `--help` is quick."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any, TypeVar

Options = TypeVar("Options")


def take(kind: type[Options], args: argparse.Namespace) -> Options:
    """A dataclass of the library, filled with the options that are named as its fields."""
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(**{name: getattr(args, name) for name in names if name in args})


def add_slices(parser: argparse.ArgumentParser) -> None:
    """Add the labelled slices and their split."""
    parser.add_argument("--slices", type=Path, required=True, help="slice store")
    parser.add_argument("--split", type=Path, required=True, help="table of the split, CSV")


def add_fold(parser: argparse.ArgumentParser) -> None:
    """Add the fold that a training does not see."""
    parser.add_argument("--fold", type=int, help="training fold to hold out, from 0 (default: none)")


def add_labels(parser: argparse.ArgumentParser) -> None:
    """Add the label budget of a training."""
    parser.add_argument(
        "--labels",
        type=int,
        help="training slices whose labels are used, drawn by --seed in whole groups (default: all)",
    )


def add_shard(parser: argparse.ArgumentParser, choice: Any = None) -> None:
    """Add the number of a shard and of all; the first to the group `choice` where it is one of several ways."""
    (choice or parser).add_argument(
        "--shard", type=int, required=choice is None, help="number of the shard, from 0; with --shards"
    )
    parser.add_argument("--shards", type=int, required=choice is None, default=1, help="number of shards")


def add_runtime(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ssinfnet.inference.runtime.start`."""
    parser.add_argument("--gpus", type=int, choices=(0, 1), default=0, help="1 runs on a GPU (default: 0, the CPU)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")


def add_segment(parser: argparse.ArgumentParser, *, student: bool = False) -> None:
    """Add the options of `ssinfnet.training.segment.run_segment`; with `student` a training may start from one."""
    parser.add_argument("--seed", type=int, required=True, help="seed of weights, batches and augmentation")
    parser.add_argument("--until-epoch", type=int, required=True, help="epoch at which this segment ends")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", type=Path, help="training state of the segment before")
    start.add_argument("--pretrained", type=Path, help="weights of the pretext task, for the first segment")
    if student:
        start.add_argument("--student", type=Path, help="weights of the method's student, for the first segment")
    parser.add_argument("--best", type=Path, help="with --resume: best weights of the segment before")
    parser.add_argument("--out-state", type=Path, required=True, help="training state for the next segment")
    parser.add_argument("--out-weights", type=Path, required=True, help="best weights on validation, safetensors")
    parser.add_argument("--out-epochs", type=Path, required=True, help="table with a row per epoch, CSV")
    add_runtime(parser)


def add_round(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ssinfnet.pretraining.round.run_round`: a segment of a pretext round."""
    parser.add_argument("--seed", type=int, required=True, help="seed of weights, batches, augmentation and masks")
    parser.add_argument("--round", dest="number", type=int, required=True, help="number of this round, from 0")
    parser.add_argument("--until-epoch", type=int, required=True, help="epoch of the round at which this segment ends")
    parser.add_argument("--resume", type=Path, help="training state of the segment before, of the same round")
    parser.add_argument("--network", type=Path, help="network of the last network round; none in round 0")
    parser.add_argument("--coach", type=Path, help="coach of the last coach round; none in rounds 0 and 1")
    parser.add_argument("--out-state", type=Path, required=True, help="training state for the next segment")
    parser.add_argument("--out-weights", type=Path, required=True, help="network or coach, safetensors")
    parser.add_argument("--out-epochs", type=Path, required=True, help="table with a row per epoch, CSV")
    add_runtime(parser)


def add_runs(parser: argparse.ArgumentParser, name: str, *values: str, help: str, required: bool = False) -> None:
    """Add `--<name> METHOD SEED <values>`, to be given once per run."""
    metavar = ("METHOD", "SEED", *values)
    parser.add_argument(
        f"--{name}",
        nargs=len(metavar),
        metavar=metavar,
        action="append",
        default=[],
        required=required,
        help=f"{help}; once per method and seed",
    )
