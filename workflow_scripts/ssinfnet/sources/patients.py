"""iCTCF (HUST-19), or pictures laid out like it: 8-bit pictures of patients and a clinical table.

Pictures and patients are joined by patient id, never by position. The pictures come from a manifest (of the download or
the phantom) or from a folder that holds one folder per patient.
"""

import os
from collections import Counter
from pathlib import Path

import pandas as pd

from ssinfnet.config.patients import Patients
from ssinfnet.errors import InputError
from ssinfnet.files.atomic import write_csv
from ssinfnet.files.hashes import file_hash
from ssinfnet.files.pictures import list_pictures, natural_key, read_grey
from ssinfnet.files.tables import read_csv
from ssinfnet.files.untrusted import is_inside
from ssinfnet.slices.store import create_store
from ssinfnet.sources.clinical_table import patient_id, read_table
from ssinfnet.sources.manifest import MANIFEST, Picture


def prepare(
    pictures: list[Picture], table: str | Path, out: str | Path, patients_out: str | Path, config: Patients
) -> str:
    """Write the slice store `out` (image; the group is the patient) and the table `patients_out`.

    `patients_out` has a row for each patient of the clinical table: patient, morbidity, score (empty: none) and slices,
    the number of pictures. Returns what was found, in a sentence. Raises `InputError` that lists all defects.
    """
    patients = read_table(table, config)
    by_patient: dict[str, list[Picture]] = {}
    for picture in pictures:
        by_patient.setdefault(picture.patient, []).append(picture)
    known = set(patients["patient"])
    defects = [
        f"{found[0].path}: patient {name} is not in {table}" for name, found in by_patient.items() if name not in known
    ]
    chosen = {name: _spread(by_patient.get(name, []), config.slices_per_patient) for name in patients["patient"]}
    with create_store(out) as writer:
        for name, found in chosen.items():
            for picture, slice_name in zip(found, _names(found), strict=True):
                try:
                    _check_sum(picture)
                    writer.add(
                        f"{name}_{slice_name}", group=name, origin=_origin(picture), image=read_grey(picture.path)
                    )
                except InputError as error:
                    defects.append(str(error))
        if defects:
            raise InputError.from_defects("the iCTCF pictures", defects)
    patients["slices"] = [len(chosen[name]) for name in patients["patient"]]
    write_csv(patients_out, patients)
    return _sentence(patients)


def list_folder(folder: str | Path) -> list[Picture]:
    """The pictures of `folder`, which holds one folder per patient, named as in the clinical table.

    Raises `InputError` for a missing or empty folder, pictures outside of a patient's folder, two folders of a patient.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; it should hold one folder of pictures per patient")
    result, defects, owners = [], [], {}
    for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name)):
        if path.name.startswith("."):
            continue
        if not path.is_dir():
            defects.append(f"{path}: lies outside of a patient's folder")
            continue
        try:
            patient = patient_id(path.name)
        except ValueError as error:
            defects.append(f"{path}: {error}")
            continue
        if patient in owners:
            defects.append(f"{path}: patient {patient} has the folder {owners[patient]} already")
        owners[patient] = path.name
        try:
            result.extend(Picture(patient, picture) for picture in list_pictures(path))
        except InputError as error:
            defects.append(str(error))
    if not defects and not result:
        defects.append(f"{folder}: no picture in it; it should hold one folder of JPEG or PNG files per patient")
    if defects:
        raise InputError.from_defects(folder, defects)
    return result


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
    return ["-".join(picture.path.relative_to(common).with_suffix("").parts) for picture in found]


def _origin(picture: Picture) -> str:
    return f"{picture.path.parent.name}/{picture.path.name}"


def _sentence(patients: pd.DataFrame) -> str:
    unscored = Counter(patients.loc[patients["score"].isna(), "morbidity"])
    left_out = ", ".join(f"{count} {name}" for name, count in sorted(unscored.items())) or "none"
    with_pictures = int((patients["slices"] > 0).sum())
    return (
        f"{int(patients['slices'].sum())} slices of {with_pictures} patients; {len(patients) - with_pictures} patients "
        f"have no picture; without a severity score: {left_out}"
    )
