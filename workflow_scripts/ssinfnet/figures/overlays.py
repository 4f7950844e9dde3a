"""Grids of test slices with lesion contours, like the paper's Figs. 6 to 8."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from ssinfnet.figures import contours
from ssinfnet.figures.style import STYLE, notice
from ssinfnet.slices.store import SliceStore

DISEASED = 4  # rows with a lesion; one healthy slice follows
PRIORS = {
    "predicted": "The multi network's prior is the prediction of the single network.",
    "oracle": "Oracle: the multi network is given the true infection as its prior; an upper bound, not a result.",
}
NO_CLASSES = "The masks of this data set tell infection only:\nthere is no multi network whose classes could be shown."


def choose_slices(store: SliceStore, split: pd.DataFrame, labels: tuple[int, ...]) -> list[str]:
    """Test slices to show: the largest lesions, of as many groups as there are, and one healthy slice."""
    test = split[split["part"] == "test"]
    sizes = pd.Series({name: int(store.read_infection(name, labels).sum()) for name in test["id"]})
    ranked = test.assign(size=test["id"].map(sizes)).sort_values(["size", "id"], ascending=[False, True])
    diseased = ranked[ranked["size"] > 0]
    turn = diseased.groupby("group").cumcount()  # the largest of every group, then the second of every group
    chosen = list(diseased.assign(turn=turn).sort_values("turn", kind="stable")["id"][:DISEASED])
    return chosen + list(test.loc[test["id"].map(sizes) == 0, "id"][:1])


def single_grid(
    store: SliceStore,
    split: pd.DataFrame,
    labels: tuple[int, ...],
    predictions: Mapping[str, tuple[Path, float]],
) -> Figure:
    """CT, truth and the infection that each method finds; `predictions` has map store and threshold by label."""
    rows = choose_slices(store, split, labels)
    with rc_context(STYLE):
        figure, axes = _grid(store, rows, split, predictions, lines=1)
        for row, slice_id in zip(axes, rows, strict=True):
            truth = store.read_infection(slice_id, labels)
            contours.contour(row[1], truth, **contours.TRUTH)
            row[1].set_xlabel(f"infected {truth.mean():.2%} of the picture")
        for column, (path, threshold) in enumerate(predictions.values(), start=2):
            with SliceStore(path) as maps:
                for row, slice_id in zip(axes, rows, strict=True):
                    truth = store.read_infection(slice_id, labels)
                    found = maps.read("infection", slice_id).astype(np.float32) >= threshold
                    contours.contour(row[column], found, **contours.INFECTION)
                    contours.contour(row[column], truth, **contours.TRUTH)
                    row[column].set_xlabel(contours.dice_text("infection", truth, found))
        contours.legend(figure, contours.INFECTION_ENTRIES, contours.GREY)
    return figure


def multi_grid(
    store: SliceStore, split: pd.DataFrame, labels: tuple[int, ...], predictions: Mapping[str, Path], prior: str
) -> Figure:
    """CT, true classes and the classes that each method finds; `predictions` has the map store by label.

    `prior` is the one that was given, predicted or oracle. Without predictions the picture says that the masks do not
    tell the classes.
    """
    if not predictions:
        return notice(NO_CLASSES)
    rows = choose_slices(store, split, labels)
    with rc_context(STYLE):
        figure, axes = _grid(store, rows, split, predictions, lines=2)
        for row, slice_id in zip(axes, rows, strict=True):
            mask = store.read("mask", slice_id)
            contours.draw_classes(row[1], mask)
            shares = [f"{name} {(mask == code).mean():.2%}" for code, (name, *_) in contours.CLASSES.items()]
            row[1].set_xlabel("\n".join(shares))
        for column, path in enumerate(predictions.values(), start=2):
            with SliceStore(path) as maps:
                for row, slice_id in zip(axes, rows, strict=True):
                    mask = store.read("mask", slice_id)
                    found = maps.read("classes", slice_id).argmax(axis=0)
                    contours.draw_classes(row[column], found)
                    scores = [
                        contours.dice_text(name, mask == code, found == code)
                        for code, (name, *_) in contours.CLASSES.items()
                    ]
                    row[column].set_xlabel("\n".join(scores))
        note = f"{PRIORS[prior]} {contours.GREY} Shares are of the picture."
        contours.legend(figure, contours.CLASS_ENTRIES, note)
    return figure


def _grid(
    store: SliceStore, rows: Sequence[str], split: pd.DataFrame, methods: Sequence[str], *, lines: int
) -> tuple[Figure, np.ndarray]:
    """The slices in all columns: CT, truth, and one per method."""
    figure, axes = contours.grid(len(rows), ["CT", "Truth", *methods], lines=lines)
    for row, slice_id in zip(axes, rows, strict=True):
        for axis in row:
            contours.show(axis, store.read("image", slice_id))
        row[0].set_ylabel(contours.name_of(slice_id, split))
    return figure, axes
