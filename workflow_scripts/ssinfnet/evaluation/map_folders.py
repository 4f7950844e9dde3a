"""Score a folder of maps against a folder of masks, by one of two protocols.

Both return a JSON-ready result: `protocol` and its settings, `images`, `resized` (maps of another size than their
mask), `without_foreground` (empty truths), `metrics` (mean, error, n, undefined of each) and `per_image`, one row per
image, with null where a metric is undefined; `infnet` also `curves`, the means at each of the 256 `thresholds`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ssinfnet.errors import InputError
from ssinfnet.evaluation import distances, infnet_protocol, metrics, saved_maps, structure
from ssinfnet.evaluation.intervals import mean_error, number
from ssinfnet.files.masks import AS_GREY, read_classes, read_infection
from ssinfnet.files.pictures import list_by_stem

_SHOWN = 10


class Pair(NamedTuple):
    """The files of a map and of its mask."""

    name: str
    map: Path
    mask: Path


class Case(NamedTuple):
    """A map, grey uint8 or uint16 (H, W) up to `white`, of the size of its mask, bool (H, W)."""

    name: str
    grey: np.ndarray
    white: int
    truth: np.ndarray
    resized: bool


def pair(maps: Path, masks: Path) -> list[Pair]:
    """The pictures of both folders, matched by name without suffix, in natural order.

    Raises `InputError` that lists all pictures without partner and all that are no pictures.
    """
    defects: list[str] = []
    found = {folder: _pictures(folder, defects) for folder in (maps, masks)}
    for folder, other in ((maps, masks), (masks, maps)):
        alone = [path.name for stem, path in found[folder].items() if stem not in found[other]]
        if alone and found[other]:
            names = ", ".join(alone[:_SHOWN]) + (f" and {len(alone) - _SHOWN} more" if len(alone) > _SHOWN else "")
            defects.append(f"{folder}: no picture in {other} has the name of {names}")
    if defects:
        raise InputError.from_defects(f"{maps} and {masks}", defects)
    return [Pair(name, path, found[masks][name]) for name, path in found[maps].items()]


def read_cases(pairs: Iterable[Pair], kind: str, class_index: int | None = None) -> Iterator[Case]:
    """The pictures of `pairs`, one by one, maps of a `kind` that `saved_maps.decide` knows.

    Masks are masks of infection, or class masks of which class `class_index` counts (1 GGO, 2 consolidation,
    3 effusion). A map of another size than its mask is resized to it (bicubic, smoothed where it shrinks).
    Raises `InputError` after the last picture, for all that could not be read.
    """
    defects: list[str] = []
    for name, map_path, mask_path in pairs:
        try:
            grey, white = saved_maps.read(map_path, kind, class_index)
            truth = _mask(mask_path, class_index)
        except InputError as error:
            defects.append(str(error))
            continue
        resized = grey.shape != truth.shape
        if not defects:
            yield Case(name, resize(grey, truth.shape) if resized else grey, white, truth, resized)
    if defects:
        raise InputError.from_defects("the maps and masks", defects)


def resize(grey: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A grey picture, uint8 or uint16, resized to (height, width) by bicubic interpolation."""
    if grey.dtype == np.uint8:
        return np.asarray(Image.fromarray(grey).resize(shape[::-1], Image.Resampling.BICUBIC))
    smooth = Image.fromarray(grey.astype(np.float32)).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(smooth).round().clip(0, np.iinfo(grey.dtype).max).astype(grey.dtype)


