"""The clinical table of iCTCF: who the patients are and how severely ill."""

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients, plain_class
from ssinfnet.errors import InputError
from ssinfnet.files.tables import read_csv
from ssinfnet.files.workbook import read_rows

NO_CLASS = ("", "-", "na", "n/a", "#n/a", "nan")
"""Cells, in plain form, of a patient without a class."""
_NO_CLASSES = ", or null if nobody has a class"


def read_table(path: str | Path, config: Patients) -> pd.DataFrame:
    """The patients of the table `path` (.xlsx or .csv) in its order: columns patient, morbidity and score.

    `patient` is the id as in slice ids; `morbidity` is the class as the config writes it, empty where there is none;
    `score` is `Int64` and missing for a patient without class or of a class of `patients.left_out`.
    Raises `InputError` for an unreadable table, a missing column, all rows with a missing or duplicate patient, and
    all classes that the config does not know.
    """
    path = Path(path)
    rows = list(enumerate(_read(path, config), start=2))
    defects = []
    patients: dict[str, int] = {}
    for row, (patient, _) in rows:
        try:
            name = patient_id(patient)
        except ValueError as error:
            defects.append(f"{path}: row {row}: {error}")
            continue
        if name in patients:
            defects.append(f"{path}: row {row}: {name} is in row {patients[name]} already")
        patients.setdefault(name, row)
    classes = [morbidity for _, (_, morbidity) in rows]
    defects += [f"{path}: {defect}" for defect in check_classes(classes, config)]
    if not defects and not patients:
        defects.append(f"{path}: holds no patient")
    if defects:
        raise InputError.from_defects(path, defects)
    return as_frame(patients, [class_of(name, config) or "" for name in classes], config)


def as_frame(patients: Iterable[str], classes: Iterable[str], config: Patients) -> pd.DataFrame:
    """Patients by id and their classes, as the config writes them (empty: none), as `read_table` returns them."""
    morbidity = pd.Series(list(classes), dtype=str)
    score = morbidity.map(config.scores).astype("Int64")
    return pd.DataFrame({"patient": list(patients), "morbidity": morbidity, "score": score})


def class_of(name: str, config: Patients) -> str | None:
    """The class as the config writes it, empty for a cell that says nothing; None for a class it does not know."""
    plain = plain_class(name)
    known = {plain_class(one): one for one in reversed([*config.scores, *config.left_out])}
    return known.get(plain, "" if plain in NO_CLASS else None)


def check_classes(classes: Iterable[str], config: Patients) -> list[str]:
    """A line for each of the classes that the config does not know, with the number of its rows and the nearest one."""
    unknown = Counter(" ".join(name.split()) for name in classes if class_of(name, config) is None)
    known = {plain_class(name): name for name in (*config.scores, *config.left_out)}
    lines = []
    for name, count in unknown.items():
        nearest = difflib.get_close_matches(plain_class(name), known, n=1)
        hint = f"did you mean {known[nearest[0]]!r}? Otherwise give" if nearest else "give"
        lines.append(
            f"{count} row{'s' * (count > 1)} with the {config.morbidity_column} {name!r}, a class that the config does "
            f"not know; {hint} it a score in patients.scores, or list it in patients.left_out"
        )
    return lines


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
    rows = [list(row) for row in rows]
    if config.patient_column not in header:
        raise InputError(_no_column(path, header, config.patient_column, "patient_column"))
    places = [header.index(config.patient_column), _class_place(path, header, rows, config)]
    return [tuple("" if place is None else [*row, *[""] * len(header)][place] for place in places) for row in rows]


def _class_place(path: Path, header: list[str], rows: list[list[str]], config: Patients) -> int | None:
    """The place of the column of classes; None where the config says null, or names none and the table has no class."""
    if config.morbidity_column is None:
        return None
    if config.morbidity_column in header:
        return header.index(config.morbidity_column)
    known = {plain_class(name) for name in config.scores}
    columns = dict(zip(header, itertools.zip_longest(*rows, fillvalue=""), strict=False))
    like = [name for name, cells in columns.items() if any(plain_class(str(cell)) in known for cell in cells)]
    if like or config.morbidity_column != Patients.model_fields["morbidity_column"].default:
        raise InputError(_no_column(path, like or header, config.morbidity_column, "morbidity_column") + _NO_CLASSES)
    return None


def _no_column(path: Path, header: list[str], name: str, key: str) -> str:
    return f"{path}: no column {name!r} among {', '.join(header)}; give its name as patients.{key}"
