"""Rotation: a network tells by how many quarter turns a slice was turned (Gidaris et al., ICLR 2018).

A linear classifier stands on the features of the deepest level, averaged over the image, so the decoder learns nothing
and its weights stay as they began. Crops are square and turned as they are: nothing is filled in and nothing resampled,
so that the content alone tells the turn.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.config.rotation import Rotation
from ssinfnet.errors import InputError
from ssinfnet.networks.intensity import normalise
from ssinfnet.networks.trunk import PRETEXT_HEAD
from ssinfnet.pretraining.crops import Crops
from ssinfnet.pretraining.task import Corrupted, Measures, PretextTask, Told

TURNS = ("0°", "90°", "180°", "270°")


class Task(PretextTask):
    """Each crop is turned once, so a step costs what one of the other kinds costs; a batch has every turn as often."""

    SECTION = Rotation
    config: Rotation

    def add_heads(self, network: nn.Module) -> nn.Module:
        """A linear classifier of the four turns; raises `InputError` for a network without a deepest level."""
        if not hasattr(network, "deepest"):
            raise InputError(
                f"the network {type(network).__name__} does not give its deepest features, from which a task of the"
                " kind rotation tells the turn; choose another task or network"
            )
        weight = next(network.parameters())
        network.add_module(PRETEXT_HEAD, nn.Linear(network.deepest_channels, len(TURNS), device=weight.device))
        return network

    def corrupt(self, batch: Crops) -> Corrupted:
        """Targets are the numbers of quarter turns, int64 (N,), as evenly many of each as N allows; weights are 1."""
        count = len(batch.seen)
        # Where four do not divide N, which of them come once more is drawn too.
        first = torch.randint(len(TURNS), (1,), generator=batch.generator)
        turns = (torch.randperm(count, generator=batch.generator) + first) % len(TURNS)
        return turned(batch.seen, batch.priors, turns)

    def held_out(self, batch: Crops) -> Corrupted:
        """All turns of each crop."""
        count = len(batch.seen)
        images = batch.seen.repeat(len(TURNS), 1, 1, 1)
        priors = None if batch.priors is None else batch.priors.repeat(len(TURNS), 1, 1, 1)
        return turned(images, priors, torch.arange(len(TURNS)).repeat_interleave(count))

    def predict(self, network: nn.Module, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Logits of the turns, (N, 4)."""
        features = network.deepest(*inputs[: 1 + network.takes_prior])
        return network.get_submodule(PRETEXT_HEAD)(features.mean(dim=(2, 3)))

    def measure(self, network: nn.Module, outputs: torch.Tensor, asked: Corrupted) -> Measures:
        """The cross-entropy, and the share that is told right."""
        loss = (F.cross_entropy(outputs, asked.targets, reduction="none") * asked.weights).sum() / asked.weights.sum()
        return {"loss": loss, "accuracy": (outputs.argmax(dim=1) == asked.targets).float().mean()}

    def show(self, outputs: Any, asked: Corrupted) -> Told:
        """How often each turn was told for another."""
        counts = torch.zeros(len(TURNS), len(TURNS), dtype=torch.int64)
        places = (asked.targets.cpu(), outputs.argmax(dim=1).cpu())
        return Told(TURNS, counts.index_put(places, torch.tensor(1), accumulate=True).numpy())


def turned(images: torch.Tensor, priors: torch.Tensor | None, turns: torch.Tensor) -> Corrupted:
    """Images and their priors, (N, 1, S, S) in [0, 1], each turned counter-clockwise by `turns` (N,) quarters."""
    turns = turns.to(images.device)
    inputs = tuple(normalise(_turn(part, turns)) for part in (images, priors) if part is not None)
    return Corrupted(inputs, turns, torch.ones_like(turns, dtype=torch.float32))


def _turn(slices: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    result = slices.clone()
    for number in range(1, len(TURNS)):
        result[turns == number] = torch.rot90(slices[turns == number], number, dims=(2, 3))
    return result