def score_infnet(cases: Iterable[Case]) -> dict[str, Any]:
    """Inf-Net's evaluation, see `infnet_protocol`; a row holds each image's means over the thresholds."""
    rows, curves = [], []
    for case in cases:
        probability = infnet_protocol.stretch(case.grey, case.white)
        curves.append(infnet_protocol.curves(case.truth, probability))
        means = {name: float(curve.mean()) for name, curve in curves[-1].items()}
        s_measure = structure.s_measure(case.truth, probability)
        rows.append({**_about(case), **means, "s_measure": s_measure, "mae": metrics.mae(case.truth, probability)})
    thresholds = {
        name: [number(mean_error(column)[0]) for column in np.transpose([curve[name] for curve in curves])]
        for name in infnet_protocol.CURVES
    }
    result = {"protocol": "infnet", "thresholds": metrics.THRESHOLDS.tolist(), "curves": thresholds}
    return {**result, **_summary(rows)}


def score_paper(
    cases: Iterable[Case], threshold: float, empty: float, spacing: tuple[float, float] | None = None
) -> dict[str, Any]:
    """The paper's evaluation (eq. 8, 9), as of the workflow's own predictions: metrics per image, then their mean.

    Maps are grey / white, not stretched; `threshold` makes the mask; `empty` is the score of an image whose truth and
    prediction are both empty, 1 or NaN. The distances of `distances` come on top, in mm with a `spacing` of (row,
    column) in mm, else in pixels.
    """
    rows = []
    for case in cases:
        probability = case.grey / case.white
        predicted = probability >= threshold
        scores = metrics.overlaps(metrics.confusion(case.truth, predicted), empty)
        # The AUC depends on the order of the grey levels only, and integers are sorted faster.
        ranked = {"auc": metrics.auc(case.truth, case.grey), "mae": metrics.mae(case.truth, probability)}
        rows.append({**_about(case), **scores, **ranked, **distances.surface(case.truth, predicted, spacing or (1, 1))})
    rule = {"empty": "skip" if np.isnan(empty) else "one", "spacing": spacing}
    return {"protocol": "paper", "threshold": threshold, **rule, **_summary(rows)}


def report(result: dict[str, Any]) -> str:
    """The result as a table to read, and what one should know about it."""
    lines = [f"{'metric':<12} {'mean':>7}   1.96 SE    images"]
    for name, value in result["metrics"].items():
        mean = "   none" if value["mean"] is None else f"{value['mean']:7.4f}"
        error = "       " if value["error"] is None else f"±{value['error']:7.4f}"
        undefined = f"   ({value['undefined']} undefined, left out)" if value["undefined"] else ""
        lines.append(f"{name:<12} {mean}  {error:>8}  {value['n']:>8}{undefined}")
    if "spacing" in result:
        lines.append(f"hd95 and assd are in {'mm' if result['spacing'] else 'pixels'}, of images with both masks")
    lines.append(f"{result['images']} images; {result['without_foreground']} of them without foreground in the truth")
    if result["resized"]:
        lines.append(f"{result['resized']} maps had another size than their mask and were resized to it")
    return "\n".join(lines)


def _pictures(folder: Path, defects: list[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    return list_by_stem(folder, defects, saved_maps.REMEDY)


def _mask(path: Path, class_index: int | None) -> np.ndarray:
    if class_index is not None:
        return read_classes(path) == class_index
    return read_infection(path, f"{AS_GREY}, or pick a class of a class mask (--class-index)").astype(bool)


def _about(case: Case) -> dict[str, Any]:
    return {"id": case.name, "foreground": int(case.truth.sum()), "resized": case.resized}


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name in rows[0] if name not in {"id", "foreground", "predicted", "resized"}]
    scores = {}
    for name in names:
        values = np.array([row[name] for row in rows])
        mean, error = mean_error(values)
        undefined = int(np.isnan(values).sum())
        scores[name] = {
            **{"mean": number(mean), "error": number(error)},
            **{"n": len(values) - undefined, "undefined": undefined},
        }
    return {
        "images": len(rows),
        "resized": sum(row["resized"] for row in rows),
        "without_foreground": sum(row["foreground"] == 0 for row in rows),
        "metrics": scores,
        "per_image": [{**row, **{name: number(row[name]) for name in names}} for row in rows],
    }
