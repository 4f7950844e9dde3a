"""Our split as a data set in the raw format of nnU-Net, version 2.

The format is documented in `documentation/reference/dataset-format.md` and `documentation/manual_data_splits.md` of
https://github.com/MIC-DKFZ/nnUNet. Slices are 8-bit grey PNG, which nnU-Net reads by the ending of the file
(`NaturalImage2DIO`): our pictures are two-dimensional, of 8 bits, without spacing and of any size, so NIfTI would only
add a third axis and a grid that nobody knows.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.exchange import nnunet_cases
from ssinfnet.exchange.nnunet_cases import LABELS, Target
from ssinfnet.files.atomic import atomic_path, write_csv
from ssinfnet.files.json_file import write_json
from ssinfnet.slices.store import SliceStore

ENDING = ".png"
CASES = "cases.csv"
"""The table of cases: names, slice ids, groups and parts."""
_CHANNEL = "CT"
"""By this name nnU-Net clips and normalises all slices alike, by the grey values of the labelled pixels."""
_NAME = re.compile(r"Dataset\d{3}_\w+")
_IMAGES = {"train": "imagesTr", "validation": "imagesTr", "test": "imagesTs"}


def write(
    folder: Path, store: SliceStore, split: pd.DataFrame, target: Target, infection: tuple[int, ...]
) -> pd.DataFrame:
    """Write the data set of a target to `folder`; returns its cases (`nnunet_cases.of_split`).

    Training and validation slices are one fold of `splits_final.json`; the labels of test slices are not written.
    `infection` are the codes that are infection. `dataset.json` comes last, so a folder with it is whole. Raises
    `InputError` for a folder that has another kind of name, or that holds something.
    """
    if not _NAME.fullmatch(folder.name):
        raise InputError(
            f"{folder}: nnU-Net takes a folder called Dataset, a number of three digits, _ and a name, such as"
            " Dataset501_infection; name it so"
        )
    _require_empty(folder)
    cases = nnunet_cases.of_split(store, split, target, infection)
    for case, slice_id, part in tqdm(_rows(cases), unit="slice", mininterval=5):
        _write_picture(folder / _IMAGES[part] / _image_name(case), store.read("image", slice_id))
        if part != "test":
            label = nnunet_cases.label_map(store, slice_id, target, infection)
            _write_picture(folder / "labelsTr" / f"{case}{ENDING}", label)
    learned = {part: list(cases.loc[cases["part"] == part, "case"]) for part in ("train", "validation")}
    write_csv(folder / CASES, cases)
    write_json(folder / "splits_final.json", [{"train": learned["train"], "val": learned["validation"]}])
    write_json(
        folder / "dataset.json",
        {
            "channel_names": {"0": _CHANNEL},
            "labels": {name: code for code, name in enumerate(LABELS[target])},
            "numTraining": sum(map(len, learned.values())),
            "file_ending": ENDING,
        },
    )
    return cases


def write_pictures(folder: Path, store: SliceStore) -> pd.DataFrame:
    """Write slices that are only to be predicted to `folder`/images; returns their cases (`nnunet_cases.of_pictures`).

    The table of cases comes last. Raises `InputError` for a folder that holds something.
    """
    _require_empty(folder)
    cases = nnunet_cases.of_pictures(store)
    for case, slice_id, _ in tqdm(_rows(cases), unit="slice", mininterval=5):
        _write_picture(folder / "images" / _image_name(case), store.read("image", slice_id))
    write_csv(folder / CASES, cases)
    return cases


def _image_name(case: str) -> str:
    """nnU-Net has a file per channel; ours is the first and only one."""
    return f"{case}_0000{ENDING}"


def _rows(cases: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(cases[["case", "id", "part"]].itertuples(index=False, name=None))


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already, and no empty folder; name a new one, or remove it")


def _write_picture(path: Path, pixels: np.ndarray) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")
