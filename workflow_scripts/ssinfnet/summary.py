"""The front page of the results: one HTML file that opens offline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ssinfnet import pages, published, verdict
from ssinfnet.splits import PARTS
from ssinfnet.tables import METRICS, SEVERITY_METRICS

METRIC_TITLES = {
    "dice": "Dice (F1)",
    "iou": "IoU",
    "recall": "Recall",
    "specificity": "Specificity",
    "precision": "Precision",
    "auc": "AUC",
    "mae": "MAE",
    "micro_f1": "Accuracy (micro F1)",
    "micro_precision": "Micro precision",
    "micro_recall": "Micro recall",
    "macro_f1": "Macro F1",
    "balanced_accuracy": "Balanced accuracy",
    "quadratic_kappa": "Quadratic kappa",
    "auc_severe": "AUC, severe or worse",
    "spearman": "Spearman",
}
TARGET_TITLES = {
    "infection": "Infection",
    "ggo": "Ground-glass opacity",
    "consolidation": "Consolidation",
    "overall_without_background": "Overall, without background: mean of GGO and consolidation",
    "overall": "Overall, as in the paper: mean of background, GGO and consolidation",
    "background": "Background",
    "patients_fitted": "Patients, fitted cut-offs",
    "patients_published": "Patients, published cut-offs",
    "patients": "Patients, without cut-offs",
    "slices_fitted": "Slices, fitted cut-offs",
    "slices_published": "Slices, published cut-offs",
    "severity": "As printed in the paper (pictures; cut-offs not stated)",
}
TABLE_TITLES = {
    2: ("Table II", "Infection, single network"),
    3: ("Table III", "GGO and consolidation, prior predicted by the single network"),
    4: ("Table IV", "GGO and consolidation, oracle: the prior is the truth of the test slices"),
    5: ("Table V", "Severity"),
}
TABLE_NOTES = {
    2: "The threshold of the map was chosen on the validation slices.",
    3: "How the method works on new slices: it is given nothing but the picture.",
    4: "An upper bound, not a result: the network is told where the infection is and only names its kind.",
    5: "Accuracy alone says little where most patients share a class; read it beside the picture-blind baseline, and "
    "prefer balanced accuracy, kappa and AUC.",
}
# By file name without suffix: title, what is seen (the alternative text), how to read it.
FIGURES = {
    "single_comparison": (
        "Infection found by each method",
        "Grid of test slices; columns are the CT, the true infection and the infection found by each method.",
        "The largest lesions of different groups and one healthy slice. Dashed white is the truth, solid yellow what "
        "the network found.",
    ),
    "multi_comparison": (
        "Classes found by each method",
        "Grid of test slices; columns are the CT, the true classes and the classes found by each method.",
        "GGO is solid blue, consolidation dashed orange; the prior is the single network's prediction.",
    ),
    "oracle_comparison": (
        "Classes found by each method when the true infection is given",
        "The same grid of test slices; columns are the CT, the true classes and the classes found by each method.",
        "An upper bound, not a result: the prior is the truth, so the network only had to name the kind.",
    ),
    "comparisons": (
        "Methods compared",
        "Differences between every two methods, a row per pair and a column per table, with intervals.",
        "An interval that holds zero shows no difference; p is of a paired permutation test over groups, corrected "
        "for the number of comparisons (Holm). All panels have one scale.",
    ),
    "worst_cases_single": (
        "Where infection is found worst",
        "The test slices with the lowest Dice, a row per method, with the true and the found infection.",
        "Below each picture is what went wrong and the areas; dashed white is the truth, solid yellow the network.",
    ),
    "worst_cases_multi": (
        "Where the classes are found worst",
        "The test slices with the lowest mean Dice of the classes, a row per method, truth beside prediction.",
        "GGO is solid blue, consolidation dashed orange; the prior is the single network's prediction.",
    ),
    "calibration": (
        "Calibration",
        "Share of infected pixels by probability in ten bins, a line per method, and the number of pixels in each bin.",
        "On the diagonal the map means what it says; above it, it is too timid, below too sure.",
    ),
    "augmentation": (
        "Augmentation",
        "Two training slices, and how the first epochs see them, by augmentation, with the contours of the lesions.",
        "Contours follow the picture; the grey patch hides the picture but not the label.",
    ),
    "severity": (
        "Severity of patients",
        "Box plots of the infected share of the lungs by clinical class, and a confusion matrix, for each method.",
        "Above: each dot is a patient; a good method separates the classes, and the cut-offs lie between them. Below: "
        "patients by clinical and predicted score; the diagonal is right.",
    ),
    "severity_roc": (
        "Severe patients told from the others",
        "ROC curves of the infected share of the lungs and of the CT severity score, for each method.",
        "The nearer a curve comes to the upper left corner, the better; the diagonal is guessing.",
    ),
    "severity_regions": (
        "CT severity score and regions of the lungs",
        "CT severity score by clinical class, infected share of each region by clinical score, and shares of GGO and "
        "consolidation.",
        "A region scores 0 where it is free, 1 up to half infected and 2 beyond. Regions are geometric parts of the "
        "lungs, so the score does not compare with published cut-offs.",
    ),
    "learning_curves": (
        "Fine-tuning",
        "Training loss, validation loss and validation Dice by epoch for both networks.",
        "A line per method; of several seeds the mean, each seed thin. The best validation epoch is used.",
    ),
    "pretext_curves": (
        "Pretext task",
        "Reconstruction loss on erased pixels by epoch over the rounds of network and coach.",
        "In white rounds the network learns to inpaint, in grey rounds the coach learns to erase what is hard.",
    ),
    "coach_masks": (
        "What the coach erases",
        "Slices with the erased parts and how the network fills them in, after each round, and the loss by round.",
        "The loss on erased pixels should rise when the coach has learned (grey) and fall when the network has.",
    ),
    "contact_kept": (
        "Lungs kept",
        "Contact sheet of iCTCF slices with the outline of the lungs that were found.",
        "A sample, spread over all slices kept: look for outlines that miss a part of the lungs.",
    ),
    "contact_rejected": (
        "Lungs rejected",
        "Contact sheet of iCTCF slices whose lungs were rejected, with the reason.",
        "A slice rejected wrongly, or kept wrongly above, can be put right with the list of exclusions.",
    ),
}


TEXT = 250_000  # bytes of the page that are kept for all but its figures


class Cell(NamedTuple):
    """A number as shown: its mean, error and interval; all empty where there is none."""

    mean: str = ""
    error: str = ""
    interval: str = ""
    count: str = ""


def render(
    tables: Mapping[int, pd.DataFrame],
    fingerprint: Mapping[str, Any],
    figures: Sequence[Path],
    *,
    severity: Sequence[Mapping[str, Any]] = (),
    counts: Mapping[str, Any] | None = None,
    notice: str = "",
    split_hash: str = "",
) -> str:
    """The page as HTML text, pictures inside.

    `tables` are those of numbers 2 to 5, `fingerprint` is that of the split, `severity` the metrics of the runs,
    `counts` those of the cleaning, `notice` stands above all, and `split_hash` is the SHA-256 of the split.
    Raises `InputError` for an unreadable picture.
    """
    return pages.render(
        "summary.html.j2",
        notice=notice,
        findings=verdict.findings(tables, severity),
        tables=[
            {
                "number": number,
                "title": TABLE_TITLES[number],
                "note": TABLE_NOTES[number],
                "groups": groups(table),
                "remarks": remarks(table),
            }
            for number, table in sorted(tables.items())
        ],
        fingerprint={part: fingerprint["parts"][part] for part in PARTS} | {"total": fingerprint["total"]},
        paper=_paper_split(),
        split_hash=split_hash,
        counts=counts,
        severity_counts=severity[0]["counts"] if severity else None,
        cutoffs=severity[0]["cutoffs"] if severity else None,
        figures=_figures(figures),
    )


def groups(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as small tables, one per target: title, metrics, and rows of label, kind, mark and cells.

    Each of our methods is followed by its published row; kinds are ours, published, baseline and difference.
    """
    marks = {remark: mark for mark, remark in remarks(table)}
    result = []
    for target, title in TARGET_TITLES.items():
        chosen = table[table["target"] == target]
        if chosen.empty:
            continue
        order = (*METRICS, *SEVERITY_METRICS, "auc_severe", "spearman")
        metrics = [metric for metric in order if metric in set(chosen["metric"])]
        rows = []
        ours = chosen[chosen["source"] == "ours"]
        printed = chosen[chosen["source"] == "published"]
        for name in dict.fromkeys([*ours["name"], *printed["name"]]):
            for kind, part in (("ours", ours), ("published", printed)):
                cells = part[part["name"] == name].set_index("metric").to_dict("index")
                if cells:
                    rows.append(_row(kind, cells, metrics, marks))
        for _, part in ours[ours["difference"] != ""].groupby("name", sort=False):
            rows.append(_difference(part.set_index("metric").to_dict("index"), metrics))
        result.append(
            {
                "title": title,
                "metrics": [METRIC_TITLES[metric] for metric in metrics],
                "rows": _baseline(table, target, ours, metrics) + rows,
            }
        )
    return result


