"""The lungs of slices, for a task that erases nothing else."""

import sys

import numpy as np
import torch

from ssinfnet.lungs.slice_methods import closed


def find_area(images: torch.Tensor) -> torch.Tensor:
    """The lungs of slices, uint8 (N, 1, S, S): uint8 (N, S, S) of 0 and 1.

    A slice in which none are found is lung as a whole; how many these are is said on standard error.
    """
    lungs = [closed(image) for image in images[:, 0].cpu().numpy()]
    none = [not one.any() for one in lungs]
    if any(none):
        print(f"no lungs found in {sum(none)} of {len(lungs)} slices: there cells are erased anywhere", file=sys.stderr)
    return torch.from_numpy(np.stack([one | empty for one, empty in zip(lungs, none, strict=True)]).astype(np.uint8))
