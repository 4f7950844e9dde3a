"""The pretext task: a network inpaints erased cells while a coach learns which cells are hard.

Rounds alternate: network rounds minimise L_rec on hard masks, coach rounds maximise it through soft masks
(equations 1 to 3 of the paper). Every round starts its optimiser and learning rates anew, so weights are
all that one round hands to the next. A round is cut into segments as fine-tuning is, which changes nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from ssinfnet.config.pretext import Pretext, phase
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.networks import inpainting
from ssinfnet.networks.coach import STRIDE, Coach, hard_mask, random_scores, soft_mask, upsample
from ssinfnet.networks.intensity import normalise, to_unit
from ssinfnet.pretraining import losses
from ssinfnet.training.data import SliceTensors, epoch_batches
from ssinfnet.training.progress import Progress, require_finite
from ssinfnet.training.state import State


def train_round(
    network: torch.nn.Module,
    coach: Coach | None,
    crops: Callable[[int], Iterator[tuple[SliceTensors, torch.Generator]]],
    config: Pretext,
    state: State,
    *,
    number: int,
    until_epoch: int,
    runtime: Runtime,
) -> State:
    """Train `network` or `coach` in place, as the round's `number` says, from `state.epoch` to `until_epoch`.

    `crops(epoch)` yields batches of crops, each with a generator for random masks, which stand in for the
    coach while there is none. Rows of the new state's history: epoch, loss, erased_loss, kept_loss.
    """
    teaching = phase(number) == "coach"
    optimizer = make_optimizer(coach if teaching else network, config, teaching=teaching)
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
        for batch, generator in crops(epoch):
            image = to_unit(batch.images)
            with torch.set_grad_enabled(teaching), runtime.autocast():
                scores = to_float(make_scores(coach, image, generator))
            mask = upsample(make_mask(scores, config.keep_ratio), image.shape[-1])
            outputs = predict(network, image, mask, batch.priors, runtime)
            result = reconstruction(network, outputs, image, mask, config)
            loss = losses.coach_loss(result.total) if teaching else result.total

            steps += 1
            key = "pretext.coach_learning_rate" if teaching else "pretext.learning_rates"
            require_finite(loss.item(), epoch + 1, steps, key)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            sums += [value.item() for value in result]

        means = dict(zip(("loss", "erased_loss", "kept_loss"), (sums / steps).tolist(), strict=True))
        state.history.append({"epoch": epoch + 1, **means})
        progress.report(epoch + 1, f"{phase(number)} round: L_rec {means['loss']:.4f}")

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

    A network with a prior sees all of it.
    """
    inputs = [normalise(image * mask)] + ([] if priors is None else [normalise(priors)])
    with runtime.autocast():
        return to_float(network(*inputs))


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


def make_scores(coach: Coach | None, image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One score per cell, (N, 1, H / 16, W / 16): the coach's, or uniform random ones."""
    if coach is not None:
        return coach(normalise(image))
    count, _, height, width = image.shape
    return random_scores((count, 1, height // STRIDE, width // STRIDE), generator).to(image.device)


def make_crops(
    slices: SliceTensors,
    augment: Callable[[SliceTensors, torch.Tensor, int, int], SliceTensors],
    config: Pretext,
    *,
    number: int,
    seed: int,
) -> Callable[[int], Iterator[tuple[SliceTensors, torch.Generator]]]:
    """The crops of round `number`: slices augmented at `config.size`, then cut to `config.crop`."""

    def crops(epoch: int) -> Iterator[tuple[SliceTensors, torch.Generator]]:
        # One count over all rounds, so that no two rounds see the same draws.
        count = number * 1_000_000 + epoch
        for step, indices in enumerate(epoch_batches(len(slices), config.batch_size, seed, count)):
            state = np.random.SeedSequence((seed, count, step)).generate_state(1)[0]
            generator = torch.Generator().manual_seed(int(state))
            yield random_crop(augment(slices, indices, count, config.size), config.crop, generator), generator

    return crops


def random_crop(batch: SliceTensors, size: int, generator: torch.Generator) -> SliceTensors:
    """The same random square of each slice's image, mask and prior; the whole slice where it is not larger."""
    edge = batch.images.shape[-1]
    if edge <= size:
        return batch
    corners = torch.randint(0, edge - size + 1, (len(batch), 2), generator=generator).tolist()

    def crop(tensor: torch.Tensor) -> torch.Tensor:
        cut = [item[..., y : y + size, x : x + size] for item, (y, x) in zip(tensor, corners, strict=True)]
        return torch.stack(cut)

    return batch.map(crop)
