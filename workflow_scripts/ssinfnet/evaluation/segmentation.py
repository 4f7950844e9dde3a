"""Score the cached predictions of one trained method: rows per image, and means with their errors.

Both functions return a frame with one row per image and target, and a JSON-ready summary:

- `images`, `groups`, `empty` (the rule for empty masks), `bootstrap` (resamples and seed), for the single network
  `threshold`;
- `targets`: for each target its `metrics` (mean, error, low, high, n, undefined), `without_foreground` (number of
  images whose truth, prediction, or both are empty) and `constant` (mean Dice of constant masks, the best of which is
  the picture-blind baseline).
  A class that the truth of no image has cannot be found well or badly: its overlaps are undefined, and it counts in
  no mean over classes;
- `per_image`: `id`, `group`, `values` by target and metric, and `constant` (Dice of constant masks) by target and
  answer, null where undefined: what the tables pool over seeds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet.config.evaluation import Evaluation
from ssinfnet.errors import InputError
from ssinfnet.evaluation import metrics
from ssinfnet.evaluation.intervals import describe, mean_error, number
from ssinfnet.evaluation.metrics import Confusion
from ssinfnet.slices.labels import CLASSES
from ssinfnet.slices.parts import part_ids
from ssinfnet.slices.store import SliceStore

OVERALL = "overall"  # as the paper's tables: the mean of the three classes, background among them
LESIONS_ONLY = "overall_without_background"
OVERLAPS = ("dice", "iou", "recall", "precision")
EMPTY = {"one": 1.0, "skip": float("nan")}


def evaluate_single(
    store: SliceStore,
    split: pd.DataFrame,
    validation: SliceStore,
    test: SliceStore,
    labels: tuple[int, ...],
    config: Evaluation,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Score the infection maps of the test part; target `infection`.

    `store` holds the masks, `validation` and `test` the maps of those parts, `labels` the codes that are infection.
    The threshold is chosen on validation alone. Raises `InputError` for a map that is missing, of another size than
    its mask, or not a probability.
    """
    empty = EMPTY[config.empty]
    threshold = _threshold(store, split, validation, labels, config)
    ranked, counts = [], []
    ids = part_ids(split, "test")
    for slice_id in ids:
        truth = store.read_infection(slice_id, labels)
        probability = _read(test, "infection", slice_id, truth.shape)
        counts.append({"infection": metrics.confusion(truth, probability >= threshold["value"])})
        ranked.append({"auc": metrics.auc(truth, probability), "mae": metrics.mae(truth, probability)})
    overlaps = _overlaps(counts, "infection", empty)
    rows = [
        {"id": slice_id, "target": "infection", **scores, **more}
        for slice_id, scores, more in zip(ids, overlaps, ranked, strict=True)
    ]
    frame = _frame(rows, split)
    constant = {
        "nothing": {"infection": _constant(counts, "infection", False, empty)},
        "everything": {"infection": _constant(counts, "infection", True, empty)},
    }
    return frame, {"threshold": threshold, **_summary(frame, counts, constant, config)}


