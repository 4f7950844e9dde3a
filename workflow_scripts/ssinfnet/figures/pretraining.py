"""The picture of a pretext task round by round: what was asked and answered, and the measures of held-out slices."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from ssinfnet.figures.masks import CELL, SLICES, show_slice, spread
from ssinfnet.figures.style import BLUE, STYLE
from ssinfnet.pretraining.inspection import Seen
from ssinfnet.pretraining.task import Restored, Told

NAMES = {"loss": "Loss", "accuracy": "Share told right", "error": "Mean absolute error, grey values of 0 to 1"}


def draw(seen: Sequence[Seen], table: pd.DataFrame, task: str) -> Figure:
    """What was `seen` after some rounds, above the measures after each, `table`; as `inspection.inspect` returns them.

    A task that shows nothing has its measures alone.
    """
    measures = [name for name in table.columns if name not in ("round", "phase")]
    chosen = [seen[position] for position in spread(len(seen))] if seen else []
    restored = bool(chosen) and isinstance(chosen[0].shown, Restored)
    shown = min(SLICES, len(chosen[0].shown.original)) if restored else 1
    above = CELL * (shown + 0.35 if restored else 1.55) if chosen else 0
    with rc_context(STYLE):
        width = max(3.6 * len(measures), CELL * (len(chosen) + (2 if restored else 0)), 5.5) + 0.3
        figure = Figure(figsize=(width, above + 2.6), layout="constrained")
        parts = figure.subfigures(1 + bool(chosen), 1, squeeze=False, height_ratios=[*([above] if chosen else []), 2.6])
        if restored:
            _draw_restored(parts[0, 0], chosen, shown, task)
        elif chosen:
            _draw_told(parts[0, 0], chosen, task)
        axes = parts[-1, 0].subplots(1, len(measures), squeeze=False)[0]
        for axis, name in zip(axes, measures, strict=True):
            axis.plot(table["round"], table[name], color=BLUE, marker="o")
            axis.set(title=NAMES.get(name, name), xlabel="after round")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if "accuracy" in measures and chosen and isinstance(chosen[0].shown, Told):
            axis = axes[measures.index("accuracy")]
            axis.axhline(1 / len(chosen[0].shown.names), color="#888888", linewidth=1, linestyle=(0, (1, 2)))
            axis.set_ylim(-0.02, 1.02)
        parts[-1, 0].suptitle("" if chosen else f"Task {task}: slices not trained on")
    return figure


def _draw_restored(part: SubFigure, chosen: Sequence[Seen], shown: int, task: str) -> None:
    """Slices as they were, distorted, and restored after each round: a row per slice."""
    part.suptitle(f"Task {task}: slices not trained on, distorted and restored")
    axes = part.subplots(shown, len(chosen) + 2, squeeze=False)
    first = chosen[0].shown
    columns = [("slice", first.original), ("distorted", first.corrupted)]
    columns += [(one.title, one.shown.restored) for one in chosen]
    for column, (title, slices) in zip(axes.T, columns, strict=True):
        column[0].set_title(title, loc="center")
        for axis, image in zip(column, slices, strict=False):
            show_slice(axis, 255 * image)


def _draw_told(part: SubFigure, chosen: Sequence[Seen], task: str) -> None:
    """A table of true and told classes for each round."""
    part.suptitle(f"Task {task}: what was told of slices not trained on, share of each row")
    axes = part.subplots(1, len(chosen), squeeze=False)[0]
    for axis, one in zip(axes, chosen, strict=True):
        names, counts = one.shown
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            colour = "white" if share > 0.5 else "black"
            axis.text(column, row, f"{share:.2f}", ha="center", va="center", color=colour, fontsize=7)
        axis.set_title(one.title, loc="center")
        axis.set_xticks(range(len(names)), names, fontsize=7)
        axis.set_yticks(range(len(names)), names, fontsize=7)
        axis.set_xlabel("told")
        axis.grid(False)
    axes[0].set_ylabel("true")
