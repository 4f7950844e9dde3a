"""Inpainting: a network fills in erased cells, which chance chooses or a coach that learns which ones are hard.

With a coach rounds alternate: network rounds minimise L_rec on hard masks, coach rounds maximise it through soft masks
(equations 1 to 3 of the paper).
"""

import importlib
from dataclasses import replace
from typing import Any

import torch

from ssinfnet.config.inpainting import Inpainting
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.networks.coach import STRIDE, Coach, hard_mask, random_scores, soft_mask, upsample
from ssinfnet.networks.inpainting import to_inpainting
from ssinfnet.networks.intensity import normalise
from ssinfnet.pretraining import AREAS, losses
from ssinfnet.pretraining.crops import Crops
from ssinfnet.pretraining.task import Corrupted, Measures, PretextTask
from ssinfnet.training.data import SliceTensors


class Task(PretextTask):
    """Erases cells of 16 x 16 pixels. Random masks stand in for the `coach` while there is none."""

    SECTION = Inpainting
    config: Inpainting

    def __init__(self, config: Inpainting, coach: Coach | None = None):
        super().__init__(config)
        self.coach = coach

    def make_coach(self) -> Coach:
        """The task with a new coach of the global generator; returns that."""
        self.coach = Coach()
        return self.coach

    def prepare(self, slices: SliceTensors) -> SliceTensors:
        """The slices with the area in which cells may be erased as masks, 0 and 1; as they are where it is all."""
        if self.config.where not in AREAS:
            return slices
        return replace(slices, masks=importlib.import_module(AREAS[self.config.where]).find_area(slices.images))

    def add_heads(self, network: torch.nn.Module) -> torch.nn.Module:
        """Each output reconstructs the slice, or its edges."""
        return to_inpainting(network)

    def corrupt(self, batch: Crops) -> Corrupted:
        """Targets are the crops, (N, 1, S, S) in [0, 1]; weights are 1 where erased and 0 elsewhere."""
        scores = to_float(make_scores(self.coach, batch, self.config))
        return erase(batch, self.upsampled(hard_mask(scores, self.config.keep_ratio, batch.cells), batch))

    def measure(self, network: torch.nn.Module, outputs: Any, asked: Corrupted) -> Measures:
        """L_rec, and that of erased and of kept pixels; summed over the outputs."""
        return losses.reconstruct(
            network, outputs, asked.targets, 1 - asked.weights, self.config.loss, self.config.erased_weight
        )._asdict()

    def teach(self, network: torch.nn.Module, batch: Crops, runtime: Runtime) -> tuple[torch.Tensor, Measures]:
        """What the coach minimises in a step of its own: equation 1, through soft masks."""
        with runtime.autocast():
            scores = to_float(make_scores(self.coach, batch, self.config, teaching=True))
        mask = self.upsampled(soft_mask(scores, self.config.keep_ratio, batch.cells), batch)
        with runtime.autocast():
            outputs = to_float(self.predict(network, erase(batch, mask).inputs))
        found = losses.reconstruct(network, outputs, batch.target, mask, self.config.loss, self.config.erased_weight)
        return losses.coach_loss(found.loss), found._asdict()

    @staticmethod
    def upsampled(cells: torch.Tensor, batch: Crops) -> torch.Tensor:
        """A mask of cells at the size of the batch."""
        return upsample(cells, batch.seen.shape[-1])


def erase(batch: Crops, mask: torch.Tensor) -> Corrupted:
    """The crops without what `mask`, (N, 1, S, S), says with 0.

    What is erased becomes the mean of the normalisation, which is 0 after it: black lies far outside of most data, and
    would tell more than that something is missing. A network with a prior sees all of it.
    """
    priors = () if batch.priors is None else (normalise(batch.priors),)
    return Corrupted((normalise(batch.seen) * mask, *priors), batch.target, 1 - mask)


def make_scores(coach: Coach | None, batch: Crops, config: Inpainting, *, teaching: bool = False) -> torch.Tensor:
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
