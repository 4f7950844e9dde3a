"""What a kind of pretext task is: how it corrupts slices, what it puts on top of a network, and its loss."""

import abc
import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch

from ssinfnet import networks, pretraining
from ssinfnet.config.pretext import TASK, Pretext
from ssinfnet.errors import InputError
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.pretraining.crops import Crops
from ssinfnet.training.data import SliceTensors

Measures = dict[str, torch.Tensor]
"""Scalars of a batch by name; `loss` is among them."""


class Corrupted(NamedTuple):
    """What a network is given of N crops, what it should answer, and how much each answer counts.

    `inputs` are normalised RGB (N, 3, S, S): the image, and where there is one its prior. `targets` and `weights` are
    as the loss of the kind takes them.
    """

    inputs: tuple[torch.Tensor, ...]
    targets: torch.Tensor
    weights: torch.Tensor


class Restored(NamedTuple):
    """Slices before, and after a network; all (N, S, S) in [0, 1]."""

    corrupted: np.ndarray
    restored: np.ndarray
    original: np.ndarray


class Told(NamedTuple):
    """How often each class was told for another: `counts` (true, told), and the names of the classes."""

    names: tuple[str, ...]
    counts: np.ndarray


class PretextTask(abc.ABC):
    """A kind of task with its config. A module of a kind has one, by the name `Task`.

    Nothing here draws at random but from the generator of a batch, so a round may be cut anywhere.
    """

    SECTION: ClassVar[type[Pretext]]
    """The model of its keys in the config."""

    def __init__(self, config: Pretext):
        self.config = config

    def prepare(self, slices: SliceTensors) -> SliceTensors:
        """The slices with what `corrupt` needs to know of them."""
        return slices

    @abc.abstractmethod
    def add_heads(self, network: torch.nn.Module) -> torch.nn.Module:
        """Put the heads of the task on `network`, in place; returns it.

        The trunk keeps its names. A new head is either in the place of one of `network.HEADS`, or a module by the name
        `ssinfnet.networks.trunk.PRETEXT_HEAD`.
        """

    @abc.abstractmethod
    def corrupt(self, batch: Crops) -> Corrupted:
        """What is asked of a batch, drawn from its generator."""

    def held_out(self, batch: Crops) -> Corrupted:
        """What is asked of slices that are not trained on."""
        return self.corrupt(batch)

    def predict(self, network: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> Any:
        """The answer of a network with the heads of the task."""
        return networks.apply(network, *inputs)

    @abc.abstractmethod
    def measure(self, network: torch.nn.Module, outputs: Any, asked: Corrupted) -> Measures:
        """The loss of the `outputs`, float32, and what else a table shows of them."""

    def show(self, outputs: Any, asked: Corrupted) -> Restored | Told | None:
        """The `outputs` as a figure shows them; None where there is nothing to see."""
        return None

    def learn(self, network: torch.nn.Module, batch: Crops, runtime: Runtime) -> tuple[torch.Tensor, Measures]:
        """What the network minimises in a step, and what the table of epochs shows of it."""
        with torch.no_grad(), runtime.autocast():
            asked = self.corrupt(batch)
        with runtime.autocast():
            outputs = to_float(self.predict(network, asked.inputs))
        found = self.measure(network, outputs, asked)
        return found["loss"], found


def task_class(section: Mapping[str, Any]) -> type[PretextTask]:
    """The kind of task of a config's section; raises `InputError` for one that there is not."""
    kind = section.get("kind", TASK)
    name = pretraining.module(str(kind))
    try:
        return importlib.import_module(name).Task
    except (ModuleNotFoundError, AttributeError) as error:
        if getattr(error, "name", None) in (name, "Task"):
            raise InputError(f"config: pretext.kind: there is no pretext task of kind {kind}") from None
        raise


def make_task(config: Pretext) -> PretextTask:
    """The task of a config."""
    return task_class({"kind": config.kind})(config)
