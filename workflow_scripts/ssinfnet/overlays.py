"""Grids of test slices with lesion contours, like the paper's Figs. 6 and 7."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import patheffects, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet import figures, metrics
from ssinfnet.figures import ORANGE, SKY, STYLE, YELLOW
from ssinfnet.slices import SliceStore

DISEASED = 4  # rows with a lesion; one healthy slice follows
TRUTH = {"colors": "white", "linestyles": "dashed", "linewidths": 0.9}
INFECTION = {"colors": YELLOW, "linestyles": "solid", "linewidths": 1.3}
CLASSES = {1: ("GGO", SKY, "solid"), 2: ("consolidation", ORANGE, "dashed")}
CELL = 1.9  # inches


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
        figure, axes = _grid(rows, split, ["CT", "Truth", *predictions])
        for row, slice_id in zip(axes, rows, strict=True):
            truth = store.read_infection(slice_id, labels)
            for axis in row:
                _show(axis, store.read("image", slice_id))
            _contour(row[1], truth, **TRUTH)
            row[1].set_xlabel(f"infected {truth.mean():.1%} of the picture")
        for column, (path, threshold) in enumerate(predictions.values(), start=2):
            with SliceStore(path) as maps:
                for row, slice_id in zip(axes, rows, strict=True):
                    truth = store.read_infection(slice_id, labels)
                    found = maps.read("infection", slice_id).astype(np.float32) >= threshold
                    _contour(row[column], found, **INFECTION)
                    _contour(row[column], truth, **TRUTH)
                    row[column].set_xlabel(_dice("infection", truth, found))
        _legend(figure, [("truth", "white", "dashed"), ("found by the network", YELLOW, "solid")])
    return figure


def multi_grid(
    store: SliceStore, split: pd.DataFrame, labels: tuple[int, ...], predictions: Mapping[str, Path]
) -> Figure:
    """CT, true classes and the classes that each method finds; `predictions` has the map store by label.

    Without predictions the picture says that the masks do not tell the classes.
    """
    if not predictions:
        message = (
            "The masks of this data set tell infection only:\nthere is no multi network whose classes could be shown."
        )
        return figures.notice(message)
    rows = choose_slices(store, split, labels)
    with rc_context(STYLE):
        figure, axes = _grid(rows, split, ["CT", "Truth", *predictions])
        for row, slice_id in zip(axes, rows, strict=True):
            mask = store.read("mask", slice_id)
            for axis in row:
                _show(axis, store.read("image", slice_id))
            _draw_classes(row[1], mask)
            row[1].set_xlabel("\n".join(f"{name} {(mask == code).mean():.1%}" for code, (name, *_) in CLASSES.items()))
        for column, path in enumerate(predictions.values(), start=2):
            with SliceStore(path) as maps:
                for row, slice_id in zip(axes, rows, strict=True):
                    mask = store.read("mask", slice_id)
                    found = maps.read("classes", slice_id).argmax(axis=0)
                    _draw_classes(row[column], found)
                    scores = [_dice(name, mask == code, found == code) for code, (name, *_) in CLASSES.items()]
                    row[column].set_xlabel("\n".join(scores))
        _legend(figure, CLASSES.values())
    return figure


def _grid(rows: Sequence[str], split: pd.DataFrame, titles: Sequence[str]) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(CELL * len(titles) + 0.3, (CELL + 0.35) * len(rows) + 0.7), layout="constrained")
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    group_of = split.set_index("id")["group"]
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, loc="center")
    for row, slice_id in zip(axes, rows, strict=True):
        group = group_of[slice_id]
        row[0].set_ylabel(slice_id if group == slice_id else f"{slice_id}\n({group})", fontsize=7)
    return figure, axes


def _show(axis: Axes, image: np.ndarray) -> None:
    axis.imshow(image, cmap="gray", vmin=0, vmax=255)
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.xaxis.label.set_fontsize(7)


def _draw_classes(axis: Axes, mask: np.ndarray) -> None:
    for code, (_, colour, line) in CLASSES.items():
        _contour(axis, mask == code, colors=colour, linestyles=line)


def _contour(axis: Axes, mask: np.ndarray, **look: str | float) -> None:
    if mask.any():
        # A margin closes the outline of a lesion at the picture's edge.
        outline = axis.contour(
            np.arange(-1, mask.shape[1] + 1),
            np.arange(-1, mask.shape[0] + 1),
            np.pad(mask, 1).astype(float),
            levels=[0.5],
            **{"linewidths": 1.1, **look},
        )
        outline.set_path_effects([patheffects.withStroke(linewidth=1.9, foreground="black", alpha=0.6)])
        axis.set(xlim=(-0.5, mask.shape[1] - 0.5), ylim=(mask.shape[0] - 0.5, -0.5))


def _dice(name: str, truth: np.ndarray, found: np.ndarray) -> str:
    if not truth.any():
        return f"{name}: {'false alarm' if found.any() else 'rightly none'}"
    return f"{name}: Dice {float(metrics.dice(metrics.confusion(truth, found))):.2f}"


def _legend(figure: Figure, entries: Sequence[tuple[str, str, str]]) -> None:
    stroke = [patheffects.withStroke(linewidth=3.0, foreground="black")]
    handles = [
        Line2D([], [], color=colour, linestyle=line, linewidth=1.6, label=name, path_effects=stroke)
        for name, colour, line in entries
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
