"""What the steps of an epoch measure, read from the device once and not after each step.

So a GPU can be given the next step while it still computes this one.
"""

import math
from collections.abc import Mapping

import torch

from ssinfnet.errors import InputError


class Steps:
    """Notes losses and measures, scalars that stay on the device until the epoch ends."""

    def __init__(self):
        self._rows: list[torch.Tensor] = []
        self._names: list[str] = []

    def add(self, loss: torch.Tensor, measures: Mapping[str, torch.Tensor]) -> None:
        """Note a step: its loss, and what is to be reported, with the same names each time."""
        self._names = list(measures)
        self._rows.append(torch.stack([value.detach() for value in (loss, *measures.values())]))

    def means(self, epoch: int, key: str) -> dict[str, float]:
        """The mean of each measure over the steps.

        Raises `InputError` with the first step, of `epoch` (counted from 1), at which the loss was NaN or infinite, and
        with the remedy; `key` is the config's rate.
        """
        rows = torch.stack(self._rows).tolist()
        for step, (loss, *_) in enumerate(rows, 1):
            if not math.isfinite(loss):
                raise InputError(
                    f"the loss became {loss} at epoch {epoch}, step {step}: training diverged; lower {key}"
                )
        _, *columns = zip(*rows, strict=True)
        return {name: sum(values) / len(rows) for name, values in zip(self._names, columns, strict=True)}