def evaluate_multi(
    store: SliceStore, split: pd.DataFrame, test: SliceStore, config: Evaluation
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Score the class maps of the test part: targets are the classes and, per image, their means.

    The class of a pixel is the one of highest probability. Pleural effusion (code 3) counts as background.
    Raises `InputError` as `evaluate_single` does.
    """
    empty = EMPTY[config.empty]
    rows, counts = [], []
    ids = part_ids(split, "test")
    for slice_id in ids:
        mask = store.read("mask", slice_id)
        truth = np.where(mask < len(CLASSES), mask, 0)
        predicted = _read(test, "classes", slice_id, (len(CLASSES), *truth.shape)).argmax(axis=0)
        counts.append({name: metrics.confusion(truth == code, predicted == code) for code, name in enumerate(CLASSES)})
    overlaps = [_overlaps(counts, name, empty) for name in CLASSES]
    for slice_id, by_class in zip(ids, zip(*overlaps, strict=True), strict=True):
        values = dict(zip(CLASSES, by_class, strict=True))
        values[OVERALL] = _mean_of([values[name] for name in CLASSES])
        values[LESIONS_ONLY] = _mean_of([values[name] for name in CLASSES[1:]])
        rows += [{"id": slice_id, "target": target, **scores} for target, scores in values.items()]
    frame = _frame(rows, split)
    constant = {}
    for answer in CLASSES:
        scores = {name: _constant(counts, name, name == answer, empty) for name in CLASSES}
        scores[OVERALL] = _column_mean([scores[name] for name in CLASSES])
        scores[LESIONS_ONLY] = _column_mean([scores[name] for name in CLASSES[1:]])
        constant[answer] = scores
    return frame, _summary(frame, counts, constant, config)


def _threshold(
    store: SliceStore,
    split: pd.DataFrame,
    validation: SliceStore,
    labels: tuple[int, ...],
    config: Evaluation,
) -> dict[str, Any]:
    """The threshold of best mean Dice over the validation images, the lowest of equals; or the configured one."""
    if config.threshold != "validation":
        return {"value": config.threshold, "rule": "fixed", "validation_dice": None}
    curves, infected = [], False
    for slice_id in part_ids(split, "validation"):
        truth = store.read_infection(slice_id, labels)
        probability = _read(validation, "infection", slice_id, truth.shape)
        infected |= bool(truth.any())
        thresholds = metrics.confusion_by_threshold(truth, probability)
        curves.append(metrics.dice(thresholds, EMPTY[config.empty]))
    if not infected:
        # Any threshold above all of the maps would be best.
        raise InputError(
            f"{store.path}: no slice of the validation part is infected, so no threshold can be chosen; give one as "
            "evaluation.threshold, or split otherwise"
        )
    curve = np.array([mean_error(scores)[0] for scores in np.transpose(curves)])
    if np.isnan(curve).all():
        raise InputError(f"{validation.path}: no validation image has a Dice; evaluation.empty: one would give it one")
    best = int(np.nanargmax(curve))
    return {"value": float(metrics.THRESHOLDS[best]), "rule": "validation", "validation_dice": float(curve[best])}


def _read(store: SliceStore, array: str, slice_id: str, shape: tuple[int, ...]) -> np.ndarray:
    values = store.read(array, slice_id).astype(np.float32)
    if values.shape != shape:
        raise InputError(
            f"{store.path}: {array} of {slice_id} has the shape {values.shape}, not {shape}; predict again"
        )
    if not (values.min() >= 0 and values.max() <= 1):
        raise InputError(f"{store.path}: {array} of {slice_id} is no probability (NaN, or outside of 0 to 1)")
    return values


def _mean_of(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each metric over classes, of those where it is defined."""
    names = [name for name in scores[0] if name not in {"foreground", "predicted"}]
    return {name: mean_error(np.array([score[name] for score in scores]))[0] for name in names}


def _overlaps(counts: Sequence[dict[str, Confusion]], target: str, empty: float) -> list[dict[str, float]]:
    """The metrics of masks of each image; those of overlap are NaN where the truth of no image has the target."""
    scores = [metrics.overlaps(count[target], empty) for count in counts]
    undefined = {} if any(score["foreground"] for score in scores) else dict.fromkeys(OVERLAPS, float("nan"))
    return [score | undefined for score in scores]


def _constant(counts: Sequence[dict[str, Confusion]], target: str, everywhere: bool, empty: float) -> np.ndarray:
    """Dice of each image when every pixel (or none) is called `target`; NaN where no image has it."""
    truth = np.array([count[target].tp + count[target].fn for count in counts])
    if not truth.any():
        return np.full(len(truth), np.nan)
    other = np.array([count[target].fp + count[target].tn for count in counts])
    nothing = np.zeros_like(truth)
    answer = Confusion(truth, other, nothing, nothing) if everywhere else Confusion(nothing, nothing, truth, other)
    return metrics.dice(answer, empty)


def _column_mean(columns: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([mean_error(row)[0] for row in np.transpose(columns)])


def _frame(rows: list[dict[str, Any]], split: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame.insert(1, "group", frame["id"].map(split.set_index("id")["group"]))
    for name in ("foreground", "predicted"):
        frame[name] = frame[name].astype("Int64")
    return frame


def _summary(
    frame: pd.DataFrame,
    counts: Sequence[dict[str, Confusion]],
    constant: dict[str, dict[str, np.ndarray]],
    config: Evaluation,
) -> dict[str, Any]:
    names = list(frame.columns.drop(["id", "group", "target", "foreground", "predicted"]))
    images = frame.drop_duplicates("id")
    targets, per_image, constants = {}, {}, {}
    for target, rows in frame.groupby("target", sort=False):
        values = {name: rows[name].to_numpy(dtype=float) for name in names}
        per_image[target] = {name: [number(value) for value in column] for name, column in values.items()}
        constants[target] = {answer: [number(value) for value in dices[target]] for answer, dices in constant.items()}
        groups = rows["group"].to_numpy(dtype=str)
        targets[target] = {
            "metrics": {
                name: describe(column, groups, resamples=config.bootstrap, seed=config.seed)
                for name, column in values.items()
            },
            "constant": {answer: number(mean_error(dices[target])[0]) for answer, dices in constant.items()},
        }
        if target in counts[0]:
            targets[target]["without_foreground"] = {
                "truth": int((rows["foreground"] == 0).sum()),
                "prediction": int((rows["predicted"] == 0).sum()),
                "both": int(((rows["foreground"] == 0) & (rows["predicted"] == 0)).sum()),
            }
    return {
        "images": len(images),
        "groups": int(images["group"].nunique()),
        "empty": config.empty,
        "bootstrap": {"resamples": config.bootstrap, "seed": config.seed},
        "targets": targets,
        "per_image": {
            "id": list(images["id"]),
            "group": list(images["group"]),
            "values": per_image,
            "constant": constants,
        },
    }


def report(summary: dict[str, Any]) -> str:
    """The summary as lines to read: one per target and metric, then what was empty or left out."""
    lines = [f"{summary['images']} images of {summary['groups']} groups; empty masks count as: {summary['empty']}"]
    if "threshold" in summary:
        lines.append(f"threshold {summary['threshold']['value']:.3f} ({summary['threshold']['rule']})")
    for target, scores in summary["targets"].items():
        if "without_foreground" in scores:
            counts = scores["without_foreground"]
            lines.append(
                f"{target}: images without foreground: {counts['truth']} in the truth, {counts['prediction']} in the "
                f"prediction, {counts['both']} in both"
            )
        for name, value in scores["metrics"].items():
            mean = "undefined" if value["mean"] is None else f"{value['mean']:.4f}"
            error = "" if value["error"] is None else f" ± {value['error']:.4f}"
            left_out = f", {value['undefined']} undefined and left out" if value["undefined"] else ""
            lines.append(f"{target} {name}: {mean}{error} (n = {value['n']}{left_out})")
    return "\n".join(lines)
