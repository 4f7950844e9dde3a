"""Curves of training."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ssinfnet.errors import InputError
from ssinfnet.evaluation.runs import Run
from ssinfnet.figures.style import STYLE, columns, look, notice
from ssinfnet.files.tables import read_table

STAGES = {"student": "Student: pseudo labels", "single": "Single network: infection", "multi": "Multi network: classes"}

# What a pretext task is measured by: the first of these that its table of epochs has.
PRETEXT = {"erased_loss": "$L_{rec}$ on erased pixels", "accuracy": "share told right", "loss": "loss"}

Curves = Mapping[tuple[str, int, str], pd.DataFrame]  # by method, seed and stage


def read_curves(runs: Sequence[Run], columns: Sequence[str]) -> dict[tuple[str, int, str], pd.DataFrame]:
    """The tables of `runs` (values: stage, file) by method, seed and stage; files of one run are joined in order."""
    parts: dict[tuple[str, int, str], list[pd.DataFrame]] = {}
    for run in runs:
        if run.values[0] not in STAGES:
            raise InputError(f"{run.path}: the stage is {run.values[0]!r}, not one of {', '.join(STAGES)}")
        parts.setdefault((run.method, run.seed, run.values[0]), []).append(read_table(run.path, columns))
    return {key: pd.concat(tables, ignore_index=True) for key, tables in parts.items()}


def learning_curves(curves: Curves, labels: Mapping[str, str]) -> Figure:
    """Training loss, validation loss and validation Dice by epoch: a row per training, a line per method.

    Of several seeds the line is the mean, and each seed a thin one behind it.
    """
    stages = [stage for stage in STAGES if any(key[2] == stage for key in curves)]
    columns = {"loss": "Training loss", "validation_loss": "Validation loss", "validation_dice": "Validation Dice"}
    several = len({key[1] for key in curves}) > 1
    with rc_context(STYLE):
        figure = Figure(figsize=(11, 0.7 + 2.7 * len(stages)), layout="constrained")
        axes = figure.subplots(len(stages), len(columns), squeeze=False)
        for (method, stage), tables in _by_method(curves).items():
            colour, line = look(list(labels).index(method))
            for axis, column in zip(axes[stages.index(stage)], columns, strict=True):
                known = [table.dropna(subset=[column]).set_index("epoch")[column] for table in tables]
                for values in known if len(known) > 1 else ():
                    axis.plot(values.index, values, color=colour, linewidth=0.6, alpha=0.4)
                mean = pd.concat(known, axis=1).mean(axis=1)
                marker = "o" if len(mean) < 3 else None
                axis.plot(mean.index, mean, color=colour, linestyle=line, linewidth=1.5, marker=marker)
        for row, stage in zip(axes, stages, strict=True):
            for axis, title in zip(row, columns.values(), strict=True):
                axis.set(title=title, xlabel="epoch")
                axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            row[0].set_ylabel(STAGES[stage])
            row[-1].set_ylim(-0.02, 1.02)
        _legend(
            figure, labels, {key[0] for key in curves}, "thick: mean over seeds, thin: each seed" if several else ""
        )
    return figure


def pretext_curves(rounds: Curves, labels: Mapping[str, str]) -> Figure:
    """What a pretext task is measured by, by cumulative epoch: a row per network.

    That is the first of `PRETEXT` that its tables have: of inpainting the loss on erased pixels.

    The single network's tasks are shared by methods, so its row has a column per task, by whose name `rounds` has it;
    the multi network's has one per method. Network rounds are white, coach rounds shaded. Without any rounds the
    picture says that no method has a pretext.
    """
    if not rounds:
        return notice("None of the configured methods has a pretext task:\nthere is no loss of one to show.")
    with rc_context(STYLE):
        stages = [stage for stage in STAGES if any(key[2] == stage for key in rounds)]
        names = {stage: list(dict.fromkeys(key[0] for key in rounds if key[2] == stage)) for stage in stages}
        count = max(map(len, names.values()))
        figure = Figure(figsize=(max(7.0, 5.0 * count), 0.8 + 2.8 * len(stages)), layout="constrained")
        axes = figure.subplots(len(stages), count, squeeze=False)
        for (name, seed, stage), table in rounds.items():
            axis = axes[stages.index(stage), names[stage].index(name)]
            first = all(key[1] >= seed for key in rounds if (key[0], key[2]) == (name, stage))
            position = list(labels).index(name) if stage == "multi" else names[stage].index(name)
            measure = next(column for column in PRETEXT if column in table)
            axis.set_ylabel(PRETEXT[measure])
            _draw_rounds(axis, table, measure, look(position)[0], shade=first)
        for row, stage in zip(axes, stages, strict=True):
            for axis in row[len(names[stage]) :]:
                axis.set_axis_off()
            for axis, name in zip(row, names[stage], strict=False):
                title = f"{labels[name]}, multi network" if stage == "multi" else f"task {name}, single network"
                axis.set(title=title, xlabel="epoch, over all rounds")
                axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        handles = [
            Line2D([], [], color="#444444", linewidth=1.5, label="network learns"),
            Line2D([], [], color="#444444", linewidth=1.5, linestyle=":", label="coach learns"),
            Patch(color="#e8e8e8", label="coach round"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _by_method(curves: Curves) -> dict[tuple[str, str], list[pd.DataFrame]]:
    """The tables of all seeds by method and stage."""
    result: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for (method, _, stage), table in curves.items():
        result.setdefault((method, stage), []).append(table)
    return result


def _legend(figure: Figure, labels: Mapping[str, str], present: set[str], title: str) -> None:
    handles = []
    for position, (method, label) in enumerate(labels.items()):
        if method in present:
            colour, line = look(position)
            handles.append(Line2D([], [], color=colour, linestyle=line, linewidth=1.5, label=label))
    ncols = columns(handles, figure.get_figwidth())
    figure.legend(handles=handles, loc="outside lower center", ncols=ncols, title=title, title_fontsize=8)


def _draw_rounds(axis: Axes, table: pd.DataFrame, measure: str, colour: str, *, shade: bool) -> None:
    table = table.reset_index(drop=True)
    before = None
    for _, rows in table.groupby("round", sort=False):
        epochs = rows.index.to_numpy() + 1
        coach = rows["phase"].iloc[0] == "coach"
        if shade and coach:
            axis.axvspan(epochs[0] - 0.5, epochs[-1] + 0.5, color="#e8e8e8", linewidth=0)
        # Each round is joined to the point before, so that a round of one epoch is seen as well.
        x, y = epochs, rows[measure].to_numpy()
        if before is not None:
            x, y = np.append(before[0], x), np.append(before[1], y)
        marker = "." if len(epochs) == 1 else None
        axis.plot(x, y, color=colour, linestyle=":" if coach else "-", linewidth=1.5, marker=marker)
        before = (x[-1], y[-1])
    axis.set_xlim(0.5, len(table) + 0.5)
