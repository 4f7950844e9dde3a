"""Scored scans as JSON and CSV: a file of each for one scan, and a table of all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_csv
from ssinfnet.files.json_file import read_json, write_json
from ssinfnet.scans.change import Comparison
from ssinfnet.scans.result import FORMAT, ScanResult
from ssinfnet.severity.regions import FINDINGS, THIRDS

DIGITS = 6
_NUMBERS = ("lung_ml", *(column for finding in FINDINGS for column in (finding, f"{finding}_ml")))


def write_scan(stem: str | Path, result: ScanResult, comparison: Comparison | None = None) -> None:
    """Write `<stem>.csv` with a row for each part of a scan's lungs, and then `<stem>.json` with all that is known.

    A scan without a score has its outcomes in the JSON, and no row. With a `comparison` the JSON has it as `change`.
    """
    rows = []
    if result.measures is not None:
        grades = {**result.measures.grades, **result.measures.lobe_grades}
        rows = [{"part": name, **part.as_dict(), "grade": grades.get(name)} for name, part in result.measures.parts()]
    write_csv(f"{stem}.csv", pd.DataFrame(rows, columns=["part", *_NUMBERS, "grade"]), digits=DIGITS)
    change = None if comparison is None else comparison.as_dict()
    write_json(f"{stem}.json", {**result.as_dict(), "change": change})


def read_scan(path: Path) -> dict[str, Any]:
    """What `write_scan` has written as JSON; raises `InputError` for another file."""
    found = read_json(path)
    if found.get("format") != FORMAT:
        raise InputError(f"{path}: is no result of a scan in the format {FORMAT}; score the scan again")
    return found


def write_batch(path: str | Path, results: Sequence[Mapping[str, Any]]) -> None:
    """Write the table of all scans, a row each, from what `ScanResult.as_dict` gives; also those without a score.

    A number of a part has the part before it (`left_infected`); those of both lungs have nothing.
    """
    rows = [_row(result) for result in results]
    write_csv(path, pd.DataFrame(rows), digits=DIGITS)


def _row(result: Mapping[str, Any]) -> dict[str, Any]:
    notes = [one["code"] for one in result["outcomes"] if one["level"] == "note"]
    refused = [one["code"] for one in result["outcomes"] if one["level"] != "note"]
    interval, severity = result["infected_interval"] or {}, result["severity"] or {}
    measures = result["measures"]
    row: dict[str, Any] = {
        "name": result["name"],
        "kind": result["kind"],
        "scored": result["scored"],
        "refused": " ".join(refused),
        "notes": " ".join(notes),
        "lung_ml": None,
        "infected": None,
        "infected_low": interval.get("low"),
        "infected_high": interval.get("high"),
        "interval_coverage": interval.get("coverage"),
        "severity": severity.get("class"),
        "severity_right": severity.get("right"),
        "severity_given": severity.get("given"),
        "ct_ss": None,
        "region_score": None,
        "region_score_highest": None,
        "lobe_score": None,
        "lobe_score_highest": None,
    }
    if measures is None:
        return row
    row |= _ordered(measures["lungs"]) | {
        "ct_ss": measures["ct_ss"],
        "region_score": measures["region_score"]["value"],
        "region_score_highest": measures["region_score"]["highest"],
        "lobe_score": measures["lobe_score"]["value"],
        "lobe_score_highest": measures["lobe_score"]["highest"] or None,
    }
    for group in ("sides", "regions", "lobes"):
        for name in sorted(measures[group], key=_place):
            row |= {f"{name}_{column}": value for column, value in _ordered(measures[group][name]).items()}
    return row


def _ordered(part: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a part in one order, whether its result was just made or read from JSON, which sorts them."""
    return {column: part[column] for column in (*_NUMBERS, "grade") if column in part}


def _place(name: str) -> tuple[int, bool, str]:
    """Where a part stands among those of its kind: from apex to base, the right side first."""
    third = name.rsplit("_", 1)[-1]
    return THIRDS.index(third) if third in THIRDS else 0, not name.startswith("right"), name
