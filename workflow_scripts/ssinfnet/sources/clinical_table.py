"""The clinical table of iCTCF: who the patients are and how severely ill."""

import re
from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients
from ssinfnet.errors import InputError
from ssinfnet.files.tables import read_csv
from ssinfnet.files.workbook import read_rows


def read_table(path: str | Path, config: Patients) -> pd.DataFrame:
    """The patients of the table `path` (.xlsx or .csv) in its order: columns patient, morbidity and score.

    `patient` is the id as in slice ids, `score` is `Int64` and missing for a class without score, such as Suspected.
    Raises `InputError` for an unreadable table, a missing column, and all rows with a missing or duplicate value.
    """
    path = Path(path)
    defects, classes = [], []
    patients: dict[str, int] = {}
    for row, (patient, morbidity) in enumerate(_read(path, config), start=2):
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


def _read(path: Path, config: Patients) -> list[tuple[str, str]]:
    """Patient and class of each row, as text."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        rows = read_rows(path)
        header = next(rows, [])
    elif path.suffix.lower() in (".csv", ".txt"):
        frame = read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
        header, rows = list(frame.columns), frame.itertuples(index=False)
    else:
        raise InputError(f"{path}: not a table; give .xlsx or .csv")
    header = [str(name).strip() for name in header]
    places = []
    for key in ("patient_column", "morbidity_column"):
        name = getattr(config, key)
        if name not in header:
            raise InputError(f"{path}: no column {name!r} among {', '.join(header)}; give its name as patients.{key}")
        places.append(header.index(name))
    return [tuple(row[place] if place < len(row) else "" for place in places) for row in rows]
