"""Dice against the number of labels, a line per family of methods."""

import math

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet.figures.style import STYLE, columns, look
from ssinfnet.slices.labels import WORDS

# Budgets: how far the lines stand beside each other, so that no interval hides another, and all of them at most.
APART, ALL = 0.12, 0.7
SEEDS = 0.03  # how far the marks of seeds stand from that of their mean


def draw(table: pd.DataFrame) -> Figure:
    """A panel per target; `table` as `evaluation.label_budgets.tabulate` returns it.

    The budgets stand side by side, named by what the config asks for and, in brackets, the slices that had labels where
    that is another number. Large marks are means over the seeds, with their interval; small ones are the seeds.
    """
    targets, families = list(dict.fromkeys(table["target"])), list(dict.fromkeys(table["family"]))
    budgets = table.drop_duplicates("labels").set_index("labels")["slices"].astype(float)
    budgets = budgets[
        sorted(budgets.index, key=lambda labels: (labels == "all", int(labels) if labels != "all" else 0))
    ]
    place = {labels: position for position, labels in enumerate(budgets.index)}
    apart = min(APART, ALL / len(families))
    with rc_context(STYLE):
        width = max(3.2, 1.0 + max(0.75, 0.25 * len(families)) * len(budgets))
        handles = [
            Line2D([], [], color=look(position)[0], linestyle=look(position)[1], marker="o", markersize=5, label=family)
            for position, family in enumerate(families)
        ]
        handles.append(Line2D([], [], color="#888888", linestyle=(0, (1, 2)), label="Picture-blind baseline"))
        width = max(6.0, width * len(targets))
        ncols = columns(handles, width)
        height = 3.6 + 0.2 * math.ceil(len(handles) / ncols)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, len(targets), sharey=True, squeeze=False)[0]
        for axis, target in zip(axes, targets, strict=True):
            rows = table[table["target"] == target]
            for position, family in enumerate(families):
                shift = apart * (position - (len(families) - 1) / 2)
                _draw_family(axis, rows[rows["family"] == family], place, shift, position)
            blind = pd.to_numeric(rows["chance"]).mean()
            if pd.notna(blind):
                axis.axhline(blind, color="#888888", linewidth=1, linestyle=(0, (1, 2)))
            title = WORDS.get(target, target)
            axis.set_title(title[0].upper() + title[1:])
            axis.set_xticks(range(len(budgets)), [_name(labels, slices) for labels, slices in budgets.items()])
            axis.set(xlabel="labelled training slices", xlim=(-0.5, len(budgets) - 0.5))
        axes[0].set_ylabel("Dice, mean of the test slices")
        figure.legend(handles=handles, loc="outside lower center", ncols=ncols)
    return figure


def _draw_family(axis: Axes, rows: pd.DataFrame, place: dict[str, int], shift: float, position: int) -> None:
    colour, line = look(position)
    known = rows[rows["dice"] != ""]
    known = known.iloc[known["labels"].map(place).argsort()]
    x = known["labels"].map(place) + shift
    axis.plot(x, known["dice"].astype(float), color=colour, linestyle=line, marker="o", markersize=5, linewidth=1.5)
    for here, row in zip(x, known.to_dict("records"), strict=True):
        if row["low"]:
            axis.plot([here] * 2, [float(row["low"]), float(row["high"])], color=colour, linewidth=1.2)
        seeds = [float(value) for value in row["by_seed"].split()]
        if len(seeds) > 1:
            axis.plot([here + SEEDS] * len(seeds), seeds, "o", color=colour, markersize=3, alpha=0.6)


def _name(labels: str, slices: float) -> str:
    """A budget as its tick says it."""
    return labels if labels == f"{slices:g}" else f"{labels}\n({slices:.3g})"
