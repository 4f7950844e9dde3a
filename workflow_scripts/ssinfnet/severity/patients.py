"""From stores of maps to the tables and metrics of the severity stage."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.tables import read_table
from ssinfnet.lungs import direction
from ssinfnet.lungs.verdicts import KEPT
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.severity import regions as severity_regions
from ssinfnet.severity.regions import FINDINGS, REGIONS, VOLUME_REGIONS
from ssinfnet.severity.scores import NO_SCORE, infection_ratio
from ssinfnet.slices.labels import CONSOLIDATION, GGO
from ssinfnet.slices.shards import Shards
from ssinfnet.slices.store import SliceStore

ORDERS = {direction.DOWN: "head first", direction.UP: "feet first", direction.UNKNOWN: "unknown"}
"""How a patient's pictures run by their anatomy; where it is unknown, the thirds take them as head first."""
NOT_USABLE = ("lungs rejected", "no lungs")


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
        raise InputError(f"{path}: {row['patient']} has the score {row['score']}; patients.scores must be 0, 1 or 2")
    return table


def measure(
    store: SliceStore,
    lungs: Shards,
    infection: Shards,
    classes: Shards | None,
    verdicts: dict[str, str],
    patients: pd.DataFrame,
    threshold: float,
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A row per slice of `store`: id, patient, score, verdict, ratio and left_out (empty: scored); and two arrays.

    `patients` has patient and score. The first array is pixel counts, int (n, 4, 2 or 4): the pixels of each region
    (`REGIONS`) and those of them that are infected (map at `threshold` or above), and with `classes` GGO and
    consolidation. The second, float (n,), is what `lungs.direction.between` says of the lungs. Raises `InputError` for
    a slice without lungs, map, verdict or patient, and where these differ in size.
    """
    score_of = dict(zip(patients["patient"], patients["score"], strict=True))
    rows, counts, between = [], [], []
    for slice_id, patient in zip(store.index["id"], store.index["group"], strict=True):
        if slice_id not in verdicts:
            raise InputError(f"{store.path}: slice {slice_id} has no verdict; clean the parenchyma again")
        if patient not in score_of:
            raise InputError(f"{store.path}: patient {patient} of slice {slice_id} is not in the table of patients")
        try:
            lung, found = lungs.read("lungs", slice_id), infection.read("infection", slice_id)
            ratio = infection_ratio(found, lung)
            findings = [found.astype(np.float32) >= threshold, *_classes(classes, slice_id, lung.shape)]
        except InputError as error:
            raise InputError(f"slice {slice_id}: {error}") from None
        regions = severity_regions.divide(store.read("image", slice_id), lung)
        counts.append(severity_regions.count_pixels(regions, findings))
        between.append(direction.between(lung))
        reasons = {
            "lungs rejected": verdicts[slice_id] != KEPT,
            "no lungs": np.isnan(ratio),
            NO_SCORE: pd.isna(score_of[patient]),
        }
        left_out = next((reason for reason, applies in reasons.items() if applies), "")
        rows.append((slice_id, patient, score_of[patient], verdicts[slice_id], ratio, left_out))
    table = pd.DataFrame(rows, columns=["id", "patient", "score", "verdict", "ratio", "left_out"])
    return table, np.array(counts), np.array(between)


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


def regions_of_patients(slices: pd.DataFrame, counts: np.ndarray, between: np.ndarray, least: float) -> pd.DataFrame:
    """The same of each patient with a usable slice, index patient, over its usable slices; and their order (`ORDERS`).

    The score is that of the twelve regions with thirds for a patient of three pictures or more, else of the four. The
    thirds are of all pictures of the patient: one whose pictures were all rejected has no lung and is not scored.
    """
    findings = FINDINGS[: counts.shape[2] - 1]
    third_of = np.array(severity_regions.third_of_each(slices["patient"]))
    usable = ~slices["left_out"].isin(NOT_USABLE).to_numpy()
    rows = {}
    for patient, places in slices[usable].groupby("patient").indices.items():
        chosen = np.flatnonzero(usable)[places]
        found = direction.of_stack(counts[chosen, :, 0].sum(axis=1), between[chosen])
        row = {"order": ORDERS[found], **_row(counts[chosen].sum(axis=0), REGIONS, least, findings)}
        if third_of[chosen[0]] >= 0:
            thirds = severity_regions.upper_first(third_of[chosen], found)
            row |= _row(severity_regions.pool(counts[chosen], thirds), VOLUME_REGIONS, least, findings)
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
