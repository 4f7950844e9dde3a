"""The pretext task: a network inpaints erased cells, which chance chooses or a coach that learns which ones are hard.

With a coach rounds alternate: network rounds minimise L_rec on hard masks, coach rounds maximise it through soft masks
(equations 1 to 3 of the paper). Every round starts its optimiser and learning rates anew, so weights are
all that one round hands to the next. A round is cut into segments as fine-tuning is, which changes nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from ssinfnet import networks
from ssinfnet.config.pretext import Pretext
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.networks import inpainting
from ssinfnet.networks.coach import STRIDE, Coach, hard_mask, random_scores, soft_mask, upsample
from ssinfnet.networks.intensity import normalise
from ssinfnet.pretraining import losses
from ssinfnet.pretraining.crops import Crops
from ssinfnet.training.progress import Progress, require_finite
from ssinfnet.training.state import State


def train_round(
    network: torch.nn.Module,
    coach: Coach | None,
    crops: Callable[[int], Iterator[Crops]],
    config: Pretext,
    state: State,
    *,
    number: int,
    until_epoch: int,
    runtime: Runtime,
) -> State:
    """Train `network` or `coach` in place, as the round's `number` says, from `state.epoch` to `until_epoch`.

    `crops(epoch)` yields batches of crops. Random masks stand in for the coach while there is none. Rows of the new
    state's history: epoch, loss, erased_loss, kept_loss.
    """
    teaching = config.phase(number) == "coach"
    trained = coach if teaching else network
    optimizer = make_optimizer(trained, config, teaching=teaching)
    if state.optimizer is not None:
        optimizer.load_state_dict(state.optimizer)
    network.train(not teaching).requires_grad_(not teaching)
    if coach is not None:
        coach.train(teaching)
    make_mask = soft_mask if teaching else hard_mask
    progress = Progress(state.epoch, until_epoch)

    for epoch in range(state.epoch, until_epoch):
        rate = config.coach_learning_rate if teaching else learning_rate(config, epoch)
        for group in optimizer.param_groups:
            group["lr"] = rate

        sums, steps = np.zeros(3), 0
        for batch in crops(epoch):
            with torch.set_grad_enabled(teaching), runtime.autocast():
                scores = to_float(make_scores(coach, batch, config, teaching=teaching))
            mask = upsample(make_mask(scores, config.keep_ratio, batch.cells), batch.seen.shape[-1])
            outputs = predict(network, batch.seen, mask, batch.priors, runtime)
            result = reconstruction(network, outputs, batch.target, mask, config)
            loss = losses.coach_loss(result.total) if teaching else result.total

            steps += 1
            key = "pretext.coach_learning_rate" if teaching else "pretext.learning_rates"
            require_finite(loss.item(), epoch + 1, steps, key)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if config.clip_norm:
                torch.nn.utils.clip_grad_norm_(trained.parameters(), config.clip_norm)
            optimizer.step()
            sums += [value.item() for value in result]

        means = dict(zip(("loss", "erased_loss", "kept_loss"), (sums / steps).tolist(), strict=True))
        state.history.append({"epoch": epoch + 1, **means})
        progress.report(epoch + 1, f"{config.phase(number)} round: L_rec {means['loss']:.4f}")

    network.requires_grad_(True)
    state.epoch = until_epoch
    state.optimizer = optimizer.state_dict()
    return state


def make_optimizer(trained: torch.nn.Module, config: Pretext, *, teaching: bool) -> torch.optim.Optimizer:
    """Adam for the coach, SGD for the network."""
    if teaching:
        return torch.optim.Adam(trained.parameters(), lr=config.coach_learning_rate)
    return torch.optim.SGD(
        trained.parameters(),
        lr=config.learning_rates[0],
        momentum=config.momentum,
        weight_decay=config.weight_decay,
    )


def predict(
    network: torch.nn.Module, image: torch.Tensor, mask: torch.Tensor, priors: torch.Tensor | None, runtime: Runtime
) -> Any:
    """The network's outputs for the masked `image` (N, 1, H, W in [0, 1]); `mask` is 1 where kept.

    What is erased becomes the mean of the normalisation, which is 0 after it: black lies far outside of most data, and
    would tell more than that something is missing. A network with a prior sees all of it.
    """
    with runtime.autocast():
        return to_float(networks.apply(network, normalise(image) * mask, None if priors is None else normalise(priors)))


def reconstruction(
    network: torch.nn.Module, outputs: Any, image: torch.Tensor, mask: torch.Tensor, config: Pretext
) -> losses.Reconstruction:
    """L_rec of the unmasked `image`, summed over the network's outputs."""
    parts = [
        losses.reconstruction_loss(prediction, target, mask, kind=config.loss, erased_weight=config.erased_weight)
        for prediction, target in inpainting.reconstructions(network, outputs, image)
    ]
    return losses.Reconstruction(*(sum(values) for values in zip(*parts, strict=True)))


def learning_rate(config: Pretext, epoch: int) -> float:
    """The network's rate in a round's epoch, counted from 0."""
    return config.learning_rates[sum(epoch >= milestone for milestone in config.milestones)]


def make_scores(coach: Coach | None, batch: Crops, config: Pretext, *, teaching: bool = False) -> torch.Tensor:
    """One score per cell, (N, 1, H / 16, W / 16): the coach's, uniform random ones, or half of the slices each.

    Random are those of a network without a coach, and those of the second half of a batch where the masks are mixed;
    but a coach that is being taught chooses all.
    """
    count, _, height, width = batch.seen.shape
    shape = (count, 1, height // STRIDE, width // STRIDE)
    if coach is None:
        return random_scores(shape, batch.generator).to(batch.seen.device)
    scores = coach(normalise(batch.seen))
    if teaching or config.masks != "mixed":
        return scores
    # The batch was shuffled, so which slices come first says nothing of them.
    chance = random_scores(shape, batch.generator).to(scores)
    return torch.cat([scores[: count // 2], chance[count // 2 :]])
