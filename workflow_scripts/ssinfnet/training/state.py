"""Where a training stands between two segments: all that the next one needs besides weights and config."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class State:
    """After `epoch` epochs: the optimiser's state (None before the first) and a `history` with a row per epoch."""

    epoch: int = 0
    optimizer: dict[str, Any] | None = None
    history: list[dict[str, float]] = field(default_factory=list)
