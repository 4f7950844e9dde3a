"""The style that all figures share.

Colours are of the Okabe-Ito palette, told apart by the colour-blind; a line style or marker goes with each, so that
a grey print can be read too. Files carry no date: the same numbers give the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from ssinfnet.files.atomic import atomic_path

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW, BLACK = "#E69F00", "#56B4E9", "#F0E442", "#000000"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "figure.dpi": 130,
}


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG, atomically and without a date."""
    _settle(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None}, facecolor="white")


def _settle(figure: Figure) -> None:
    """Lay the axes out, to a millionth of the figure: the last bits of a layout follow from where things lie in memory.

    Else some pixels of the same figure would have another grey each time.
    """
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.set_points(part.bbox_relative.get_points().round(6))
    for axes in figure.axes:
        axes.set_position([round(value, 6) for value in axes.get_position(original=True).bounds])


def notice(message: str) -> Figure:
    """A picture that says why there is nothing to show."""
    with rc_context(STYLE):
        figure = Figure(figsize=(7, 1.6))
        figure.text(0.5, 0.5, message, ha="center", va="center", fontsize=11)
    return figure


def look(position: int) -> tuple[str, Any]:
    """Colour and line style of the method at this position of the config: no two of the first 49 look alike."""
    return COLOURS[position % len(COLOURS)], LINES[(position + position // len(COLOURS)) % len(LINES)]


def columns(handles: Sequence[Artist], width: float) -> int:
    """In how many columns a legend of these handles fits into `width` inches."""
    longest = max(len(handle.get_label()) for handle in handles)
    return max(1, min(len(handles), int(width / (0.6 + 0.072 * longest))))
