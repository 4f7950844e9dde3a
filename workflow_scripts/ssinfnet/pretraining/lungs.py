"""Slices with their lungs, for a task that erases nothing else."""

import sys
from dataclasses import replace

import numpy as np
import torch

from ssinfnet.config.pretext import Pretext
from ssinfnet.lungs.slice_methods import closed
from ssinfnet.training.data import SliceTensors


def with_area(slices: SliceTensors, config: Pretext) -> SliceTensors:
    """The slices with the area in which cells may be erased as masks, 0 and 1; without masks where that is everywhere.

    The lungs are those of our method for slices, at the size that the slices have. A slice in which it finds none is
    taken whole; how many these are is said on standard error.
    """
    if config.where == "image":
        return slices
    lungs = [closed(image) for image in slices.images[:, 0].cpu().numpy()]
    whole = [not one.any() for one in lungs]
    if any(whole):
        print(f"no lungs found in {sum(whole)} of {len(lungs)} slices: erased anywhere there", file=sys.stderr)
    area = [np.ones_like(one) if empty else one for one, empty in zip(lungs, whole, strict=True)]
    return replace(slices, masks=torch.from_numpy(np.stack(area)))
