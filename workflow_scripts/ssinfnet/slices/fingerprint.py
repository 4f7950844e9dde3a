"""What a data set and its parts hold, in numbers: to be compared between runs and with the paper's Table I."""

from typing import Any

import numpy as np
import pandas as pd

from ssinfnet.slices import labels
from ssinfnet.slices.parts import PARTS
from ssinfnet.slices.store import SliceStore

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def fingerprint(store: SliceStore, table: pd.DataFrame, infection_labels: tuple[int, ...]) -> dict[str, Any]:
    """Counts of slices, groups, lesion pixels and empty slices, and grey value quantiles (0 to 255), by part.

    A slice without any of `infection_labels` is empty.
    """
    parts = {part: _describe(store, table[table["part"] == part], infection_labels) for part in PARTS}
    return {"parts": parts, "total": _describe(store, table, infection_labels)}


def _describe(store: SliceStore, rows: pd.DataFrame, infection_labels: tuple[int, ...]) -> dict[str, Any]:
    grey = np.zeros(256, dtype=np.int64)
    codes = np.zeros(256, dtype=np.int64)
    infected = 0
    for slice_id in rows["id"]:
        grey += np.bincount(store.read("image", slice_id).ravel(), minlength=256)
        found = np.bincount(store.read("mask", slice_id).ravel(), minlength=256)
        codes += found
        infected += bool(found[list(infection_labels)].sum())
    cumulative = np.cumsum(grey) / max(grey.sum(), 1)
    return {
        "slices": len(rows),
        "groups": int(rows["group"].nunique()),
        "infected_slices": infected,
        "empty_slices": len(rows) - infected,
        "lesion_pixels": {name: int(codes[code]) for code, name in labels.NAMES.items() if code},
        "intensity_quantiles": {str(q): int(np.searchsorted(cumulative, q)) for q in QUANTILES},
    }