def remarks(table: pd.DataFrame) -> list[tuple[str, str]]:
    """The different notes of a table, each with its mark (a, b, ...); one that holds for all rows has none."""
    if table["note"].nunique() == 1:
        return [("", note) for note in table["note"][:1] if note]
    notes = dict.fromkeys(note for note in table["note"] if note)
    return [(chr(ord("a") + position), note) for position, note in enumerate(notes)]


def _row(kind: str, cells: Mapping[str, Any], metrics: Sequence[str], marks: Mapping[str, str]) -> dict[str, Any]:
    first = next(iter(cells.values()))
    seeds = f"{first['seeds']} seeds" if first["seeds"] not in ("", "1") else ""
    return {
        "kind": kind,
        "label": first["method"],
        "detail": ", ".join(filter(None, (seeds, f"n = {first['n']}" if first["n"] else ""))),
        "mark": marks.get(first["note"], ""),
        "cells": [_cell(cells[metric], first["n"]) if metric in cells else Cell() for metric in metrics],
    }


def _cell(row: Mapping[str, str], images: str) -> Cell:
    if not row["mean"]:
        return Cell(mean="undefined")
    if row["source"] == "published":  # the digits as printed
        return Cell(row["mean"], row["error"])
    interval = f"{float(row['low']):.3f} to {float(row['high']):.3f}" if row["low"] else ""
    count = f"n = {row['n']}" if row["n"] != images else ""
    return Cell(f"{float(row['mean']):.3f}", f"{float(row['error']):.3f}" if row["error"] else "", interval, count)


