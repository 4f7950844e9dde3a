"""All pairs of methods: difference, interval and corrected p of the number that each table turns on."""

from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ssinfnet.figures.style import BLUE, STYLE, notice

LESIONS = ("overall_without_background", "dice")
PANELS = {  # by table: title, target and metric
    "2": ("II: Dice of infection", "infection", "dice"),
    "3": ("III: Dice of GGO\nand consolidation", *LESIONS),
    "4": ("IV: the same with\noracle prior", *LESIONS),
    "5": ("V: balanced accuracy,\npatients, {cutoffs} cut-offs", "patients_{cutoffs}", "balanced_accuracy"),
}
ENDS = ("difference", "low", "high")
CLEAR = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
ONE_METHOD = "One method only: there is nothing to compare it with."


def draw(compared: pd.DataFrame, cutoffs: str) -> Figure:
    """A row per pair and a column per table; `compared` as `evaluation.comparisons.read` returns it.

    `cutoffs` are those of the severity that count, fitted or published.
    """
    if compared.empty:
        return notice(ONE_METHOD)
    panels = []
    for table, (title, target, metric) in PANELS.items():
        target = target.format(cutoffs=cutoffs)
        chosen = (compared["table"] == table) & (compared["target"] == target) & (compared["metric"] == metric)
        if chosen.any():
            panels.append((title.format(cutoffs=cutoffs), compared[chosen].to_dict("records")))
    names = [f"{row['method']}\nminus {row['reference_method']}" for row in panels[0][1]]
    with rc_context(STYLE):
        figure = Figure(figsize=(2.2 + 2.6 * max(2, len(panels)), 1.5 + 0.5 * len(names)), layout="constrained")
        axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)
        for axis, (title, rows) in zip(axes[0], panels, strict=True):
            _draw_panel(axis, rows)
            axis.set_title(title)
        axis.set_yticks(range(len(names)), names, fontsize=8)
        ends = [abs(float(row[key])) for _, rows in panels for row in rows for key in ENDS if row[key]]
        reach = 1.25 * max(ends, default=0) or 0.1
        axis.set_xlim(-reach, reach)
        axis.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))
        axis.set_ylim(len(names) - 0.3, -0.7)
        figure.supxlabel(
            "difference with 95 % interval (bootstrap over groups); p of a paired permutation test over groups,\n"
            "corrected by Holm for all pairs and targets of the table in this metric",
            fontsize=8,
        )
    return figure


def _draw_panel(axis: Axes, rows: list[dict[str, Any]]) -> None:
    axis.axvline(0, color="#555555", linewidth=0.9)
    for position, row in enumerate(rows):
        if not row["difference"]:
            continue
        middle = float(row["difference"])
        if row["low"]:
            axis.plot([float(row["low"]), float(row["high"])], [position] * 2, color=BLUE, linewidth=1.8)
        axis.plot(middle, position, "o", color=BLUE, markersize=5)
        text = f"{middle:+.3f}".replace("-", "\N{MINUS SIGN}") + (
            f", p = {float(row['p_holm']):.2g}" if row["p_holm"] else ""
        )
        axis.annotate(text, (middle, position), (0, 6), textcoords="offset points", ha="center", fontsize=7, bbox=CLEAR)
