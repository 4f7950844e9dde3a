"""The effect of each part of a method on Dice, with intervals over groups and over seeds."""

import textwrap

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ssinfnet.figures.style import BLUE, STYLE, VERMILLION
from ssinfnet.slices.labels import WORDS

FACTORS = {"pretext": "Pretext task", "augmentation": "Augmentation", "prior": "Training priors"}
TITLES = {"overall_without_background": "Mean of GGO and consolidation"}
APART = 0.16  # rows: how far the two intervals of a level stand from its middle
WIDEST = 30  # letters of a level in a line


def draw(table: pd.DataFrame) -> Figure:
    """A row per level and a panel per target; `table` as `evaluation.ablation.tabulate` returns it."""
    targets = list(dict.fromkeys(table["target"]))
    levels = list(table[["factor", "level", "reference"]].drop_duplicates().itertuples(index=False, name=None))
    # A line for the name of each factor above its levels.
    places, names, place = {}, {}, 0.0
    for factor in (factor for factor in FACTORS if any(level[0] == factor for level in levels)):
        reference = next(level[2] for level in levels if level[0] == factor)
        names[place] = f"{FACTORS[factor]}, minus {_words(reference)}"
        for _, level, _ in (level for level in levels if level[0] == factor):
            place += 1
            places[factor, level] = place
        place += 1
    with rc_context(STYLE):
        figure = Figure(figsize=(2.6 + 2.7 * len(targets), 1.5 + 0.42 * place), layout="constrained")
        axes = figure.subplots(1, len(targets), sharex=True, sharey=True, squeeze=False)[0]
        for axis, target in zip(axes, targets, strict=True):
            rows = table[table["target"] == target].to_dict("records")
            axis.axvline(0, color="#555555", linewidth=0.9)
            for row in rows:
                _draw_level(axis, row, places[row["factor"], row["level"]])
            title = TITLES.get(target) or WORDS.get(target, target)
            axis.set_title(title[0].upper() + title[1:])
            axis.grid(False, axis="y")
            axis.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))
        ticks = [*names, *places.values()]
        words = [*names.values(), *(textwrap.fill(_words(level), WIDEST) for _, level in places)]
        labels = axes[0].set_yticks(ticks, words)
        for tick in labels[: len(names)]:
            tick.label1.set_fontweight("bold")
        for axis in axes:
            axis.tick_params(axis="y", length=0)
        axes[0].set_ylim(place - 0.4, -0.6)
        handles = [
            Line2D([], [], color=BLUE, marker="o", markersize=5, linewidth=1.8, label="95 % interval over groups"),
            Line2D([], [], color=VERMILLION, marker="|", linewidth=1.2, label="95 % interval over seeds"),
            Line2D([], [], color=VERMILLION, marker=".", linewidth=0, alpha=0.6, label="a seed"),
        ]
        figure.supxlabel("difference in Dice, all else equal", fontsize=9)
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _draw_level(axis: Axes, row: dict[str, str], place: float) -> None:
    if not row["difference"]:
        return
    middle, above, below = float(row["difference"]), place - APART, place + APART
    if row["low"]:
        axis.plot([float(row["low"]), float(row["high"])], [above] * 2, color=BLUE, linewidth=1.8)
    axis.plot(middle, above, "o", color=BLUE, markersize=5)
    seeds = [float(value) for value in row["by_seed"].split()]
    if len(seeds) < 2:
        return
    axis.plot([float(row["seeds_low"]), float(row["seeds_high"])], [below] * 2, color=VERMILLION, linewidth=1.2)
    axis.plot(sum(seeds) / len(seeds), below, "|", color=VERMILLION, markersize=8)
    axis.plot(seeds, [below] * len(seeds), ".", color=VERMILLION, markersize=5, alpha=0.6)


def _words(level: str) -> str:
    return level.replace("_", " ")
