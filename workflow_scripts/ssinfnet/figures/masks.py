"""The picture of inpainting round by round: masks, reconstructions, and the loss that both sides fight over."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ssinfnet.figures.style import BLUE, STYLE, VERMILLION
from ssinfnet.pretraining.masks import Inpainted

SLICES = 3
COLUMNS = 6
CELL = 1.9  # inches
LOOKS = {"random": (BLUE, "o", "random masks"), "coach": (VERMILLION, "s", "the coach's masks")}


def draw(images: np.ndarray, pictures: Sequence[Inpainted], table: pd.DataFrame, task: str) -> Figure:
    """Per slice what the network sees and what it makes of it; below, its loss after each round.

    `images` is uint8 (N, S, S), `table` as `pretraining.masks.inspect` returns it. Of many rounds the first, the
    last and some between are shown.
    """
    chosen = spread(len(pictures))
    shown = range(min(SLICES, len(images)))
    with rc_context(STYLE):
        width = CELL * max(3, len(chosen) + 1) + 0.3
        figure = Figure(figsize=(width, CELL * 2 * len(shown) + 3.2), layout="constrained")
        top, bottom = figure.subfigures(2, 1, height_ratios=[CELL * 2 * len(shown) + 0.4, 2.8])
        top.suptitle(f"Task {task}: what is erased (dark, outlined), and below how it is inpainted")
        axes = top.subplots(2 * len(shown), len(chosen) + 1, squeeze=False)
        for row, number in zip(axes[::2], shown, strict=True):
            show_slice(row[0], images[number])
        for row in axes[1::2]:
            row[0].set_axis_off()
        axes[0, 0].set_title("slice", loc="center")
        for column, position in enumerate(chosen, start=1):
            picture = pictures[position]
            axes[0, column].set_title(picture.title, loc="center")
            for number in shown:
                kept = picture.mask[number]
                above, below = axes[2 * number : 2 * number + 2, column]
                show_slice(above, np.where(kept, images[number], images[number] // 4))
                _outline(above, kept)
                show_slice(below, np.where(kept, images[number], 255 * picture.reconstruction[number]))
        _draw_losses(bottom.subplots(), table)
    return figure


def spread(count: int) -> np.ndarray:
    """Of `count` pictures the positions of those that are shown: the first, the last and some between."""
    return np.unique(np.linspace(0, count - 1, min(COLUMNS, count)).round().astype(int))


def _draw_losses(axis: Axes, table: pd.DataFrame) -> None:
    for kind, rows in table.groupby("mask", sort=False):
        colour, marker, name = LOOKS[str(kind)]
        axis.plot(rows["round"], rows["erased_loss"], color=colour, marker=marker, label=f"on {name}")
        axis.plot(rows["round"], rows["least_loss"], color=colour, linestyle=":", label="  the least possible")
    coached = sorted(set(table.loc[table["phase"] == "coach", "round"]))
    for number in coached:
        axis.axvspan(number - 0.5, number + 0.5, color="#eeeeee", zorder=0)
    rounds = sorted(set(table["round"]))
    axis.set(
        xlabel="after round (grey: a coach's)" if coached else "after round",
        ylabel="$L_{rec}$ on erased pixels",
        xticks=rounds,
    )
    axis.set_title("Loss on slices not trained on")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))


def show_slice(axis: Axes, image: np.ndarray) -> None:
    """A grey slice, 0 to 255, without ticks."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=255)
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    axis.spines[:].set_visible(False)


def _outline(axis: Axes, kept: np.ndarray) -> None:
    axis.contour(kept.astype(float), levels=[0.5], colors="white", linewidths=0.5)
