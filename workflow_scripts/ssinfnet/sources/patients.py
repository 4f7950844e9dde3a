"""The clinical table of iCTCF: who the patients are and how severely ill."""

import re
from pathlib import Path

import pandas as pd

from ssinfnet.config.ictcf import Ictcf
from ssinfnet.errors import InputError


def read_table(path: str | Path, config: Ictcf) -> pd.DataFrame:
    """The patients of the table `path` (.xlsx or .csv) in its order: columns patient, morbidity and score.

    `patient` is the id as in slice ids, `score` is `Int64` and missing for a class without score, such as Suspected.
    Raises `InputError` for an unreadable table, a missing column, and all rows with a missing or duplicate value.
    """
    path = Path(path)
    frame = _read(path)
    frame.columns = [str(name).strip() for name in frame.columns]
    for key in ("patient_column", "morbidity_column"):
        name = getattr(config, key)
        if name not in frame.columns:
            raise InputError(
                f"{path}: no column {name!r} among {', '.join(frame.columns)}; give its name as ictcf.{key}"
            )
    defects = []
    patients: dict[str, int] = {}
    for row, (patient, morbidity) in enumerate(
        zip(frame[config.patient_column], frame[config.morbidity_column], strict=True), start=2
    ):
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
    if not defects and frame.empty:
        defects.append(f"{path}: holds no patient")
    if defects:
        raise InputError.from_defects(path, defects)
    morbidity = frame[config.morbidity_column].str.split().str.join(" ")
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


def _read(path: Path) -> pd.DataFrame:
    """All cells as text, empty ones as an empty string."""
    options = {"dtype": str, "keep_default_na": False}
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            return pd.read_excel(path, engine="openpyxl", **options)
        if path.suffix.lower() in (".csv", ".txt"):
            return pd.read_csv(path, encoding="utf-8-sig", **options)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Exception as error:  # the readers raise a dozen kinds for a damaged file
        raise InputError(f"{path}: cannot be read as a table ({str(error).splitlines()[0]})") from None
    raise InputError(f"{path}: not a table; give .xlsx or .csv")
