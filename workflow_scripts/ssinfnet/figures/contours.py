"""CT slices with contours: one look of truth, infection and classes in all figures.

The colours differ for the colour-blind, the lines in grey; a dark rim keeps both visible on white tissue.
"""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet.evaluation import metrics
from ssinfnet.figures.style import ORANGE, SKY, YELLOW, columns
from ssinfnet.slices.labels import CONSOLIDATION, GGO, WORDS

CELL = 1.9  # inches
GREY = "CT: grey as stored, lung window from 0 (black) to 255 (white)."
SOLID, DASHED = "solid", (0, (2.2, 1.3))  # short dashes, as lesions are small
TRUTH = {"colors": "white", "linestyles": DASHED, "linewidths": 0.9}
INFECTION = {"colors": YELLOW, "linestyles": SOLID, "linewidths": 1.3}
CLASSES = {GGO: (WORDS["ggo"], SKY, SOLID), CONSOLIDATION: (WORDS["consolidation"], ORANGE, DASHED)}
INFECTION_ENTRIES = [("truth", "white", DASHED), ("found by the network", YELLOW, SOLID)]
CLASS_ENTRIES = list(CLASSES.values())


def grid(rows: int, titles: Sequence[str], *, lines: int = 2) -> tuple[Figure, np.ndarray]:
    """A figure with axes (rows, titles), a title above each column; room for so many lines below each picture."""
    height = CELL + 0.13 * lines + 0.1
    figure = Figure(figsize=(CELL * max(3, len(titles)) + 0.3, height * rows + 1.1), layout="constrained")
    axes = figure.subplots(rows, len(titles), squeeze=False)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(textwrap.fill(title, 22), loc="center")
    return figure, axes


def show(axis: Axes, image: np.ndarray) -> None:
    """Draw a slice, uint8 (H, W) or float in [0, 1], without axes."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == np.uint8 else 1)
    blank(axis)


def blank(axis: Axes) -> None:
    """Axes without ticks and frame, labels small."""
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.xaxis.label.set_fontsize(7)
    axis.yaxis.label.set_fontsize(7)


def contour(axis: Axes, mask: np.ndarray, **look: Any) -> None:
    """Outline a mask, bool (H, W), over the slice that was shown."""
    if mask.any():
        # A margin closes the outline of a lesion at the picture's edge.
        outline = axis.contour(
            np.arange(-1, mask.shape[1] + 1),
            np.arange(-1, mask.shape[0] + 1),
            np.pad(mask, 1).astype(float),
            levels=[0.5],
            **{"linewidths": 1.1, **look, "linestyles": [look["linestyles"]]},
        )
        outline.set_path_effects([patheffects.withStroke(linewidth=1.9, foreground="black", alpha=0.6)])
        axis.set(xlim=(-0.5, mask.shape[1] - 0.5), ylim=(mask.shape[0] - 0.5, -0.5))


def draw_classes(axis: Axes, mask: np.ndarray) -> None:
    """Outline GGO and consolidation of a class mask (H, W)."""
    for code, (_, colour, line) in CLASSES.items():
        contour(axis, mask == code, colors=colour, linestyles=line)


def dice_text(name: str, truth: np.ndarray, found: np.ndarray) -> str:
    """The Dice of two masks in words."""
    if not truth.any():
        return f"{name}: {'false alarm' if found.any() else 'rightly none'}"
    return f"{name}: Dice {float(metrics.dice(metrics.confusion(truth, found))):.2f}"


def name_of(slice_id: str, split: pd.DataFrame) -> str:
    """The slice's id, and its group where that is another."""
    group = split.set_index("id")["group"][slice_id]
    return slice_id if group == slice_id else f"{slice_id}\n({group})"


def legend(figure: Figure, entries: Iterable[tuple[str, str, Any]], note: str) -> None:
    """What the lines mean, and below a note, wrapped to the figure's width."""
    stroke = [patheffects.withStroke(linewidth=3.0, foreground="black")]
    handles = [
        Line2D([], [], color=colour, linestyle=line, linewidth=1.6, label=name, path_effects=stroke)
        for name, colour, line in entries
    ]
    drawn = figure.legend(
        handles=handles,
        handlelength=3.2,
        loc="outside lower center",
        ncols=columns(handles, figure.get_figwidth()),
        title=textwrap.fill(note, int(17 * figure.get_figwidth())),
        title_fontsize=7,
    )
    drawn.get_title().set_multialignment("center")
