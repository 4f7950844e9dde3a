"""The loop of a round: a network learns the task, or a coach what is hard for the network.

Every round starts its optimiser and learning rates anew, so weights are all that one round hands to the next. A round
is cut into segments as fine-tuning is, which changes nothing.
"""

from collections.abc import Callable, Iterator

import torch

from ssinfnet.config.pretext import Pretext
from ssinfnet.inference.runtime import Runtime
from ssinfnet.pretraining.crops import Crops
from ssinfnet.pretraining.task import PretextTask
from ssinfnet.training.progress import Progress
from ssinfnet.training.state import State
from ssinfnet.training.steps import Steps


def train_round(
    network: torch.nn.Module,
    task: PretextTask,
    crops: Callable[[int], Iterator[Crops]],
    state: State,
    *,
    number: int,
    until_epoch: int,
    runtime: Runtime,
) -> State:
    """Train `network`, or the coach of `task`, in place, as the round's `number` says, to `until_epoch`.

    `crops(epoch)` yields batches of crops. Rows of the new state's history: epoch, and the means of what the task
    measures.
    """
    config = task.config
    teaching = config.phase(number) == "coach"
    coach = getattr(task, "coach", None)
    trained, step = (coach, task.teach) if teaching else (network, task.learn)
    optimizer = make_optimizer(trained, config, teaching=teaching)
    if state.optimizer is not None:
        optimizer.load_state_dict(state.optimizer)
    network.train(not teaching).requires_grad_(not teaching)
    if coach is not None:
        coach.train(teaching)
    progress = Progress(state.epoch, until_epoch)

    for epoch in range(state.epoch, until_epoch):
        rate = config.coach_learning_rate if teaching else learning_rate(config, epoch)
        for group in optimizer.param_groups:
            group["lr"] = rate

        steps = Steps()
        for batch in crops(epoch):
            loss, measures = step(network, batch, runtime)
            steps.add(loss, measures)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if config.clip_norm:
                torch.nn.utils.clip_grad_norm_(trained.parameters(), config.clip_norm)
            optimizer.step()

        means = steps.means(epoch + 1, "pretext.coach_learning_rate" if teaching else "pretext.learning_rates")
        state.history.append({"epoch": epoch + 1, **means})
        shown = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
        progress.report(epoch + 1, f"{config.phase(number)} round: {shown}")

    network.requires_grad_(True)
    state.epoch = until_epoch
    state.optimizer = optimizer.state_dict()
    return state


def make_optimizer(trained: torch.nn.Module, config: Pretext, *, teaching: bool) -> torch.optim.Optimizer:
    """Adam for the coach, SGD for the network, both in torch's fused form."""
    if teaching:
        return torch.optim.Adam(trained.parameters(), lr=config.coach_learning_rate, fused=True)
    return torch.optim.SGD(
        trained.parameters(),
        lr=config.learning_rates[0],
        momentum=config.momentum,
        weight_decay=config.weight_decay,
        fused=True,
    )


def learning_rate(config: Pretext, epoch: int) -> float:
    """The network's rate in a round's epoch, counted from 0."""
    return config.learning_rates[sum(epoch >= milestone for milestone in config.milestones)]
