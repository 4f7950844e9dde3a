"""What the case browser shows: patients and labelled test slices, each as one record that JSON can hold.

A record has its pictures as data: URIs and its masks as SVG paths in pixels of the slice, so that contours stay sharp.
Both functions return as many records as have room in `budget` bytes of the page, and how many there would be.
The order is random, so that nobody has picked those that look good.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
from jinja2.utils import htmlsafe_json_dumps
from PIL import Image

from ssinfnet.evaluation.runs import Run
from ssinfnet.files import html
from ssinfnet.files.json_file import read_json
from ssinfnet.files.tables import read_table
from ssinfnet.slices.labels import LESIONS
from ssinfnet.slices.sampling import spread
from ssinfnet.slices.shards import Shards
from ssinfnet.slices.store import SliceStore

WIDTH, QUALITY = 256, 65  # of the pictures: pixels, and WebP's quality
MOST_SLICES = 8  # of one patient
SEED = 0  # of the order
PATIENT_COLUMNS = ("patient", "morbidity", "score", "kept_slices", "ratio_mean", "ratio_max", "left_out")
SLICE_COLUMNS = ("id", "ratio")
PREDICTED = ("predicted_published", "predicted_fitted")

Record = dict[str, Any]


class Labelled(NamedTuple):
    """What the labelled test slices are read from.

    The store, the ids of its test slices, the codes of infection, and the runs with the values maps (H5) and metrics
    (JSON), one seed per method.
    """

    store: Path
    ids: Sequence[str]
    infection: tuple[int, ...]
    single: Sequence[Run]
    multi: Sequence[Run]


class People(NamedTuple):
    """What the patients are read from.

    The store of their slices, the stores of the lungs, the table of the cleaning, the runs with the infection maps (H5,
    a run for each shard), and those with tables of patients and slices (CSV) and metrics (JSON).
    """

    store: Path
    lungs: Sequence[Path]
    quality: Path
    infection: Sequence[Run]
    severity: Sequence[Run]


def labelled_slices(
    store: Path, ids: Sequence[str], labels: tuple[int, ...], single: Sequence[Run], multi: Sequence[Run], budget: int
) -> tuple[list[Record], int]:
    """Records of the labelled slices `ids`: truth, what each method finds, and its Dice.

    The inputs are those of `Labelled`.
    """
    metrics = {(run.method, name): read_json(run.path) for name, part in _stages(single, multi) for run in part}
    with ExitStack() as stack:
        slices = stack.enter_context(SliceStore(store))
        maps = {
            (run.method, name): stack.enter_context(SliceStore(Path(run.values[0])))
            for name, part in _stages(single, multi)
            for run in part
        }
        groups = slices.index.set_index("id")["group"]

        def record(slice_id: str) -> Record:
            mask = slices.read("mask", slice_id)
            truth = {"infection": outline(np.isin(mask, labels))}
            truth |= {name: outline(mask == code) for name, code in LESIONS.items() if multi}
            methods: dict[str, Record] = {run.method: {"dice": {}} for run in single}
            for (method, stage), summary in metrics.items():
                if stage == "single":
                    probability = maps[method, stage].read("infection", slice_id).astype(np.float32)
                    found = {"infection": probability >= summary["threshold"]["value"]}
                else:
                    code = maps[method, stage].read("classes", slice_id).argmax(axis=0)
                    found = {name: code == number for name, number in LESIONS.items()}
                methods[method] |= {target: outline(area) for target, area in found.items()}
                methods[method]["dice"] |= {target: _dice(summary, slice_id, target) for target in found}
            picture = _picture(slices, slice_id)
            return {"id": slice_id, "group": groups[slice_id], **picture, "truth": truth, "methods": methods}

        order = np.random.default_rng(SEED).permutation(ids).tolist()
        return take(map(record, order), budget), len(order)


def patients(
    store: Path,
    lungs: Sequence[Path],
    quality: Path,
    infection: Sequence[Run],
    severity: Sequence[Run],
    thresholds: Mapping[str, float],
    budget: int,
) -> tuple[list[Record], int]:
    """Records of the patients with pictures: slices with lungs and infection, ratio, and score of each method.

    The inputs are those of `People`; `thresholds` say by method where its contour lies.
    """
    reasons = _read(quality, ("id", "reason"))["reason"]
    people = {run.method: _read(Path(run.values[0]), (*PATIENT_COLUMNS, *PREDICTED)) for run in severity}
    scores = {run.method: _read(Path(run.values[1]), (*SLICE_COLUMNS, *PREDICTED)) for run in severity}
    with ExitStack() as stack:
        slices = stack.enter_context(SliceStore(store))
        areas = stack.enter_context(Shards(lungs))
        maps = {
            run.method: stack.enter_context(Shards([part.path for part in infection if part[:2] == run[:2]]))
            for run in severity
        }
        ids = slices.index.groupby("group", sort=False)["id"].agg(list)

        def record(patient: str) -> Record:
            rows = {method: table.loc[patient] for method, table in people.items()}
            person = next(iter(rows.values()))
            shown = []
            for slice_id in spread(ids[patient], MOST_SLICES):
                methods = {}
                for method, table in scores.items():
                    found = maps[method].read("infection", slice_id).astype(np.float32) >= thresholds[method]
                    methods[method] = {**_numbers(table.loc[slice_id], "ratio"), "infection": outline(found)}
                more = {"lungs": outline(areas.read("lungs", slice_id)), "rejected": plain(reasons[slice_id])}
                shown.append({"id": slice_id, **_picture(slices, slice_id), **more, "methods": methods})
            return {
                "id": patient,
                "class": plain(person["morbidity"]),
                "score": plain(person["score"]),
                "hidden": len(ids[patient]) - len(shown),
                "slices": shown,
                "methods": {method: _person(row) for method, row in rows.items()},
            }

        first = next(iter(people.values())).reset_index()
        order = draw(first[first["patient"].isin(ids.index)])
        return take(map(record, order), budget), len(order)


def draw(people: pd.DataFrame) -> list[str]:
    """Patients (columns patient and morbidity) in random order, in turn from each class.

    So the first so many hold all classes alike.
    """
    shuffled = people.iloc[np.random.default_rng(SEED).permutation(len(people))]
    turn = shuffled.groupby("morbidity", dropna=False).cumcount()
    return list(shuffled.assign(turn=turn).sort_values(["turn", "morbidity"], kind="stable")["patient"])


def take(records: Iterable[Record], budget: int) -> list[Record]:
    """The first records that together have at most `budget` bytes in a page."""
    chosen: list[Record] = []
    for record in records:
        budget -= size(record)
        if budget < 0:
            break
        chosen.append(record)
    return chosen


def size(value: Any) -> int:
    """The bytes of a value as JSON in a list of a page."""
    return len(htmlsafe_json_dumps(value)) + len(", ")


def outline(mask: np.ndarray) -> str:
    """The outlines of a mask (H, W) as an SVG path through the centres of its outermost pixels."""
    contours = cv2.findContours((mask > 0).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]
    simple = (cv2.approxPolyDP(contour, 0.6, True)[:, 0] for contour in contours)
    return "".join(f"M{' '.join(map(str, points.ravel().tolist()))}Z" for points in simple)


def plain(value: Any) -> str | float | int | None:
    """A cell of a table as JSON has it: four digits of a fraction, whole numbers whole, None where it is empty."""
    if pd.isna(value) or value == "":
        return None
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() else float(f"{value:.4g}")


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A table by its first column, a patient or slice id; ids are text even if they look like numbers."""
    text = dict.fromkeys(("patient", "id"), str)
    return read_table(path, columns, dtype=text, keep_default_na=False, na_values=[""]).set_index(columns[0])


def _stages(single: Sequence[Run], multi: Sequence[Run]) -> list[tuple[str, Sequence[Run]]]:
    return [("single", single), ("multi", multi)]


def _numbers(row: pd.Series, *columns: str) -> Record:
    return {name.removeprefix("predicted_"): plain(row[name]) for name in (*columns, *PREDICTED)}


def _person(row: pd.Series) -> Record:
    known = {*PATIENT_COLUMNS, *PREDICTED, "slices"}
    more = {name: plain(value) for name, value in row.items() if name not in known and plain(value) is not None}
    return {**_numbers(row, "kept_slices", "ratio_mean", "ratio_max"), "left_out": plain(row["left_out"]), "more": more}


def _picture(store: SliceStore, slice_id: str) -> Record:
    image = store.read("image", slice_id)
    height, width = image.shape
    return {"width": width, "height": height, "image": html.picture(Image.fromarray(image), WIDTH, QUALITY)}


def _dice(summary: Mapping[str, Any], slice_id: str, target: str) -> float | None:
    images = summary["per_image"]
    return plain(images["values"][target]["dice"][images["id"].index(slice_id)])
