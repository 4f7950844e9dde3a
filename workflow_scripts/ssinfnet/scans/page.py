"""A scan on one page, and all scans of a batch on one: HTML that opens without a network and asks for none."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ssinfnet.files import html
from ssinfnet.files.atomic import write_text
from ssinfnet.scans.change import Change, Comparison
from ssinfnet.scans.result import WORDS, ScanResult
from ssinfnet.severity.regions import FINDINGS
from ssinfnet.slices.labels import WORDS as LESION_WORDS

NONE = "–"
WIDTH, QUALITY = 1900, 82
_NAMES = {"infected": "Infected", **{name: word[0].upper() + word[1:] for name, word in LESION_WORDS.items()}}
_THIRDS = {"first": "upper third", "middle": "middle third", "last": "lower third"}
_BATCH_COLUMNS = (
    *("Lung, ml", "Infected", "Interval", "Infected, ml"),
    *("CT-SS", "Region score", "Lobe score", "Severity"),
)
_CLAIMS = {
    "more": "The infected share has grown: the interval of its change lies above zero.",
    "less": "The infected share has shrunk: the interval of its change lies below zero.",
    "no claim": "No change of the infected share is claimed: it lies within what the intervals of both scans allow.",
}


def write_scan(
    path: str | Path, result: ScanResult, overview: str | Path | None = None, comparison: Comparison | None = None
) -> None:
    """Write the page of one scan, with the PNG `overview` inside it and what has changed since an earlier scan."""
    picture = ""
    if overview is not None:
        with Image.open(overview, formats=["PNG"]) as image:
            picture = html.picture(image.convert("RGB"), WIDTH, QUALITY)
    measures = result.measures
    findings = [name for name in FINDINGS if measures and getattr(measures.lungs, name) is not None]
    sized = bool(measures and measures.lungs.voxel_ml is not None)
    page = _render(
        "scan.html.j2",
        scan=result,
        picture=picture,
        facts=_facts(result),
        columns=[
            *(["Lung, ml"] if sized else []),
            *(column for name in findings for column in (_NAMES[name], f"{_NAMES[name]}, ml")[: 1 + sized]),
            "Grade",
        ],
        rows=_rows(result, findings, sized=sized),
        lobes=bool(measures and measures.lobes),
        interval=_percent(result.coverage, digits=0) if result.share_interval and result.coverage else "",
        reliability=result.severity.reliability() if result.severity else "",
        origin=_origin(result),
        change=_change(comparison) if comparison else None,
    )
    write_text(path, page)


def write_batch(path: str | Path, results: Sequence[Mapping[str, Any]], links: Mapping[str, str]) -> None:
    """Write the page of a batch from what `ScanResult.as_dict` gives of each scan, in this order.

    `links` are the addresses of the pages of scans, by their names, relative to this page.
    """
    scored = [result for result in results if result["scored"]]
    methods = {result["method"]["sha256"]: result["method"] for result in results}
    rows = [_batch_row(result, links) for result in scored]
    # What no scan has, such as lobes that nobody gave, takes no room.
    known = [any(row["cells"][column] != NONE for row in rows) for column in range(len(_BATCH_COLUMNS))]
    page = _render(
        "batch.html.j2",
        total=len(results),
        scored=len(scored),
        synthetic=any(method["synthetic"] for method in methods.values()),
        columns=list(itertools.compress(_BATCH_COLUMNS, known)),
        rows=[{**row, "cells": list(itertools.compress(row["cells"], known))} for row in rows],
        refused=[
            {
                "name": result["name"],
                "link": links.get(result["name"]),
                "reasons": [one["text"] for one in result["outcomes"] if one["level"] != "note"],
            }
            for result in results
            if not result["scored"]
        ],
        methods=list(methods.values()),
    )
    write_text(path, page)


def _render(template: str, **values: Any) -> str:
    return html.render(Path(__file__).parent / "templates", template, filters={"sentence": _sentence}, **values)


def _facts(result: ScanResult) -> list[dict[str, str]]:
    measures = result.measures
    if measures is None:
        return []
    lungs = measures.lungs
    interval = "no interval"
    if result.share_interval:
        low, high = result.share_interval
        interval = f"{_percent(low)} to {_percent(high)}"
        interval += f" in {_percent(result.coverage, digits=0)} of scans" if result.coverage else ""
    found = [_fact("Infected share", _percent(lungs.share("infected")), interval)]
    if lungs.voxel_ml is not None:
        found.append(_fact("Lung volume", f"{_ml(lungs.ml('lung'))} ml", f"{_ml(lungs.ml('infected'))} ml infected"))
    highest = 2 * measures.graded
    detail = f"CT-SS class {measures.ct_ss} of 5" if measures.ct_ss else ""
    found.append(_fact("Region score", f"{_text(measures.region_score)} of {highest}", detail))
    if measures.lobes:
        highest = measures.as_dict()["lobe_score"]["highest"]
        found.append(_fact("Lobe score", f"{_text(measures.lobe_score)} of {highest}", "sum over the lobes"))
    if result.severity:
        classes = list(result.severity.by_seed.values())
        agree = classes.count(result.severity.score)
        detail = f"{agree} of {len(classes)} seeds say so" if len(classes) > 1 else ""
        if result.severity.given:
            detail += f"{'; ' if detail else ''}right in {result.severity.right} of {result.severity.given} in the test"
        found.append(_fact("Severity", WORDS[result.severity.score], detail))
    return found


def _rows(result: ScanResult, findings: Sequence[str], *, sized: bool) -> list[dict[str, Any]]:
    """A row for each part; volumes where voxels are `sized`."""
    if result.measures is None:
        return []
    measures = result.measures
    grades = {**measures.grades, **measures.lobe_grades}
    first = {next(iter(group), None) for group in (measures.sides, measures.regions, measures.lobes)}
    rows = []
    for name, part in measures.parts():
        cells = [_ml(part.ml("lung"))] if sized else []
        for finding in findings:
            cells += [_percent(part.share(finding)), _ml(part.ml(finding))][: 1 + sized]
        rows.append({"name": _part(name), "cells": [*cells, _text(grades.get(name))], "first": name in first})
    return rows


def _batch_row(result: Mapping[str, Any], links: Mapping[str, str]) -> dict[str, Any]:
    measures, interval, severity = result["measures"], result["infected_interval"], result["severity"]
    lungs, regions, lobes = measures["lungs"], measures["region_score"], measures["lobe_score"]
    return {
        "name": result["name"],
        "link": links.get(result["name"]),
        "cells": [
            _ml(lungs["lung_ml"]),
            _percent(lungs["infected"]),
            f"{_percent(interval['low'])} to {_percent(interval['high'])}" if interval else NONE,
            _ml(lungs["infected_ml"]),
            _text(measures["ct_ss"]),
            f"{_text(regions['value'])} of {regions['highest']}",
            f"{_text(lobes['value'])} of {lobes['highest']}" if lobes["highest"] else NONE,
            _severity(severity) if severity else NONE,
        ],
        "notes": ", ".join(one["code"] for one in result["outcomes"] if one["level"] == "note"),
    }


def _severity(severity: Mapping[str, Any]) -> str:
    text = severity["words"]
    return f"{text}, right in {severity['right']} of {severity['given']}" if severity["given"] else text


def _change(comparison: Comparison) -> dict[str, Any]:
    sentence = _CLAIMS[comparison.headline().claim]
    if comparison.coverage is not None:
        sentence += (
            f" The interval holds the true change in at least {_percent(comparison.coverage, digits=0)} of cases."
        )
    rows = [_change_row(one) for one in comparison.changes if one.part == "lungs" and one.change is not None]
    return {"earlier": comparison.earlier, "sentence": sentence, "rows": rows, "notes": comparison.notes}


def _change_row(change: Change) -> dict[str, str]:
    show, moved = (_ml, _ml) if change.unit == "ml" else (_percent, _points)
    finding = change.quantity.removesuffix("_ml")
    name = "Lung" if finding == "lung" else _NAMES[finding]
    interval = NONE if change.low is None else f"{_signed(moved, change.low)} to {_signed(moved, change.high)}"
    return {
        "name": f"{name}, ml" if change.unit == "ml" else name,
        "earlier": show(change.earlier),
        "later": show(change.later),
        "change": _signed(moved, change.change),
        "interval": interval,
        "claim": change.claim,
    }


def _origin(result: ScanResult) -> str:
    kind = {"dicom": "A DICOM series", "nifti": "A NIfTI volume", "pictures": "Pictures"}.get(
        result.kind, "Nothing that could be scored"
    )
    text = kind
    if result.shape:
        slices, rows, columns = result.shape
        text += f" of {slices} slice{'' if slices == 1 else 's'}, {rows} x {columns} pixels"
    if result.spacing:
        text += f", {result.spacing[0]:.3g} mm apart, {result.spacing[1]:.3g} x {result.spacing[2]:.3g} mm a pixel"
    return f"{text}."


def _part(name: str) -> str:
    """The name of a part as a person reads it."""
    if name in ("right", "left"):
        return f"{name.capitalize()} lung"
    *words, last = name.split("_")
    text = f"{' '.join(words)}, {_THIRDS[last]}" if last in _THIRDS else name.replace("_", " ")
    return "Both lungs" if name == "lungs" else text.capitalize()


def _fact(name: str, value: str, detail: str) -> dict[str, str]:
    return {"name": name, "value": value, "detail": detail}


def _percent(share: float | None, digits: int = 1) -> str:
    return NONE if share is None else f"{100 * share:.{digits}f} %"


def _ml(volume: float | None) -> str:
    return NONE if volume is None else f"{volume:,.0f}" if abs(volume) >= 100 else f"{volume:.1f}"


def _points(share: float) -> str:
    """A difference of shares in percentage points."""
    return f"{100 * share:.1f} points"


def _signed(show: Callable[[float], str], value: float) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{show(abs(value))}"


def _text(value: int | None) -> str:
    return NONE if value is None else str(value)


def _sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
