"""iCTCF (HUST-19), or pictures laid out like it: 8-bit pictures of patients and a clinical table.

Pictures and patients are joined by patient id, never by position. The pictures come from a manifest (of the download or
the phantom) or from a folder that holds one folder per patient.
"""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ssinfnet.config.patients import Patients
from ssinfnet.errors import InputError
from ssinfnet.files import folders
from ssinfnet.files.atomic import write_csv
from ssinfnet.files.hashes import file_hash
from ssinfnet.files.pictures import SUFFIXES, read_grey, transpose
from ssinfnet.files.tables import read_csv
from ssinfnet.files.untrusted import is_inside
from ssinfnet.slices.store import create_store
from ssinfnet.sources.clinical_table import as_frame, patient_id, read_table
from ssinfnet.sources.manifest import MANIFEST, Picture


class Found(NamedTuple):
    """The pictures of a folder, and its files that are not read, with why."""

    pictures: list[Picture]
    unread: list[folders.Unread]


def prepare(
    pictures: list[Picture], table: str | Path | None, out: str | Path, patients_out: str | Path, config: Patients
) -> str:
    """Write the slice store `out` (image; the group is the patient) and the table `patients_out`, that of `check`.

    Returns what was found, in a sentence. Raises `InputError` that lists all defects.
    """
    patients, chosen, defects = _join(pictures, table, config)
    with create_store(out) as writer:
        for name, found in chosen.items():
            for picture, slice_name in zip(found, _names(found), strict=True):
                try:
                    _check_sum(picture)
                    image = np.ascontiguousarray(transpose(read_grey(picture.path), config.transform))
                    writer.add(f"{name}_{slice_name}", group=name, origin=_origin(picture), image=image)
                except InputError as error:
                    defects.append(str(error))
        if defects:
            raise InputError.from_defects("the patients' pictures", defects)
    write_csv(patients_out, patients)
    return _sentence(patients)


def check(pictures: list[Picture], table: str | Path | None, config: Patients) -> pd.DataFrame:
    """The table of patients, without reading a picture: patient, morbidity, score and slices, the number of pictures.

    Morbidity and score are empty for a patient without class, as all are without a `table`. Raises `InputError` that
    lists the defects of the table and the pictures of patients that are not in it.
    """
    patients, _, defects = _join(pictures, table, config)
    if defects:
        raise InputError.from_defects("the patients' pictures", defects)
    return patients


def list_folder(folder: str | Path, table: str | Path | None = None) -> Found:
    """The pictures of `folder`, which holds one folder per patient, named as in the clinical table.

    Linked folders are followed. The clinical `table` may lie among them. Raises `InputError` for a missing or empty
    folder, pictures outside of a patient's folder, two folders of a patient.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; it should hold one folder of pictures per patient")
    result, unread, defects, owners = [], [], [], {}
    for path in folders.entries(folder):
        if table and path.resolve() == Path(table).resolve():
            continue
        if folders.is_hidden(path):
            unread.append(folders.Unread(path, "hidden"))
        elif not path.is_dir():
            if folders.is_picture(path):
                defects.append(f"{path}: lies outside of a patient's folder")
            else:
                unread.append(folders.Unread(path, folders.why(path)))
        else:
            try:
                patient = patient_id(path.name)
                if patient in owners:
                    defects.append(f"{path}: patient {patient} has the folder {owners[patient]} already")
                owners[patient] = path.name
                pictures, left_out = folders.part(path)
            except ValueError as error:  # of the id
                defects.append(f"{path}: {error}")
                continue
            except InputError as error:
                defects.append(str(error))
                continue
            result.extend(Picture(patient, picture) for picture in pictures)
            unread.extend(left_out)
            if not pictures:
                unread.append(folders.Unread(path, f"it holds no picture, so patient {patient} has none"))
    if not defects and not result:
        remedy = "it should hold one folder of JPEG or PNG files per patient"
        defects = [f"{folder}: no picture in it; {remedy}", *(f"{path} is not read: {why}" for path, why in unread)]
    if defects:
        raise InputError.from_defects(folder, defects)
    return Found(result, unread)


def read_manifest(path: str | Path) -> list[Picture]:
    """The pictures that a manifest lists; raises `InputError` for a file that is no manifest or lists nothing."""
    path = Path(path)
    frame = read_csv(path, dtype=str, keep_default_na=False)
    if list(frame.columns) != MANIFEST:
        raise InputError(f"{path}: not a manifest; its columns should be {', '.join(MANIFEST)}")
    if frame.empty:
        raise InputError(f"{path}: lists no picture; remove it and run the download again")
    rows = list(frame.itertuples(index=False))
    if outside := [row.file for row in rows if not is_inside(row.file)]:
        raise InputError(f"{path}: {outside[0]!r} lies outside of its folder; remove it and run the download again")
    return [Picture(row.patient, path.parent / row.file, row.sha256) for row in rows]


def _join(
    pictures: list[Picture], table: str | Path | None, config: Patients
) -> tuple[pd.DataFrame, dict[str, list[Picture]], list[str]]:
    """The patients with the number of their pictures, the pictures to read of each, and defects."""
    by_patient: dict[str, list[Picture]] = {}
    for picture in pictures:
        by_patient.setdefault(picture.patient, []).append(picture)
    patients = read_table(table, config) if table else as_frame(by_patient, [""] * len(by_patient), config)
    known = set(patients["patient"])
    defects = [
        f"{found[0].path}: patient {name} is not in {table}; add a row, whose class may be empty"
        for name, found in by_patient.items()
        if name not in known
    ]
    chosen = {name: _spread(by_patient.get(name, []), config.slices_per_patient) for name in patients["patient"]}
    patients["slices"] = [len(found) for found in chosen.values()]
    return patients, chosen, defects


def _check_sum(picture: Picture) -> None:
    if picture.sha256 and picture.path.is_file() and file_hash(picture.path) != picture.sha256:
        raise InputError(f"{picture.path}: has changed since the download; remove it and run the download again")


def _spread(found: list[Picture], count: int) -> list[Picture]:
    """`count` pictures in the middles of as many equal stretches of the scan; all for 0 or when there are fewer."""
    if not count or len(found) <= count:
        return found
    return [found[int((position + 0.5) * len(found) / count)] for position in range(count)]


def _names(found: list[Picture]) -> list[str]:
    """Names of a patient's pictures: the path below their common folder, without suffix."""
    if not found:
        return []
    common = os.path.commonpath([picture.path.parent for picture in found])
    return ["-".join(_without_suffix(picture.path.relative_to(common)).parts) for picture in found]


def _without_suffix(path: Path) -> Path:
    """The path without a suffix that tells of a picture; a number after a dot is part of the name."""
    return path.with_suffix("") if path.suffix.lower() in SUFFIXES else path


def _origin(picture: Picture) -> str:
    return f"{picture.path.parent.name}/{picture.path.name}"


def _sentence(patients: pd.DataFrame) -> str:
    unscored = Counter(patients.loc[patients["score"].isna(), "morbidity"].replace("", "without class"))
    left_out = ", ".join(f"{count} {name}" for name, count in sorted(unscored.items())) or "none"
    with_pictures = int((patients["slices"] > 0).sum())
    nobody = "; no patient has a severity score, so the published cut-offs predict one and nothing tells how well"
    return (
        f"{int(patients['slices'].sum())} slices of {with_pictures} patients; {len(patients) - with_pictures} patients "
        f"have no picture; without a severity score: {left_out}{nobody if patients['score'].isna().all() else ''}"
    )
