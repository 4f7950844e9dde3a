"""Whether two scans that are compared are of one patient, as far as DICOM says so.

No result holds an id of a patient unless the identity is kept, not even a hash of one: ids are short and few, so who
has the hash finds the id by trying them all, and a salt beside it does not help. So ids are read when scans are
compared and forgotten then: that of the later scan in its own files, that of the earlier one in a segmentation that
kept it, or in the earlier scan's files if they are given again.
"""

from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from ssinfnet.errors import InputError
from ssinfnet.files import archives, folders, untrusted
from ssinfnet.scans.identity import are_of_one_patient
from ssinfnet.scans.volume import Outcome, ScanError, Source

_TAGS = ["PatientID", "IssuerOfPatientID", "SeriesInstanceUID"]
UNKNOWN = (
    "whether both scans are of one patient is not known ({}); make sure of it, as a change between two patients means "
    "nothing"
)


def of_series(path: Path, series: str | None) -> Dataset:
    """The header of a file of the series with the UID `series`, in a file, a folder or an archive.

    Raises `InputError` where there is none, also where `series` is None, as that of a scan that is no DICOM.
    """
    if path.is_dir():
        found = _first(folders.files(path), series)
    elif not _is_archive(untrusted.check(path)):
        found = _first([path], series)
    else:
        with archives.unpacked(path) as folder:
            found = _first(folders.files(folder), series)
    if found is None:
        raise InputError(f"{path}: holds no DICOM file of the series that was scored earlier; give that scan's files")
    return found


def kept_in(segmentation: Path) -> Dataset | None:
    """The header of an earlier scan's segmentation, in which the identity may have been kept; None without one."""
    return _header(segmentation) if segmentation.is_file() else None


def check(earlier: Dataset | None, later: Dataset | None) -> Outcome | None:
    """A note where nobody knows whether two headers are of one patient; None where they are.

    Raises `ScanError` where they are not.
    """
    if later is None:
        return Outcome("patient_unknown", "note", UNKNOWN.format("the scan is no DICOM"))
    if earlier is None:
        return Outcome("patient_unknown", "note", UNKNOWN.format("the earlier result holds no patient id"))
    same = are_of_one_patient(earlier, later)
    if same is None:
        return Outcome("patient_unknown", "note", UNKNOWN.format("a patient id is missing, or of another issuer"))
    if not same:
        raise ScanError(
            "other_patient",
            "it bears another patient id than the earlier scan, so it is not compared with it; give an earlier scan of "
            "the same patient, or score it without one",
        )
    return None


def header_of(source: Source) -> Dataset | None:
    """What the first file of a scan says of the patient; None for what is no DICOM."""
    return _header(source.files[0]) if source.kind == "dicom" else None


def _first(paths: list[Path], series: str | None) -> Dataset | None:
    headers = (_header(path) for path in paths)
    return next((one for one in headers if one and series and str(one.get("SeriesInstanceUID")) == series), None)


def _header(path: Path) -> Dataset | None:
    try:
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
    except Exception:  # pydicom raises many kinds for what is no DICOM, or damaged
        return None


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return untrusted.recognise(file.read(untrusted.HEAD)) == "a zip archive"
