"""Pictures of severity: distributions by class, confusion matrices, ROC curves, and the regions of the lungs.

Every function takes `results`, by method label: the table of patients and the metrics that score_severity writes.
Patients without a ratio are not drawn, and those without a score only where nobody has one: then all are of one class.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet.figures.style import BLUE, COLOURS, GREEN, LINES, ORANGE, SKY, STYLE, VERMILLION
from ssinfnet.files.tables import read_table
from ssinfnet.severity.regions import REGIONS
from ssinfnet.slices.labels import WORDS

Results = Mapping[str, tuple[pd.DataFrame, dict[str, Any]]]

SCORES = {
    0: ("not severe (score 0)", SKY, ""),
    1: ("severe (1)", ORANGE, "//"),
    2: ("critically ill (2)", VERMILLION, "xx"),
}
UNSCORED = ("all patients", SKY, "")
FINDINGS = dict(zip(WORDS, zip(WORDS.values(), (SKY, ORANGE), ("", "//"), strict=True), strict=True))
TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1)


def read_patients(path: Path) -> pd.DataFrame:
    """The table of patients that score_severity writes."""
    columns = ("morbidity", "score", "ratio_mean", "ratio_max", "left_out", "ct_share", "infected")
    return read_table(path, (*columns, *(f"{region}_infected" for region in REGIONS)))


def severity_figure(results: Results) -> Figure:
    """A column per method: infection ratios by class with the cut-offs, and below a confusion matrix for each kind.

    The axis of the ratio is its root, as most of the classes lie close to zero.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(max(7.0, 5.2 * len(results)), 10.5), layout="constrained")
        axes = figure.subplots(3, len(results), squeeze=False, height_ratios=(3, 2, 2))
        for column, (label, (patients, metrics)) in zip(axes.T, results.items(), strict=True):
            column[0].set_title(label)
            _draw_ratios(column[0], patients, metrics)
            for axis, cutoffs in zip(column[1:], ("fitted", "published"), strict=True):
                _draw_confusion(axis, metrics, cutoffs)
        handles = [
            Line2D([], [], color=GREEN, linestyle="", marker="o", markersize=4, label="a patient"),
            Line2D([], [], color=VERMILLION, linewidth=1.5, label="fitted cut-offs"),
            Line2D([], [], color=BLUE, linewidth=1.5, linestyle="--", label="published cut-offs"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def roc_figure(results: Results) -> Figure:
    """ROC curves for severe or worse, a line per method: left by the ratio, right by the CT severity score.

    The legend has the area with its interval. Where there are not both classes, a line of text says so.
    """
    titles = {"ratio": "Infected share of the lungs", "ct_share": "CT severity score"}
    with rc_context(STYLE):
        figure = Figure(figsize=(9.5, 5.2 + 0.25 * len(results)), layout="constrained")
        for axis, (predictor, title) in zip(figure.subplots(1, 2), titles.items(), strict=True):
            for position, (label, (patients, metrics)) in enumerate(results.items()):
                scored = _scored(patients)
                severe = scored["score"].to_numpy() >= 1
                values = scored[f"ratio_{metrics['patient_ratio']}" if predictor == "ratio" else predictor].to_numpy()
                area = metrics["predictors"][predictor]["auc_severe"]
                if area["value"] is None:
                    text = "all patients are on one side" if len(scored) else "no patient has a severity class"
                    axis.text(0.5, 0.5, text, ha="center", transform=axis.transAxes)
                    continue
                false, true = _rates(severe, values)
                interval = f" [{area['low']:.2f}, {area['high']:.2f}]" if area["low"] is not None else ""
                look = {"color": COLOURS[position % len(COLOURS)], "linestyle": LINES[position % len(LINES)]}
                axis.plot(false, true, linewidth=1.6, label=f"{label}: AUC {area['value']:.2f}{interval}", **look)
            axis.plot([0, 1], [0, 1], color="#888888", linewidth=1, linestyle=(0, (1, 3)), label="chance: AUC 0.5")
            axis.set(title=title, xlabel="false positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
            axis.set_ylabel("true positive rate (severe or worse)")
            axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure


def regions_figure(results: Results) -> Figure:
    """A column per method: CT severity score by class, infected share of each region by score, and by finding.

    The score is shown as the share of the highest that a patient's regions allow. GGO and consolidation are there
    where the classes are.
    """
    with_classes = any("ggo" in patients for patients, _ in results.values())
    rows = 3 if with_classes else 2
    with rc_context(STYLE):
        figure = Figure(figsize=(max(7.0, 5.2 * len(results)), 0.6 + 3.2 * rows), layout="constrained")
        axes = figure.subplots(rows, len(results), squeeze=False)
        for column, (label, (patients, _)) in zip(axes.T, results.items(), strict=True):
            scored, shown = _scored(patients), _shown(patients)
            _draw_by_class(column[0], shown, "ct_share")
            column[0].set(title=label, ylabel="CT severity score,\nshare of the highest", ylim=(-0.03, 1.03))
            by_score = {look: _means(scored[scored["score"] == score], "infected") for score, look in SCORES.items()}
            _draw_bars(column[1], by_score if len(scored) else {UNSCORED: _means(shown, "infected")})
            column[1].set_ylabel("infected share of the region")
            if with_classes:
                _draw_bars(column[2], {look: _means(shown, finding) for finding, look in FINDINGS.items()})
                column[2].set_ylabel(f"share of the region,\nall {'scored ' if len(scored) else ''}patients")
        patient = Line2D([], [], color=GREEN, linestyle="", marker="o", markersize=4, label="a patient")
        figure.legend(handles=[patient], loc="outside lower center")
    return figure


def _scored(patients: pd.DataFrame) -> pd.DataFrame:
    return patients[patients["left_out"].isna()]


def _shown(patients: pd.DataFrame) -> pd.DataFrame:
    """The scored patients; where there are none, those with a ratio, all without class."""
    scored = _scored(patients)
    return (
        scored if len(scored) else patients[patients["ratio_mean"].notna()].assign(morbidity="without class", score=-1)
    )


def _draw_ratios(axis: Axes, patients: pd.DataFrame, metrics: dict[str, Any]) -> None:
    over, cutoffs = metrics["patient_ratio"], metrics["cutoffs"]
    shown = _shown(patients)
    _draw_by_class(axis, shown, f"ratio_{over}")
    fitted = cutoffs["fitted"] or []
    for values, colour, line in ((fitted, VERMILLION, "-"), (cutoffs["published"], BLUE, "--")):
        for value in values:
            axis.axhline(value, color=colour, linestyle=line, linewidth=1.5)
    top = max([*cutoffs["published"], *fitted, *shown[f"ratio_{over}"]])
    axis.set_yscale("function", functions=(lambda ratio: np.sqrt(np.maximum(ratio, 0)), np.square))
    axis.set_ylim(0, 1.1 * top)
    axis.set_yticks([tick for tick in TICKS if tick <= 1.1 * top])
    axis.set_ylabel(f"infected share of the lungs, {over} over slices")


def _draw_by_class(axis: Axes, scored: pd.DataFrame, column: str) -> None:
    """A box and the patients of each clinical class, in the order of their scores."""
    classes = scored.groupby("morbidity")["score"].first().reset_index().sort_values(["score", "morbidity"])
    values = [scored.loc[scored["morbidity"] == name, column].to_numpy() for name in classes["morbidity"]]
    random = np.random.default_rng(0)
    positions = np.arange(len(values))
    axis.boxplot(
        values,
        positions=positions,
        widths=0.55,
        showfliers=False,
        medianprops={"color": "black", "linewidth": 1.5},
        boxprops={"color": "#555555"},
        whiskerprops={"color": "#555555"},
        capprops={"color": "#555555"},
    )
    for position, shown in zip(positions, values, strict=True):
        jitter = position + random.uniform(-0.18, 0.18, len(shown))
        axis.plot(jitter, shown, "o", markersize=3.5, alpha=0.6, color=GREEN, markeredgewidth=0)
    rows = zip(classes.itertuples(), values, strict=True)
    scores = {-1: "no score", **{score: f"score {score}" for score in SCORES}}
    names = [f"{row.morbidity}\n{scores[int(row.score)]}\nn = {len(shown)}" for row, shown in rows]
    axis.set_xticks(positions, names)


def _draw_confusion(axis: Axes, metrics: dict[str, Any], cutoffs: str) -> None:
    """Rows are the clinical score, columns the predicted one; the shade is the share of the row."""
    matrix = np.array(metrics[cutoffs]["confusion_matrix"])
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    axis.imshow(shares, cmap="Greys", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = f"{int(count)}\n{shares[row, column]:.0%}"
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
    ticks = range(len(matrix))
    axis.set(xticks=ticks, yticks=ticks, xlabel=f"predicted score, {cutoffs} cut-offs", ylabel="clinical score")
    axis.grid(False)
    axis.set_title("Patients, and share of the row" if matrix.any() else "No patient to compare", fontsize=9)


def _means(patients: pd.DataFrame, finding: str) -> list[float]:
    """The mean of a share over patients by region; NaN without patients."""
    return [float(patients[f"{region}_{finding}"].mean()) for region in REGIONS]


def _draw_bars(axis: Axes, series: Mapping[tuple[str, str, str], list[float]]) -> None:
    """Bars side by side for each region, with a legend above; the keys are name, colour and hatch."""
    width = 0.8 / len(series)
    places = np.arange(len(REGIONS))
    for number, ((name, colour, hatch), values) in enumerate(series.items()):
        left = places - 0.4 + (number + 0.5) * width
        look = {"color": colour, "hatch": hatch, "edgecolor": "black", "linewidth": 0.6}
        axis.bar(left, values, 0.92 * width, label=name, **look)
    axis.set_ylim(0, max(axis.get_ylim()[1], 0.01))
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=len(series), fontsize=8, columnspacing=1)
    axis.set_xticks(places, [region.replace("_", "\n") for region in REGIONS])


def _rates(severe: np.ndarray, values: np.ndarray) -> Iterator[np.ndarray]:
    """False and true positive rates where `values` (n,) from each of them up, the highest first, are called severe.

    As `sklearn.metrics.roc_curve` with all its points, slow to import.
    """
    cutoffs = np.append(np.inf, np.unique(values)[::-1])
    return ((values[side] >= cutoffs[:, None]).mean(axis=1) for side in (~severe, severe))
