"""Predictions of nnU-Net, version 2, as maps of our slices.

`nnUNetv2_predict`, and a training for its validation part, write a label picture `<case>.png` for each case and, where
they are asked to save probabilities, `<case>.npz` with the array `probabilities` (labels, 1, H, W). Where there are
probabilities they are taken; labels alone become maps of 0 and 1.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.exchange.nnunet_cases import LABELS, Target
from ssinfnet.exchange.nnunet_dataset import ENDING
from ssinfnet.files import folders, pictures
from ssinfnet.files.folder_content import is_no_data
from ssinfnet.files.npz import read_floats
from ssinfnet.slices.store import SliceStore

PROBABILITIES = ".npz"
_GEOMETRY = ".pkl"
"""What nnU-Net writes beside its predictions, settings and scores as JSON apart."""
_SHOWN = 3
_REMEDY = "give the folder that nnUNetv2_predict has written"


class Found(NamedTuple):
    """The files of a folder of predictions by the name of the case, and whether they are probabilities."""

    files: dict[str, Path]
    are_probabilities: bool


def find(folder: Path, cases: pd.DataFrame, expected: Sequence[str]) -> Found:
    """The predictions of the slices `expected` (ids) in `folder` and below.

    `cases` are all that may lie there (`nnunet_cases`). Raises `InputError`, in one line, where a slice has none, or
    two; where a prediction is of no such case; and where only some are probabilities.
    """
    labels = _by_case(folder, ENDING)
    probabilities = _by_case(folder, PROBABILITIES)
    _require_known(folder, {**labels, **probabilities}, cases)
    name_of = dict(zip(cases["id"], cases["case"], strict=True))
    files = probabilities or labels
    missing = [slice_id for slice_id in expected if name_of[slice_id] not in files]
    if missing and probabilities and all(name_of[slice_id] in labels for slice_id in missing):
        raise InputError(
            f"{folder}: {len(missing):,} of {len(expected):,} slices have labels but no probabilities, such as"
            f" {name_of[missing[0]]} (slice {missing[0]}); predict all with --save_probabilities, or remove all .npz"
        )
    if missing:
        raise InputError(
            f"{folder}: no prediction of {len(missing):,} of {len(expected):,} slices, such as {name_of[missing[0]]}"
            f" (slice {missing[0]}); predict all slices of the export"
        )
    return Found({slice_id: files[name_of[slice_id]] for slice_id in expected}, bool(probabilities))


def read(
    found: Found, store: SliceStore, target: Target, array: Literal["infection", "classes", "mask"]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield slice id and map of each of `found`, as the array of a slice store.

    `infection` is float16 (H, W), the probability of label 1; `classes` float16 (3, H, W); `mask` the most probable
    label, uint8 (H, W). Raises `InputError` for another size than the slice's, for a label that the target has not, and
    for what is no probability.
    """
    count = len(LABELS[target])
    for slice_id, path in found.files.items():
        shape = store.read("image", slice_id).shape
        if found.are_probabilities:
            maps = _read_probabilities(path, (count, *shape))
        else:
            maps = np.arange(count)[:, None, None] == _read_labels(path, shape, count)
        if array == "mask":
            yield slice_id, maps.argmax(axis=0).astype(np.uint8)
        else:
            yield slice_id, (maps[1] if array == "infection" else maps).astype(np.float16)


def _by_case(folder: Path, ending: str) -> dict[str, Path]:
    """The files of an ending by their name without it."""
    files = [path for path in folders.files(folder) if path.suffix.lower() == ending]
    if twice := [name for name, count in Counter(path.stem for path in files).items() if count > 1]:
        first, second, *_ = (path for path in files if path.stem == twice[0])
        raise InputError(f"{first}: {second} is of the same case; leave one of them in {folder}")
    return {path.stem: path for path in files}


def _require_known(folder: Path, files: Mapping[str, Path], cases: pd.DataFrame) -> None:
    """Raise `InputError` unless each prediction is of a case, and each other file one that nnU-Net writes."""
    known = set(cases["case"])
    suffixes = (ENDING, PROBABILITIES, _GEOMETRY)
    read = [path for path in folders.files(folder) if not is_no_data(path.name)]
    if strange := [path for path in read if path.suffix.lower() not in suffixes]:
        raise InputError(f"{strange[0]}: is no prediction of nnU-Net as {ENDING} or {PROBABILITIES}; {_REMEDY}")
    if not files:
        raise InputError(f"{folder}: no {ENDING} or {PROBABILITIES} in it; {_REMEDY}")
    left_over = [path for name, path in files.items() if name not in known]
    if left_over and len(left_over) == len(files):
        raise InputError(
            f"{folder}: no prediction is of this split, with cases such as {min(known)}: {left_over[0].name} is of"
            " another data set, or slices, masks or parts have changed since the export; export and predict again"
        )
    if left_over:
        names = ", ".join(path.name for path in left_over[:_SHOWN])
        raise InputError(f"{folder}: {len(left_over):,} files are of no case to score, such as {names}; remove them")


def _read_probabilities(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    values = read_floats(path, "probabilities", (shape[0], 1, *shape[1:]))[:, 0]
    if values.min() < 0 or values.max() > 1:
        raise InputError(f"{path}: probabilities from {values.min():g} to {values.max():g}, where 0 to 1 is expected")
    return values


def _read_labels(path: Path, shape: tuple[int, int], count: int) -> np.ndarray:
    labels = pictures.grey_values(pictures.load(path, _REMEDY))
    if labels is None:
        raise InputError(f"{path}: a picture with colours, where labels are expected; {_REMEDY}")
    if labels.shape != shape:
        raise InputError(f"{path}: {labels.shape} pixels (rows, columns), but its slice has {shape}; {_REMEDY}")
    if labels.max() >= count:
        found = pictures.few(set(np.unique(labels).tolist()))
        raise InputError(f"{path}: labels {found}, where 0 to {count - 1} are expected; is it of the other data set?")
    return labels
