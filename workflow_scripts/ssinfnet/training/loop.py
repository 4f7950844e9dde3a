"""Supervised fine-tuning: one loop for the single and the multi network.

A training is cut into segments, each a job of its own. The cut changes nothing: the state holds weights,
optimiser and history; learning rates, batches and augmentation follow in closed form from seed and epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from ssinfnet.config.training import Training
from ssinfnet.inference.maps import BATCH
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.training.data import SliceTensors, epoch_batches
from ssinfnet.training.progress import Progress
from ssinfnet.training.state import State
from ssinfnet.training.steps import Steps


class Task(Protocol):
    """What differs between the networks."""

    key: str  # of the config section with optimiser and batches, for messages

    def forward(self, network: torch.nn.Module, batch: SliceTensors) -> Any:
        """The network's outputs, logits."""

    def loss(self, outputs: Any, batch: SliceTensors) -> torch.Tensor:
        """The loss of a batch, a scalar."""

    def overlap(self, outputs: Any, batch: SliceTensors) -> torch.Tensor:
        """(classes, 2): per lesion class twice the intersection and the sum of the areas, in pixels."""


@dataclass
class SupervisedState(State):
    """A state with the `best` weights on validation so far (None before the first).

    `best_epoch` is their epoch, `best_score` their Dice and negative loss, compared in this order.
    """

    best: dict[str, torch.Tensor] | None = None
    best_epoch: int = 0
    best_score: list[float] | None = None


def learning_rate(config: Training, epoch: int) -> float:
    """The rate of an epoch, counted from 0, in closed form from the base rate."""
    return config.learning_rate * config.decay ** (epoch // config.decay_every if config.decay_every else 0)


def make_optimizer(network: torch.nn.Module, config: Training) -> torch.optim.Optimizer:
    """The optimiser of the config, in torch's fused form: one pass over each weight instead of one per operation."""
    options = {"lr": config.learning_rate, "weight_decay": config.weight_decay, "fused": True}
    if config.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), **options)
    return torch.optim.SGD(network.parameters(), momentum=config.momentum, **options)


def train(
    network: torch.nn.Module,
    task: Task,
    training: SliceTensors,
    validation: SliceTensors,
    config: Training,
    augment: Callable[[SliceTensors, torch.Tensor, int, int], SliceTensors],
    state: SupervisedState,
    *,
    seed: int,
    until_epoch: int,
    runtime: Runtime,
) -> SupervisedState:
    """Train `network` in place from `state.epoch` to `until_epoch`; returns the new state.

    `augment(slices, indices, epoch, size)` makes a training batch of that size. Each batch is trained at every
    size of `config.scales`, one optimiser step each, as Inf-Net does. The best epoch is chosen on validation.
    """
    training, validation = training.to(runtime.device), validation.to(runtime.device)
    optimizer = make_optimizer(network, config)
    if state.optimizer is not None:
        optimizer.load_state_dict(state.optimizer)
    progress = Progress(state.epoch, until_epoch)

    for epoch in range(state.epoch, until_epoch):
        rate = learning_rate(config, epoch)
        for group in optimizer.param_groups:
            group["lr"] = rate

        network.train()
        steps = Steps()
        for indices in epoch_batches(len(training), config.batch_size, seed, epoch):
            for size in config.scales:
                batch = augment(training, indices, epoch, size)
                optimizer.zero_grad(set_to_none=True)
                loss = task.loss(_forward(task, network, batch, runtime), batch)
                steps.add(loss, {"loss": loss})
                loss.backward()
                if config.clip:
                    torch.nn.utils.clip_grad_value_(network.parameters(), config.clip)
                optimizer.step()

        row = {"epoch": epoch + 1, "learning_rate": rate, **steps.means(epoch + 1, f"{task.key}.learning_rate")}
        row |= {"validation_loss": None, "validation_dice": None}
        if (epoch + 1) % config.validate_every == 0:
            row["validation_loss"], row["validation_dice"] = validate(network, task, validation, runtime)
            score = [row["validation_dice"], -row["validation_loss"]]
            if state.best_score is None or score > state.best_score:
                state.best_score, state.best_epoch = score, epoch + 1
                state.best = {name: value.detach().clone() for name, value in network.state_dict().items()}
        state.history.append(row)
        progress.report(epoch + 1, _message(row, state))

    state.epoch = until_epoch
    state.optimizer = optimizer.state_dict()
    return state


@torch.no_grad()
def validate(network: torch.nn.Module, task: Task, slices: SliceTensors, runtime: Runtime) -> tuple[float, float]:
    """Mean loss, and Dice pooled over all pixels and averaged over the lesion classes, in eval mode.

    Pooled, as the mean over few images would hang on how empty ones are counted.
    """
    network.eval()
    losses, overlap = [], 0
    for start in range(0, len(slices), BATCH):
        batch = slices.select(torch.arange(start, min(start + BATCH, len(slices))))
        outputs = _forward(task, network, batch, runtime)
        losses += [task.loss(outputs, batch).item()] * len(batch)
        overlap = overlap + task.overlap(outputs, batch)
    dice = overlap[:, 0] / overlap[:, 1].clamp(min=1)
    return sum(losses) / len(losses), dice.mean().item()


def _forward(task: Task, network: torch.nn.Module, batch: SliceTensors, runtime: Runtime) -> Any:
    with runtime.autocast():
        return to_float(task.forward(network, batch))


def _message(row: dict[str, float | None], state: SupervisedState) -> str:
    message = f"loss {row['loss']:.4f}"
    if row["validation_dice"] is not None:
        message += f"  validation Dice {row['validation_dice']:.3f}"
        message += f" (best {state.best_score[0]:.3f} at epoch {state.best_epoch})"
    return message
