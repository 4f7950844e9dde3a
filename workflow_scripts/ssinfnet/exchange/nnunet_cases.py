"""The names by which nnU-Net knows our slices.

A name is a fingerprint and the slice's number, as in `1a2b3c4d_00012`. The fingerprint is of all that nnU-Net may
learn from: the pictures, the parts, and the labels of training and validation. So predictions that were made for other
slices, masks or parts have other names, and are refused instead of scored.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from ssinfnet.slices.labels import CLASSES
from ssinfnet.slices.store import SliceStore

Target = Literal["infection", "classes"]
TARGETS: tuple[Target, ...] = ("infection", "classes")
LABELS = {"infection": ("background", "infection"), "classes": CLASSES}
"""The names of the labels of each target, in the order of their codes."""
COLUMNS = ("case", "id", "group", "part")
_LENGTH = 8  # hexadecimal digits of the fingerprint


def of_split(store: SliceStore, split: pd.DataFrame, target: Target, infection: tuple[int, ...]) -> pd.DataFrame:
    """The cases of a data set: a row per slice of the split (columns id, group, part), with the columns `COLUMNS`.

    `infection` are the codes that are infection. Raises `InputError` for a slice that the store lacks.
    """
    digest = hashlib.sha256(target.encode())
    for slice_id, part in zip(split["id"], split["part"], strict=True):
        arrays = [store.read("image", slice_id)]
        if part != "test":
            arrays.append(label_map(store, slice_id, target, infection))
        _update(digest, (slice_id, part), arrays)
    return _table(digest, split["id"], split["group"], split["part"])


def of_pictures(store: SliceStore) -> pd.DataFrame:
    """The cases of slices without masks, such as the patients'; the column part is empty."""
    digest = hashlib.sha256(b"pictures")
    for slice_id in store.ids:
        _update(digest, (slice_id,), [store.read("image", slice_id)])
    return _table(digest, store.index["id"], store.index["group"], [""] * len(store.ids))


def label_map(store: SliceStore, slice_id: str, target: Target, infection: tuple[int, ...]) -> np.ndarray:
    """The label of each pixel, uint8 (H, W): 0 or 1, or the code of the class, effusion counting as background."""
    if target == "infection":
        return store.read_infection(slice_id, infection).astype(np.uint8)
    mask = store.read("mask", slice_id)
    return np.where(mask < len(CLASSES), mask, 0).astype(np.uint8)


def _update(digest: "hashlib._Hash", words: Iterable[str], arrays: Iterable[np.ndarray]) -> None:
    for word in words:
        digest.update(f"{word}\n".encode())
    for array in arrays:
        digest.update(f"{array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)


def _table(digest: "hashlib._Hash", ids: Iterable[str], groups: Iterable[str], parts: Iterable[str]) -> pd.DataFrame:
    rows = list(zip(ids, groups, parts, strict=True))
    names = [f"{digest.hexdigest()[:_LENGTH]}_{number:05d}" for number in range(len(rows))]
    return pd.DataFrame([(name, *row) for name, row in zip(names, rows, strict=True)], columns=list(COLUMNS))