def _difference(cells: Mapping[str, Mapping[str, str]], metrics: Sequence[str]) -> dict[str, Any]:
    first = next(iter(cells.values()))
    shown = []
    for metric in metrics:
        row = cells.get(metric)
        if row is None or not row["difference"]:
            shown.append(Cell())
            continue
        low, high = row["difference_low"], row["difference_high"]
        interval = f"{_signed(low)} to {_signed(high)}" if low else ""
        p = f"p = {float(row['p']):.2g}, corrected {float(row['p_holm']):.2g}" if row["p"] else ""
        shown.append(Cell(_signed(row["difference"]), interval=interval, count=p))
    label = f"{first['method']} minus {first['reference']}"
    return {"kind": "difference", "label": label, "detail": "paired", "mark": "", "cells": shown}


def _signed(text: str) -> str:
    return f"{float(text):+.3f}".replace("-", "\N{MINUS SIGN}")


def _baseline(table: pd.DataFrame, target: str, ours: pd.DataFrame, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """The picture-blind baseline: the most frequent class for severity, the best constant mask for the others."""
    majority = table[table["target"] == f"{target.split('_')[0]}_majority"].set_index("metric")
    if target.endswith(("_fitted", "_published")) and len(majority):
        values = majority["mean"].to_dict()
        detail = majority["method"].iloc[0].lower()
    else:
        values = ours[ours["chance"] != ""].drop_duplicates("metric").set_index("metric")["chance"].to_dict()
        detail = ""
    if not values:
        return []
    cells = [Cell(f"{float(values[metric]):.3f}") if metric in values else Cell() for metric in metrics]
    return [{"kind": "baseline", "label": "Picture-blind baseline", "detail": detail, "mark": "", "cells": cells}]


def _paper_split() -> dict[str, tuple[str, str]]:
    """Slices and patients of each part in the paper's Table I."""
    table = published.table(1)
    cells = table[table["method"] == "Med-Seg"].set_index(["target", "metric"])["mean"]
    names = {"train": "Training", "validation": "Validation", "test": "Testing"}
    return {part: (cells[name, "images"], cells[name, "patients"]) for part, name in names.items()}


def _figures(paths: Sequence[Path]) -> list[dict[str, str]]:
    """The figures, as good as there is room for in a page that Snakemake's report can show."""
    result = []
    for path, source in zip(paths, pages.figures(paths, pages.LARGEST_IN_REPORT - TEXT), strict=True):
        title, alternative, caption = FIGURES.get(path.stem, (path.stem.replace("_", " ").capitalize(), path.stem, ""))
        result.append(
            {"id": path.stem, "title": title, "alternative": alternative, "caption": caption, "source": source}
        )
    return result
