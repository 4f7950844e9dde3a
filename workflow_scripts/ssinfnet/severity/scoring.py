"""The whole severity stage: from stores of maps and lungs to scored slices, scored patients and their metrics."""

from typing import Any, NamedTuple

import pandas as pd

from ssinfnet.config.severity import Severity
from ssinfnet.severity.patients import NOT_USABLE, measure, regions_of_patients, regions_of_slices
from ssinfnet.severity.scores import score_patients, score_slices
from ssinfnet.severity.summary import summarise
from ssinfnet.slices.shards import Shards
from ssinfnet.slices.store import SliceStore


class Scored(NamedTuple):
    """Tables with a row per slice and per patient, and the metrics of both."""

    slices: pd.DataFrame
    patients: pd.DataFrame
    metrics: dict[str, Any]


def score(
    store: SliceStore,
    lungs: Shards,
    infection: Shards,
    classes: Shards | None,
    verdicts: dict[str, str],
    patients: pd.DataFrame,
    threshold: float,
    config: Severity,
) -> Scored:
    """Score all slices of `store` and all `patients` (columns patient, morbidity, score, slices).

    `verdicts` say by slice whose lungs are kept, `threshold` where the infection map counts as infected. Raises
    `InputError` for inputs that do not fit, and when nobody can be scored.
    """
    slices, counts, between = measure(store, lungs, infection, classes, verdicts, patients, threshold)
    slices = score_slices(slices, config)
    patients = score_patients(patients, slices[~slices["left_out"].isin(NOT_USABLE)], config)
    patients = patients.join(regions_of_patients(slices, counts, between, config.least_infected), on="patient")
    slices = slices.join(regions_of_slices(counts, config.least_infected))
    return Scored(slices, patients, {"threshold": threshold, **summarise(slices, patients, config)})
