"""Dice by region of the lungs on the labelled test slices, and the CT severity score of truth against prediction.

A patient or volume of three slices or more has twelve regions, one of fewer has four (`regions`). Pixels are
summed over the slices of a group, and its score in a region is one Dice; means and intervals are over groups.

The lungs are those that come with the slices (MedSeg set 2), else those that the parenchyma method finds, if the rules
of the cleaning trust them. Slices without trusted lungs, such as crops of the lungs, are left out and counted.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.evaluation import Evaluation
from ssinfnet.errors import InputError
from ssinfnet.evaluation import metrics
from ssinfnet.evaluation.intervals import describe, number
from ssinfnet.evaluation.segmentation import EMPTY
from ssinfnet.lungs import direction, trusted
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.severity import regions as severity_regions
from ssinfnet.severity.regions import REGIONS, VOLUME_REGIONS
from ssinfnet.slices.labels import LESIONS
from ssinfnet.slices.parts import part_ids
from ssinfnet.slices.store import SliceStore

COUNTS = ("tp", "fp", "fn")


class Maps(NamedTuple):
    """Predictions of the test slices: infection maps with their threshold, and class maps where there are any."""

    infection: SliceStore
    threshold: float
    classes: SliceStore | None


def evaluate(
    store: SliceStore,
    split: pd.DataFrame,
    maps: Maps,
    labels: tuple[int, ...],
    *,
    method: str,
    trust: Cleaning,
    scoring: Evaluation,
    least: float,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows of group, region, target, pixels and Dice; and a summary ready for JSON.

    `labels` are the codes that are infection, `method` and `trust` find lungs and decide on them, `least` is the
    infected share from which a region scores 1. Raises `InputError` for a map that is missing or of another size.
    """
    test = part_ids(split, "test")
    group_of = dict(zip(store.index["id"], store.index["group"], strict=True))
    third_of = dict(zip(store.index["id"], severity_regions.third_of_each(store.index["group"]), strict=True))
    by_group: dict[str, list[tuple[int, np.ndarray, float]]] = {}
    left_out: Counter[str] = Counter()
    lesion = outside = 0
    targets = ("infection", *(LESIONS if maps.classes else ()))
    for slice_id in test:
        image = store.read("image", slice_id)
        lungs, reason = _lungs(store, slice_id, image, method, trust)
        if reason:
            left_out[reason] += 1
            continue
        regions = severity_regions.divide(image, lungs)
        counts = []
        for truth, found in _pairs(store, slice_id, maps, labels):
            counts.append(severity_regions.count_pixels(regions, [truth & found, ~truth & found, truth & ~found]))
            if len(counts) == 1:
                lesion += int(truth.sum())
                outside += int((truth & (regions == 0)).sum())
        # Volumes, which come with their lungs, are in the store from the head to the feet; pictures may not be.
        between = float("nan") if store.has("lungs", slice_id) else direction.between(lungs)
        by_group.setdefault(group_of[slice_id], []).append((third_of[slice_id], np.stack(counts, axis=1), between))
    rows, scores = [], []
    for group, slices in by_group.items():
        thirds, counts, shares = (np.array(column) for column in zip(*slices, strict=True))
        thirds = severity_regions.upper_first(thirds, direction.of_stack(counts[:, :, 0, 0].sum(axis=1), shares))
        pooled = severity_regions.pool(counts, thirds)
        names = VOLUME_REGIONS if len(pooled) == len(VOLUME_REGIONS) else REGIONS
        rows += list(_dice(group, names, pooled, targets, EMPTY[scoring.empty]))
        scores.append({"group": group, **_ct_scores(pooled[:, 0], least)})
    frame = pd.DataFrame(rows, columns=["group", "region", "target", "lung", *COUNTS, "dice"])
    # What no group has cannot be found well or badly.
    present = frame.groupby("target")[["tp", "fn"]].sum().sum(axis=1) > 0
    frame["dice"] = frame["dice"].where(frame["target"].map(present), np.nan)
    return frame, {
        "slices": len(test),
        "slices_used": len(test) - sum(left_out.values()),
        "slices_left_out": dict(sorted(left_out.items())),
        "groups": len(by_group),
        "empty": scoring.empty,
        "lesion_outside_lungs": outside / lesion if lesion else None,
        "targets": {target: _by_region(frame[frame["target"] == target], scoring) for target in targets},
        "ct_score": _agreement(scores),
    }


