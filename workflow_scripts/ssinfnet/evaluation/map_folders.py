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
from ssinfnet.evaluation import infnet_protocol, metrics, structure
from ssinfnet.evaluation.intervals import mean_error, number
from ssinfnet.files.pictures import list_by_stem, read_map, read_mask

_SHOWN = 10


class Case(NamedTuple):
    """A map, grey uint8 (H, W), of the size of its mask, bool (H, W)."""

    name: str
    grey: np.ndarray
    truth: np.ndarray
    resized: bool


def read_cases(maps: Path, masks: Path, class_index: int | None = None) -> Iterator[Case]:
    """The pictures of both folders, matched by name without suffix, one by one, in natural order.

    A mask is what is above 127, or class `class_index` of a palette or RGB picture (1 GGO, 2 consolidation,
    3 effusion). A map of another size than its mask is resized to it (bicubic, smoothed where it shrinks).
    Raises `InputError` for a picture without partner before anything is read, and, after the last picture, for all
    that could not be read.
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
    for name, path in found[maps].items():
        try:
            grey, truth = read_map(path), read_mask(found[masks][name], class_index)
        except InputError as error:
            defects.append(str(error))
            continue
        resized = grey.shape != truth.shape
        if not defects:
            yield Case(name, resize(grey, truth.shape) if resized else grey, truth, resized)
    if defects:
        raise InputError.from_defects(f"{maps} and {masks}", defects)


def resize(grey: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A grey picture, uint8, resized to (height, width) by bicubic interpolation."""
    return np.asarray(Image.fromarray(grey).resize(shape[::-1], Image.Resampling.BICUBIC))


def score_infnet(cases: Iterable[Case]) -> dict[str, Any]:
    """Inf-Net's evaluation, see `infnet_protocol`; a row holds each image's means over the thresholds."""
    rows, curves = [], []
    for case in cases:
        probability = infnet_protocol.stretch(case.grey)
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


def score_paper(cases: Iterable[Case], threshold: float, empty: float) -> dict[str, Any]:
    """The paper's evaluation (eq. 8, 9), as of the workflow's own predictions: metrics per image, then their mean.

    Maps are grey / 255, not stretched; `threshold` makes the mask; `empty` is the score of an image whose truth and
    prediction are both empty, 1 or NaN.
    """
    rows = []
    for case in cases:
        probability = case.grey / 255
        scores = metrics.overlaps(metrics.confusion(case.truth, probability >= threshold), empty)
        # The AUC depends on the order of the grey levels only, and integers are sorted faster.
        ranked = {"auc": metrics.auc(case.truth, case.grey), "mae": metrics.mae(case.truth, probability)}
        rows.append({**_about(case), **scores, **ranked})
    rule = "skip" if np.isnan(empty) else "one"
    return {"protocol": "paper", "threshold": threshold, "empty": rule, **_summary(rows)}


def report(result: dict[str, Any]) -> str:
    """The result as a table to read, and what one should know about it."""
    lines = [f"{'metric':<12} {'mean':>7}   1.96 SE    images"]
    for name, value in result["metrics"].items():
        mean = "   none" if value["mean"] is None else f"{value['mean']:7.4f}"
        error = "       " if value["error"] is None else f"±{value['error']:7.4f}"
        undefined = f"   ({value['undefined']} undefined, left out)" if value["undefined"] else ""
        lines.append(f"{name:<12} {mean}  {error:>8}  {value['n']:>8}{undefined}")
    lines.append(f"{result['images']} images; {result['without_foreground']} of them without foreground in the truth")
    if result["resized"]:
        lines.append(f"{result['resized']} maps had another size than their mask and were resized to it")
    return "\n".join(lines)


def _pictures(folder: Path, defects: list[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    return list_by_stem(folder, defects)


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
