"""The clinical table of iCTCF: who the patients are and how severely ill."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients, plain_class
from ssinfnet.errors import InputError
from ssinfnet.files import user_table

NO_CLASS = ("", "-", "na", "n/a", "#n/a", "nan")
"""Cells, in plain form, of a patient without a class."""


def read_table(path: str | Path, config: Patients) -> pd.DataFrame:
    """The patients of the table `path` (see `user_table`) in its order: columns patient, morbidity and score.

    `patient` is the id as in slice ids; `morbidity` is the class as the config writes it, empty where there is none;
    `score` is `Int64` and missing for a patient without class or of a class of `patients.left_out`.
    Raises `InputError` for an unreadable table, a missing column, all rows with a missing or duplicate patient, and
    all classes that the config does not know.
    """
    path = Path(path)
    table = _read(path, config)
    defects = []
    patients: dict[str, int] = {}
    for row, patient in table["patient"].items():
        try:
            name = patient_id(patient)
        except ValueError as error:
            defects.append(f"{path}: row {row}: {error}")
            continue
        if name in patients:
            defects.append(f"{path}: row {row}: {name} is in row {patients[name]} already")
        patients.setdefault(name, row)
    classes = list(table["class"])
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


def _read(path: Path, config: Patients) -> pd.DataFrame:
    """Patient and class (empty where the table has none) of each row, as text, by the number of the row."""
    names = {"patient": config.patient_column, "class": config.morbidity_column}
    columns = [name for name in names.values() if name is not None]
    options = {config.patient_column: "patients.patient_column", config.morbidity_column: "patients.morbidity_column"}
    try:
        table = user_table.read(path, columns, options=options)
    except user_table.ColumnError as error:
        # A table without classes is one of patients without a class, unless the column has but another name.
        known = {plain_class(name) for name in config.scores}
        if config.morbidity_column != Patients.model_fields["morbidity_column"].default or user_table.holds(
            path, lambda cell: plain_class(cell) in known
        ):
            raise InputError(f"{error}, or null if nobody has a class") from None
        table = user_table.read(path, [config.patient_column], options=options)
    table = table.rename(columns={column: name for name, column in names.items() if column is not None})
    return table if "class" in table else table.assign(**{"class": ""})
