"""The front page of the results: one HTML file that opens offline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ssinfnet.config.methods import Method
from ssinfnet.report import agreement, captions, findings, pages, published
from ssinfnet.report.captions import METRIC_TITLES, TABLE_NOTES, TABLE_TITLES, TARGET_TITLES
from ssinfnet.report.lengths import Length, span, unequal
from ssinfnet.report.paper_tables import METRICS, SEVERITY_METRICS
from ssinfnet.report.splits import NO_SPLITS, Splits
from ssinfnet.report.summary_json import LENGTHS
from ssinfnet.slices.parts import PARTS

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
    splits: Splits = NO_SPLITS,
    lengths: Sequence[Length] = (),
    methods: Mapping[str, Method] | None = None,
) -> str:
    """The page as HTML text, pictures inside.

    `tables` are those of numbers 2 to 5, `fingerprint` is that of the split, `severity` the metrics of the runs,
    `counts` those of the cleaning, `notice` stands above all, and `splits` is what is told of all splits. `lengths` are
    those of the trainings of `methods`. Raises `InputError` for an unreadable picture.
    """
    sides = (counts or {}).get("patients_by_spine", {})
    return pages.render(
        "summary.html.j2",
        notice=notice,
        findings=findings.findings(
            tables, severity, unequal(lengths, methods or {}), methods=methods, folds=splits.folds
        ),
        tables=[
            {
                "number": number,
                "title": TABLE_TITLES[number],
                "note": TABLE_NOTES[number],
                "groups": groups(table),
                "remarks": remarks(table),
                "agreement": agreement.told([table]),
            }
            for number, table in sorted(tables.items())
        ],
        fingerprint={part: fingerprint["parts"][part] for part in PARTS} | {"total": fingerprint["total"]},
        paper=_paper_split(),
        splits=splits,
        lengths=[_length(one, methods or {}) for one in lengths],
        counts=counts,
        lying=sum(number for side, number in sides.items() if side not in ("below", "unclear")),
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
    verdicts = {row["verdict"] for row in cells.values()}
    # Said once of a method whose numbers all have one, of which that of the phantom is said for the whole page.
    verdict = first["verdict"] if len(verdicts) == 1 else ""
    if verdict:
        cells = {metric: {**row, "verdict": ""} for metric, row in cells.items()}
    told = "" if verdict == agreement.NOT_COMPARABLE else verdict
    return {
        "kind": kind,
        "label": first["method"],
        "detail": ", ".join(filter(None, (seeds, f"n = {first['n']}" if first["n"] else "", told))),
        "mark": marks.get(first["note"], ""),
        "cells": [_cell(cells[metric], first["n"]) if metric in cells else Cell() for metric in metrics],
    }


def _cell(row: Mapping[str, str], images: str) -> Cell:
    if not row["mean"]:
        return Cell(mean="undefined")
    if row["source"] == "published":  # the digits as printed
        return Cell(row["mean"], row["error"], count=row["verdict"])
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
        values = majority.loc[majority["mean"] != "", "mean"].to_dict()
        detail = majority["method"].iloc[0].lower()
    else:
        values = ours[ours["chance"] != ""].drop_duplicates("metric").set_index("metric")["chance"].to_dict()
        detail = ""
    if not values:
        return []
    cells = [Cell(f"{float(values[metric]):.3f}") if metric in values else Cell() for metric in metrics]
    return [{"kind": "baseline", "label": "Picture-blind baseline", "detail": detail, "mark": "", "cells": cells}]


def _length(one: Length, methods: Mapping[str, Method]) -> dict[str, str]:
    """A row of the table of lengths."""
    numbers = {name: span(getattr(one, name)) for name in LENGTHS}
    label = methods[one.method].label if one.method in methods else one.method
    return {"label": label, "network": one.network, **numbers}


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
        caption = captions.of_figure(path.stem)
        shown = {"title": caption.title, "alternative": caption.seen, "caption": caption.text}
        result.append({"id": path.stem, **shown, "source": source})
    return result
