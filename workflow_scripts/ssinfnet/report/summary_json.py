"""Every number of a run with what it depends on, for programs to read: config, seeds, split, versions, hardware."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError, safe_open

from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation.runs import Run
from ssinfnet.files import untrusted
from ssinfnet.files.json_file import read_json
from ssinfnet.process.machine import hardware, installed
from ssinfnet.report import findings, summary_json
from ssinfnet.report.splits import Splits

FORMAT = "ssinfnet-numbers/1"
TABLES = {2: "infection", 3: "classes_predicted_prior", 4: "classes_oracle_prior", 5: "severity"}
WORDS = ("source", "name", "method", "target", "metric", "note")


def collect(
    tables: Mapping[int, pd.DataFrame],
    config: Mapping[str, Any],
    *,
    fingerprint: Mapping[str, Any],
    splits: Splits,
    severity: Sequence[Run],
    regions: Sequence[Run],
    weights: Sequence[Run],
    counts: Mapping[str, Any] | None,
    methods: Mapping[str, Method] | None = None,
    warnings: Sequence[findings.Unequal] = (),
) -> dict[str, Any]:
    """All of it, ready for JSON.

    `tables` are those of numbers 2 to 5, `config` is the whole one, `fingerprint` that of the (first) split, `splits`
    what is told of all; `severity` and `regions` are metrics (JSON); `weights` have the values network (single or
    multi) and safetensors; `counts` are those of the cleaning; `warnings` those about the lengths of the
    trainings of `methods`.
    """
    metrics = [read_json(run.path) for run in severity]
    found = findings.findings(tables, metrics, warnings, methods=methods, folds=splits.folds)
    return {
        "format": FORMAT,
        "verdict": [finding._asdict() for finding in found],
        "results": {name: results(tables[number]) for number, name in TABLES.items()},
        "published": {name: results(tables[number], "published") for number, name in TABLES.items()},
        "severity_runs": [
            {"method": run.method, "seed": run.seed, **one} for run, one in zip(severity, metrics, strict=True)
        ],
        "region_runs": [{"method": run.method, "seed": run.seed, **read_json(run.path)} for run in regions],
        "lungs": counts,
        "data": fingerprint,
        "split": splits.numbers(),
        "seeds": config.get("seeds"),
        "config": config,
        "training": [
            {"method": run.method, "seed": run.seed, "network": run.values[0], **summary_json.training_of(run.path)}
            for run in weights
        ],
        "versions": installed(),
        "hardware": hardware(),
    }


def results(table: pd.DataFrame, source: str = "ours") -> dict[str, Any]:
    """The rows of a `source`, ours or published, by method, target, metric and then column; empty cells are left out.

    In the table of severity the method `majority` always answers with the most frequent class.
    """
    found: dict[str, Any] = {}
    for row in table[table["source"] == source].to_dict("records"):
        targets = found.setdefault(row["name"], {})
        cells = {name: _number(value) for name, value in row.items() if name not in WORDS and value != ""}
        targets.setdefault(row["target"], {})[row["metric"]] = cells
    return found


def _number(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


LENGTHS = ("epochs", "steps", "pretext_epochs", "pretext_steps", "student_epochs", "student_steps")
TRAINING = ("device", "precision", "threads", "torch", "best_epoch", *LENGTHS)


def training_of(weights: Path) -> dict[str, str]:
    """What trained weights say of their making, as far as they do: device, precision, CPU threads, PyTorch, lengths.

    Raises `InputError` for a file that is no safetensors.
    """
    untrusted.check(weights)
    try:
        with safe_open(weights, "numpy") as file:
            said = json.loads((file.metadata() or {}).get("ssinfnet", "{}"))
        return {name: said[name] for name in TRAINING if name in said}
    except (OSError, SafetensorError, ValueError, RecursionError, TypeError, AttributeError) as error:
        raise InputError(f"{weights}: cannot be read as safetensors ({error}); train it again") from None
