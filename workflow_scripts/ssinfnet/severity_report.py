"""From stores of maps to the tables and metrics of the severity stage."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssinfnet import severity, severity_metrics, severity_regions
from ssinfnet.config.severity import Severity
from ssinfnet.errors import InputError
from ssinfnet.frames import read_table
from ssinfnet.intervals import number
from ssinfnet.severity_regions import FINDINGS, REGIONS, VOLUME_REGIONS
from ssinfnet.shards import Shards
from ssinfnet.slices import SliceStore

KEPT = "kept"
NOT_USABLE = ("lungs rejected", "no lungs")
GGO, CONSOLIDATION = 1, 2


def read_patients(path: Path) -> pd.DataFrame:
    """The table of patients, CSV: patient, morbidity, score (NaN: none) and slices (count).

    Raises `InputError` for a table that cannot be read and for a score other than 0, 1 or 2.
    """
    table = read_table(
        path, ("patient", "morbidity", "score", "slices"), numbers=("score", "slices"), dtype={"patient": str}
    )
    wrong = table[table["score"].notna() & ~table["score"].isin(severity_metrics.SCORES)]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(f"{path}: {row['patient']} has the score {row['score']}; ictcf.scores must be 0, 1 or 2")
    return table


def read_verdicts(path: Path) -> dict[str, str]:
    """Verdict (kept or rejected) by slice id, from the table of the cleaning."""
    table = read_table(path, ("id", "verdict"), dtype={"id": str})
    return dict(zip(table["id"], table["verdict"], strict=True))


def measure(
    store: SliceStore,
    lungs: Shards,
    infection: Shards,
    classes: Shards | None,
    verdicts: dict[str, str],
    patients: pd.DataFrame,
    threshold: float,
) -> tuple[pd.DataFrame, np.ndarray]:
    """A row per slice of `store`: id, patient, score, verdict, ratio and left_out (empty: scored); and pixel counts.

    `patients` has patient and score. The counts, int (n, 4, 2 or 4), are the pixels of each region (`REGIONS`) and
    those of them that are infected (map at `threshold` or above), and with `classes` GGO and consolidation. Raises
    `InputError` for a slice without lungs, map, verdict or patient, and where these differ in size.
    """
    score_of = dict(zip(patients["patient"], patients["score"], strict=True))
    rows, counts = [], []
    for slice_id, patient in zip(store.index["id"], store.index["group"], strict=True):
        if slice_id not in verdicts:
            raise InputError(f"{store.path}: slice {slice_id} has no verdict; clean the parenchyma again")
        if patient not in score_of:
            raise InputError(f"{store.path}: patient {patient} of slice {slice_id} is not in the table of patients")
        try:
            lung, found = lungs.read("lungs", slice_id), infection.read("infection", slice_id)
            ratio = severity.infection_ratio(found, lung)
            findings = [found.astype(np.float32) >= threshold, *_classes(classes, slice_id, lung.shape)]
        except InputError as error:
            raise InputError(f"slice {slice_id}: {error}") from None
        regions = severity_regions.divide(store.read("image", slice_id), lung)
        counts.append(severity_regions.count_pixels(regions, findings))
        reasons = {
            "lungs rejected": verdicts[slice_id] != KEPT,
            "no lungs": np.isnan(ratio),
            "no severity score": pd.isna(score_of[patient]),
        }
        left_out = next((reason for reason, applies in reasons.items() if applies), "")
        rows.append((slice_id, patient, score_of[patient], verdicts[slice_id], ratio, left_out))
    return pd.DataFrame(rows, columns=["id", "patient", "score", "verdict", "ratio", "left_out"]), np.array(counts)


def _classes(classes: Shards | None, slice_id: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    if classes is None:
        return []
    mask = classes.read("mask", slice_id)
    if mask.shape != shape:
        raise InputError(f"the classes are {mask.shape} and the lungs are {shape}")
    return [mask == GGO, mask == CONSOLIDATION]


def regions_of_slices(counts: np.ndarray, least: float) -> pd.DataFrame:
    """CT severity score, shares and regions of each slice, from the pixel counts of `measure`."""
    findings = FINDINGS[: counts.shape[2] - 1]
    return _whole_numbers(pd.DataFrame([_row(one, REGIONS, least, findings) for one in counts]))


def regions_of_patients(slices: pd.DataFrame, counts: np.ndarray, least: float) -> pd.DataFrame:
    """The same of each patient with a usable slice, index patient, over its usable slices.

    The score is that of the twelve regions with thirds for a patient of three pictures or more, else of the four. The
    thirds are of all pictures of the patient: one whose pictures were all rejected has no lung and is not scored.
    """
    findings = FINDINGS[: counts.shape[2] - 1]
    third_of = np.array(severity_regions.third_of_each(slices["patient"]))
    usable = ~slices["left_out"].isin(NOT_USABLE).to_numpy()
    rows = {}
    for patient, places in slices[usable].groupby("patient").indices.items():
        chosen = np.flatnonzero(usable)[places]
        row = _row(counts[chosen].sum(axis=0), REGIONS, least, findings)
        if third_of[chosen[0]] >= 0:
            row |= _row(severity_regions.pool(counts[chosen], third_of[chosen]), VOLUME_REGIONS, least, findings)
        rows[patient] = row
    return _whole_numbers(pd.DataFrame.from_dict(rows, orient="index"))


def _row(counts: np.ndarray, names: Sequence[str], least: float, findings: Sequence[str]) -> dict[str, float]:
    return {
        **severity_regions.describe(counts, least, findings),
        **severity_regions.describe_regions(counts, names, least, findings),
    }


def _whole_numbers(table: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in table if name == "ct_score" or name.endswith(("_regions", "_lung", "_score"))]
    return table.astype(dict.fromkeys(columns, "Int64"))


def summarise(slices: pd.DataFrame, patients: pd.DataFrame, config: Severity) -> dict[str, Any]:
    """Metrics of patients, of slices as in the paper's Table V, cut-offs, and counts of what was left out."""
    scored = patients[patients["left_out"] == ""]
    if scored.empty:
        raise InputError("no patient has a severity score, pictures and a kept slice; nothing can be scored")
    truth = scored["score"].to_numpy(dtype=int)
    ratios = scored[f"ratio_{config.patient_ratio}"].to_numpy()
    used = slices[slices["left_out"] == ""]
    found = [finding for finding in FINDINGS if finding in scored]
    predictors = {"ratio": ratios, **{name: scored[name].to_numpy(dtype=float) for name in ("ct_share", *found)}}
    ranking = severity_metrics.ranking(truth, predictors, resamples=config.bootstrap, seed=config.seed)
    return {
        **_scores(scored, config),
        "slices": _scores(used, config),
        "cutoffs": {"published": list(config.published), "fitted": list(severity.fit_cutoffs(ratios, truth))},
        "headline": config.cutoffs,
        "bootstrap": {"resamples": config.bootstrap, "seed": config.seed},
        "patient_ratio": config.patient_ratio,
        "auc_severe": ranking["ratio"]["auc_severe"],
        "spearman": ranking["ratio"]["spearman"]["value"],
        "predictors": ranking,
        "regions": {name: _region(scored, name) for name in (*REGIONS, *VOLUME_REGIONS) if f"{name}_score" in scored},
        "counts": {
            "patients": len(patients),
            "patients_scored": len(scored),
            "patients_left_out": _count(patients["left_out"]),
            "patients_in_thirds": int((scored["slices"] >= len(severity_regions.THIRDS)).sum()),
            "slices": len(slices),
            "slices_scored": len(used),
            "slices_left_out": _count(slices["left_out"]),
        },
    }


