"""What of a patient's identity goes into DICOM that is written: nothing, unless it is asked for.

`remove` does not strike out what it knows to be identity, it copies what it knows not to be: the geometry, and the UIDs
by which masks refer to slices. So private attributes, descriptions, comments, dates and nested sequences need no list.
Values are checked too, as any text may stand in any attribute. The UIDs stay, since a mask that names other slices
could be laid over none; whoever has the archive that they are from can look the patient up by them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pydicom
from highdicom.base import SOPClass
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from ssinfnet.errors import InputError

Identity = Literal["remove", "keep"]
METHOD = "Kept by SSInfNet: geometry and UIDs of references only"
"""What `DeidentificationMethod` says; a long string has 64 characters at most."""
_FRAME = "FrameOfReferenceUID"
_UIDS = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_NUMBERS = {
    "Rows": 1,
    "Columns": 1,
    "PixelSpacing": 2,
    "SliceThickness": 1,
    "SpacingBetweenSlices": 1,
    "ImageOrientationPatient": 6,
    "ImagePositionPatient": 3,
}
_PLANE = ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient")
_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_OF_GROUPS = ("PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence")
"""Where the attributes of `_PLANE` are, if many slices are in one file."""
_EMPTY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("AccessionNumber", "StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName"),
)
"""Attributes that must be there and may be empty."""


def read(paths: Sequence[str | Path], identity: Identity) -> list[Dataset]:
    """The headers of DICOM files, for `sources`; with `remove`, what is not copied is not even read.

    Raises `InputError` naming a file that cannot be read.
    """
    tags = None if identity == "keep" else [*_UIDS, _FRAME, *_NUMBERS, "NumberOfFrames", *_GROUPS]
    headers = []
    for path in paths:
        try:
            headers.append(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags, force=True))
        except Exception as error:  # pydicom raises many kinds for a damaged header, and quotes values in some
            raise InputError(f"{path}: cannot be read as DICOM ({type(error).__name__}); export it again") from None
    return headers


def sources(datasets: Sequence[Dataset]) -> list[Dataset]:
    """Copies of the `datasets` of a series that hold geometry and UIDs alone, for what is written to refer to.

    Slices without a frame of reference get one that follows from their series. Raises `InputError`, which says no
    value, for a dataset without one of these, or with a UID or number that is none.
    """
    copies = [_scrub(dataset) for dataset in datasets]
    for copy in copies:
        if not copy.get(_FRAME):
            # The slices of a series share one frame, whether it has a name or not; a segmentation must name one.
            copy.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame", str(copy.SeriesInstanceUID)])
    return copies


def finish(document: SOPClass, identity: Identity, original: Dataset) -> None:
    """Say in a document made from `sources` that identity was removed, and how; or hand on that of the `original`.

    What is kept is copied as it stands, also what is no valid date or name, as the archive knows the patient by it.
    """
    if identity == "remove":
        document.PatientIdentityRemoved = "YES"
        document.DeidentificationMethod = METHOD
        document.LongitudinalTemporalInformationModified = "REMOVED"
        return
    document.copy_patient_and_study_information(original)
    if "SpecificCharacterSet" in original:
        document.SpecificCharacterSet = original.SpecificCharacterSet


def are_of_one_patient(one: Dataset, other: Dataset) -> bool | None:
    """Whether two datasets have the same PatientID; says nothing of the ids.

    None where one of them has none, or where both say who gave the id and it was not the same: then equal ids may be of
    two patients, and different ones of one.
    """
    ids, issuers = (
        [str(dataset.get(keyword) or "").strip() for dataset in (one, other)]
        for keyword in ("PatientID", "IssuerOfPatientID")
    )
    if not all(ids) or (all(issuers) and issuers[0] != issuers[1]):
        return None
    return ids[0] == ids[1]


def _scrub(dataset: Dataset) -> Dataset:
    many = int(dataset.get("NumberOfFrames") or 1) > 1
    required = (*_UIDS, "Rows", "Columns", *(_GROUPS if many else _PLANE))
    if missing := [keyword for keyword in required if keyword not in dataset]:
        raise InputError(f"a DICOM file without {missing[0]}: no segmentation can refer to it; convert it to NIfTI")
    result = _numbers(dataset)
    for keyword in (*_UIDS, *([_FRAME] if dataset.get(_FRAME) else [])):
        uid = UID(str(dataset[keyword].value))
        if not uid.is_valid:
            raise _wrong(keyword)
        setattr(result, keyword, uid)
    if many:
        result.NumberOfFrames = int(dataset.NumberOfFrames)
        for keyword in _GROUPS:
            setattr(result, keyword, [_functional_groups(item) for item in dataset[keyword].value])
    result.Modality = "CT"
    for keyword in _EMPTY:
        setattr(result, keyword, "")
    return result


def _functional_groups(item: Dataset) -> Dataset:
    result = Dataset()
    for keyword in _OF_GROUPS:
        if keyword in item:
            setattr(result, keyword, [_numbers(one) for one in item[keyword].value])
    return result


def _numbers(dataset: Dataset) -> Dataset:
    """The attributes of `_NUMBERS` that a dataset has; an empty one is left out."""
    result = Dataset()
    for keyword, count in _NUMBERS.items():
        value = dataset.get(keyword)
        if value is None or value == "":
            continue
        try:
            values = np.atleast_1d(np.array(value, dtype=float))
        except (TypeError, ValueError):
            raise _wrong(keyword) from None
        if values.shape != (count,) or not np.isfinite(values).all():
            raise _wrong(keyword)
        setattr(result, keyword, value)
    return result


def _wrong(keyword: str) -> InputError:
    return InputError(f"a DICOM file whose {keyword} makes no sense: no segmentation can refer to it; convert it again")
