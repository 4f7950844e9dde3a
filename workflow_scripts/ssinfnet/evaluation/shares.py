"""The infected share of the lungs of labelled groups: as a scan would be told, and as it truly is.

What is told is pixels that a network calls infected over pixels of lung, both within the lungs that the parenchyma
method finds, of all slices whose lungs the cleaning keeps. What is true is the same of the mask, within true lungs:
those of the slice store where it has them, else those found; in both cases with the lesions, as dense ones are easily
left out of lungs. So the error of the share holds that of the lungs as well. Truth is asked of the kept slices alone,
as nobody knows the lungs of the others.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.errors import InputError
from ssinfnet.lungs import trusted
from ssinfnet.slices.store import SliceStore

PARTS = ("validation", "test")
COLUMNS = ("seed", "part", "group", "slices", "used", "lung", "infected", "true_lung", "true_infected")


class Predictions(NamedTuple):
    """One seed's split (columns id, group, part), infection maps by part, and the threshold of these."""

    seed: int
    split: pd.DataFrame
    maps: Mapping[str, SliceStore]
    threshold: float


def measure(
    store: SliceStore, predictions: Sequence[Predictions], labels: tuple[int, ...], *, method: str, trust: Cleaning
) -> pd.DataFrame:
    """A row per seed, part and group: number of slices, how many are used, pixels, and both shares.

    `labels` are the codes that are infection; `method` and `trust` find lungs and decide on them. The columns are
    `COLUMNS`, predicted and truth; these two are NaN for a group without a used slice. Raises `InputError` for a map
    that is missing or of another size.
    """
    parts = [dict(zip(one.split["id"], one.split["part"], strict=True)) for one in predictions]
    rows = []
    for slice_id, group in zip(store.index["id"], store.index["group"], strict=True):
        places = [(one, part.get(slice_id)) for one, part in zip(predictions, parts, strict=True)]
        asked = [(one, part) for one, part in places if part in PARTS]
        if not asked:
            continue
        # Found once for all seeds.
        found, rejected = trusted.find(store.read("image", slice_id), method, trust)
        lungs = (found > 0) & (not rejected)
        truth = store.read_infection(slice_id, labels)
        true_lungs = truth | (store.read("lungs", slice_id) > 0 if store.has("lungs", slice_id) else lungs)
        for one, part in asked:
            infected = _read(one.maps[part], slice_id, truth.shape) >= one.threshold
            pixels = (lungs, infected & lungs, true_lungs, truth) if lungs.any() else ()
            counts = [int(np.count_nonzero(mask)) for mask in pixels] or [0, 0, 0, 0]
            rows.append((one.seed, part, group, 1, int(lungs.any()), *counts))
    table = pd.DataFrame(rows, columns=list(COLUMNS)).groupby(["seed", "part", "group"], as_index=False).sum()
    for name, (part, whole) in {"predicted": ("infected", "lung"), "truth": ("true_infected", "true_lung")}.items():
        table[name] = (table[part] / table[whole]).where(table["used"] > 0)
    return table


def _read(maps: SliceStore, slice_id: str, shape: tuple[int, ...]) -> np.ndarray:
    found = maps.read("infection", slice_id).astype(np.float32)
    if found.shape != shape:
        raise InputError(f"{maps.path}: {slice_id} is {found.shape}, not {shape}; predict again")
    return found