def table(metrics: dict[str, Any]) -> pd.DataFrame:
    """The numbers of `summarise` as a table: unit, predictor, cutoffs, metric, value, low, high, n."""
    return pd.DataFrame(_rows(metrics), columns=["unit", "predictor", "cutoffs", "metric", "value", "low", "high", "n"])


def _rows(metrics: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for unit, results in (("patients", metrics), ("slices", metrics["slices"])):
        n = metrics["counts"][f"{unit}_scored"]
        for answer in ("majority", "published", "fitted"):
            for name in severity_metrics.METRICS:
                predictor, cutoffs = ("majority", "") if answer == "majority" else ("ratio", answer)
                score = results[answer]
                yield unit, predictor, cutoffs, name, score[name], *score["intervals"][name], n
    for predictor, scores in metrics["predictors"].items():
        for name, score in scores.items():
            n = metrics["counts"]["patients_scored"]
            yield "patients", predictor, "", name, score["value"], score["low"], score["high"], n


def _scores(table: pd.DataFrame, config: Severity) -> dict[str, Any]:
    truth, patients = table["score"].to_numpy(dtype=int), table["patient"].to_numpy(dtype=str)
    options = {"resamples": config.bootstrap, "seed": config.seed}
    return {
        **{
            cutoffs: severity_metrics.classification(
                truth, table[f"predicted_{cutoffs}"].to_numpy(dtype=int), patients, **options
            )
            for cutoffs in ("published", "fitted")
        },
        "majority": severity_metrics.majority(truth, patients, **options),
    }


def _region(scored: pd.DataFrame, name: str) -> dict[str, float | int | None]:
    """Mean score and shares of a region over the scored patients that have it, and how many have no lung there.

    Patients without thirds do not count for the regions by third.
    """
    lung = scored[f"{name}_lung"].dropna()
    means = {column: scored[f"{name}_{column}"] for column in ("score", *FINDINGS) if f"{name}_{column}" in scored}
    return {
        "patients": int((lung > 0).sum()),
        "without_lung": int((lung == 0).sum()),
        **{f"mean_{column}": number(values.astype(float).mean()) for column, values in means.items()},
    }


def _count(reasons: pd.Series) -> dict[str, int]:
    return {str(reason): int(count) for reason, count in reasons[reasons != ""].value_counts().sort_index().items()}
