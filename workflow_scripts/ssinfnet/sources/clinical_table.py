"""The clinical table of iCTCF: who the patients are and how severely ill."""

import re
from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients
from ssinfnet.errors import InputError
from ssinfnet.files import user_table


def read_table(path: str | Path, config: Patients) -> pd.DataFrame:
    """The patients of the table `path` (see `user_table`) in its order: columns patient, morbidity and score.

    `patient` is the id as in slice ids, `score` is `Int64` and missing for a class without score, such as Suspected.
    Raises `InputError` for an unreadable table, a missing column, and all rows with a missing or duplicate value.
    """
    defects, classes = [], []
    patients: dict[str, int] = {}
    columns = [config.patient_column, config.morbidity_column]
    options = dict(zip(columns, ("patients.patient_column", "patients.morbidity_column"), strict=True))
    for row, patient, morbidity in user_table.read(path, columns, options=options).itertuples():
        classes.append(" ".join(morbidity.split()))
        try:
            name = patient_id(patient)
        except ValueError as error:
            defects.append(f"{path}: row {row}: {error}")
            continue
        if not morbidity.strip():
            defects.append(f"{path}: row {row}: {name} has no {config.morbidity_column}")
        if name in patients:
            defects.append(f"{path}: row {row}: {name} is in row {patients[name]} already")
        patients.setdefault(name, row)
    if not defects and not patients:
        defects.append(f"{path}: holds no patient")
    if defects:
        raise InputError.from_defects(path, defects)
    morbidity = pd.Series(classes, dtype=str)
    return pd.DataFrame(
        {"patient": list(patients), "morbidity": morbidity, "score": morbidity.map(config.scores).astype("Int64")}
    )


def patient_id(text: object) -> str:
    """The id of a patient in slice ids: `Patient 1`, `1` and `p0001` are p0001, other names keep their letters.

    Raises `ValueError` for a name that is empty or cannot be part of a file name.
    """
    text = str(text).strip()
    numbered = re.fullmatch(r"(?:patient[ _-]*|p)?(\d+)(?:\.0)?", text, re.IGNORECASE)
    if numbered:
        return f"p{int(numbered[1]):04d}"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", text):
        raise ValueError(f"{text!r} cannot be a patient id; letters, digits, blank, dot, - and _ can")
    return re.sub(r"\s+", "_", text)
