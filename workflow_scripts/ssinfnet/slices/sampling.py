"""A few of many, evenly spread."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of the items, evenly spread from the first to the last."""
    if len(items) <= most:
        return list(items)
    return [items[round(position)] for position in np.linspace(0, len(items) - 1, most)]