def report(summary: dict[str, Any]) -> str:
    """The summary in a line: what was used, what was left out and why."""
    reasons = ", ".join(f"{reason} ({count})" for reason, count in summary["slices_left_out"].items())
    return f"{summary['slices_used']} of {summary['slices']} slices used; left out: {reasons or 'none'}"


def _lungs(store: SliceStore, slice_id: str, image: np.ndarray, method: str, trust: Cleaning) -> tuple[np.ndarray, str]:
    """The lungs of a slice, and why they cannot be used (empty: they can)."""
    if store.has("lungs", slice_id):
        lungs = store.read("lungs", slice_id)
        return lungs, "" if lungs.any() else "no lungs in the slice"
    return trusted.find(image, method, trust)


def _pairs(
    store: SliceStore, slice_id: str, maps: Maps, labels: tuple[int, ...]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction of each target, bool (H, W)."""
    truth = store.read_infection(slice_id, labels)
    infection = maps.infection.read("infection", slice_id).astype(np.float32)
    if infection.shape != truth.shape:
        raise InputError(f"{maps.infection.path}: {slice_id} is {infection.shape}, not {truth.shape}; predict again")
    yield truth, infection >= maps.threshold
    if maps.classes:
        mask, found = store.read("mask", slice_id), maps.classes.read("classes", slice_id).argmax(axis=0)
        if found.shape != mask.shape:
            raise InputError(f"{maps.classes.path}: {slice_id} is {found.shape}, not {mask.shape}; predict again")
        for code in LESIONS.values():
            yield mask == code, found == code


def _dice(
    group: str, names: tuple[str, ...], counts: np.ndarray, targets: tuple[str, ...], empty: float
) -> Iterator[tuple[Any, ...]]:
    """The rows of a group, from its pixel counts (regions, targets, 1 + 3); a region without lung has none."""
    for name, of_region in zip(names, counts, strict=True):
        for target, (lung, tp, fp, fn) in zip(targets, of_region, strict=True):
            if lung:
                confusion = metrics.Confusion(*map(np.asarray, (tp, fp, fn, lung - tp - fp - fn)))
                yield group, name, target, lung, tp, fp, fn, float(metrics.dice(confusion, empty))


def _by_region(rows: pd.DataFrame, scoring: Evaluation) -> dict[str, dict[str, float | int | None]]:
    """Dice over groups by region; `without_foreground` counts those of them where truth and prediction are empty."""
    result = {}
    for name in (*REGIONS, *VOLUME_REGIONS):
        chosen = rows[rows["region"] == name]
        if len(chosen):
            groups = chosen["group"].to_numpy(dtype=str)
            result[name] = {
                **describe(chosen["dice"].to_numpy(), groups, resamples=scoring.bootstrap, seed=scoring.seed),
                "without_foreground": int((chosen[list(COUNTS)].sum(axis=1) == 0).sum()),
            }
    return result


def _ct_scores(counts: np.ndarray, least: float) -> dict[str, Any]:
    """CT severity score of truth and prediction, as a share of the highest, from infection counts (regions, 1 + 3)."""
    lung, tp, fp, fn = counts.T
    found = severity_regions.describe(np.stack([lung, tp + fp], axis=1), least, ("infected",))
    truth = severity_regions.describe(np.stack([lung, tp + fn], axis=1), least, ("infected",))
    return {
        "regions": found["ct_regions"],
        "truth": truth["ct_score"],
        "prediction": found["ct_score"],
        "truth_share": truth["ct_share"],
        "prediction_share": found["ct_share"],
    }


def _agreement(scores: list[dict[str, Any]]) -> dict[str, Any]:
    """How near the predicted CT severity score is to that of the true lesions, over groups; shares of the highest."""
    truth = np.array([score["truth_share"] for score in scores])
    found = np.array([score["prediction_share"] for score in scores])
    return {
        "mean_absolute_error": number(np.abs(truth - found).mean()) if len(scores) else None,
        "bias": number((found - truth).mean()) if len(scores) else None,
        "spearman": number(severity_metrics.spearman(truth, found)) if len(scores) else None,
        "by_group": scores,
    }
