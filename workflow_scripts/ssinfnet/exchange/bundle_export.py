"""What a bundle says about a method, collected from the files that the stages of the workflow wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.labelled import Labelled
from ssinfnet.config.labels import Labels
from ssinfnet.config.methods import Method
from ssinfnet.config.network import Network
from ssinfnet.config.parenchyma import Parenchyma
from ssinfnet.config.severity import Severity as SeverityConfig
from ssinfnet.config.split import Split
from ssinfnet.config.training import Multi, Single
from ssinfnet.errors import InputError
from ssinfnet.evaluation.conformal import Calibration
from ssinfnet.exchange import licences
from ssinfnet.exchange.bundle import Content
from ssinfnet.exchange.bundle_content import (
    MultiStage,
    SeedSeverity,
    Settings,
    Severity,
    SingleStage,
    SplitRecord,
    Splits,
    Threshold,
    Thresholds,
)
from ssinfnet.exchange.licences import Sources
from ssinfnet.files.hashes import file_hash
from ssinfnet.files.json_file import REMEDY, read_json
from ssinfnet.slices.parts import PARTS, read_split

NAMED = ("phantom", "medseg")
"""Sources whose groups are named in a bundle: public ones. Groups of a user's folder may be names of patients."""


@dataclass(frozen=True)
class Config:
    """The sections of the config that a bundle tells of; `multi` is None where there are no classes."""

    method: Method
    sources: Sources
    labelled: Labelled
    split: Split
    single: Single
    multi: Multi | None
    labels: Labels
    parenchyma: Parenchyma
    cleaning: Cleaning
    severity: SeverityConfig


@dataclass(frozen=True)
class Results:
    """The files of a method: metrics (JSON) by seed, the calibration, and the splits with their fingerprints.

    `splits` are pairs of table (CSV) and fingerprint (JSON): one for all seeds, or one for each in the order of
    `single`.
    """

    single: Mapping[int, Path]
    multi: Mapping[int, Path]
    severity: Mapping[int, Path]
    interval: Path
    splits: Sequence[tuple[Path, Path]]


def collect(config: Config, results: Results) -> Content:
    """The content of the bundle; raises `InputError` for files that are not those of a finished run."""
    summaries = {seed: read_json(path) for seed, path in sorted(results.single.items())}
    try:
        calibration = Calibration.model_validate(read_json(results.interval))
    except ValidationError as error:
        raise InputError(f"{results.interval}: no calibration ({error.errors()[0]['msg']}); {REMEDY}") from None
    return Content(
        settings=_settings(config),
        thresholds=Thresholds(
            seeds={seed: Threshold.model_validate(summary["threshold"]) for seed, summary in summaries.items()}
        ),
        severity=_severity(config.severity, results.severity),
        interval=calibration,
        metrics={
            "single": {str(seed): _totals(summary) for seed, summary in summaries.items()},
            "multi": {str(seed): _totals(read_json(path)) for seed, path in sorted(results.multi.items())},
        },
        splits=_splits(config, list(results.single), results.splits),
        data=licences.describe(config.sources, *(stage.network for stage in (config.single, config.multi) if stage)),
    )


def _settings(config: Config) -> Settings:
    multi = config.multi
    return Settings(
        single=SingleStage(network=_without_weights(config.single.network), size=config.single.training.size),
        multi=multi and MultiStage(network=_without_weights(multi.network), size=multi.training.size),
        window=config.labelled.hu_window,
        labels=config.labels,
        parenchyma=config.parenchyma,
        cleaning=config.cleaning.model_copy(update={"exclusions": None}),
    )


def _without_weights(network: Network) -> Network:
    """The network, whose weights are all in the bundle, none of a backbone elsewhere."""
    return network.model_copy(update={"weights": "none"}) if hasattr(network, "weights") else network


def _severity(config: SeverityConfig, metrics: Mapping[int, Path]) -> Severity:
    seeds = {seed: _of_seed(read_json(path)) for seed, path in metrics.items()}
    return Severity(
        patient_ratio=config.patient_ratio, least_infected=config.least_infected, seeds=seeds if seeds else None
    )


def _of_seed(metrics: dict[str, Any]) -> SeedSeverity:
    kind = metrics["headline"]
    return SeedSeverity(
        kind=kind,
        cutoffs=metrics["cutoffs"][kind],
        patients=metrics["counts"]["patients_scored"],
        reliability=metrics[kind],
        majority=metrics["majority"],
        auc_severe=metrics["auc_severe"],
    )


def _totals(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary of evaluation without its values by image, which name slices and groups."""
    return {name: value for name, value in summary.items() if name != "per_image"}


def _splits(config: Config, seeds: Sequence[int], splits: Sequence[tuple[Path, Path]]) -> Splits:
    if len(splits) not in (1, len(seeds)):
        raise InputError(f"{len(splits)} splits are given for {len(seeds)} seeds; give one, or one for each")
    of_each = [tuple(sorted(seeds))] if len(splits) == 1 else [(seed,) for seed in seeds]
    records = []
    for several, (table, fingerprint) in zip(of_each, splits, strict=True):
        rows = read_split(table)
        records.append(
            SplitRecord(
                seeds=several,
                sha256=file_hash(table),
                fingerprint=read_json(fingerprint),
                groups={part: tuple(rows["group"][rows["part"] == part].unique()) for part in PARTS}
                if config.sources.labelled in NAMED
                else None,
            )
        )
    in_order = tuple(sorted(records, key=lambda record: record.seeds))
    return Splits(by=config.split.by, folds=config.split.folds, splits=in_order)
