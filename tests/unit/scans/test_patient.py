"""Two scans are compared where they are of one patient, or nobody knows, and then it is said."""

import re
import zipfile

import bundles
import pytest
import stored_scans
from scoring import SPACING, VALUES, only, result, run

from ssinfnet.errors import InputError
from ssinfnet.scans import patient
from ssinfnet.scans.volume import Source


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A series of patient 17, a later one of 17, one of 18, one of nobody, and one of another 17."""
    folder = tmp_path_factory.mktemp("scans")
    ids = {"first": "ID-17", "later": "ID-17 ", "other": "ID-18", "nobody": "", "elsewhere": "ID-17"}
    for name, of_patient in ids.items():
        series = stored_scans.slices_of(VALUES, spacing=SPACING)
        for one in series:
            one.PatientID = of_patient
            if name in ("first", "elsewhere"):
                one.IssuerOfPatientID = name
        stored_scans.save(series, folder / name)
    stored_scans.save_nifti(folder / "no_dicom.nii.gz", VALUES, spacing=SPACING)
    return folder


@pytest.fixture(scope="module")
def earlier(tmp_path_factory, bundle, scans):
    """The first series scored with and without its identity."""
    folder = tmp_path_factory.mktemp("earlier")
    for identity in ("keep", "remove"):
        assert run(bundle, folder / identity, scans / "first", "--dicom-identity", identity) == 0
    return {identity: only(folder / identity) for identity in ("keep", "remove")}


def codes(out):
    return [one["code"] for one in result(only(out))["outcomes"]]


def header(folder):
    return patient.header_of(Source("dicom", folder, (next(folder.iterdir()),)))


def test_ids_that_were_kept_are_compared(tmp_path, bundle, scans, earlier):
    assert run(bundle, tmp_path, scans / "other", "--compare", earlier["keep"] / "measures.json") == 1
    assert codes(tmp_path) == ["other_patient"] and not (only(tmp_path) / "lungs.nii.gz").exists()
    assert "another patient id" in (tmp_path / "scans.html").read_text()
    kept = patient.kept_in(earlier["keep"] / "segmentation.dcm")
    assert patient.check(kept, header(scans / "later")) is None


def test_where_it_cannot_be_known_it_is_said(tmp_path, bundle, scans, earlier):
    assert run(bundle, tmp_path, scans / "other", "--compare", earlier["remove"]) == 0
    assert "patient_unknown" in codes(tmp_path) and result(only(tmp_path))["change"]
    assert "Whether both scans are of one patient is not known" in (only(tmp_path) / "report.html").read_text()
    assert "patient_unknown" in (tmp_path / "scans.csv").read_text()


def test_nobody_knows_without_an_id_or_with_two_issuers(scans, earlier):
    kept = patient.kept_in(earlier["keep"] / "segmentation.dcm")
    removed = patient.kept_in(earlier["remove"] / "segmentation.dcm")
    no_dicom = patient.header_of(Source("nifti", scans, (scans / "no_dicom.nii.gz",)))
    for before, now in (
        (kept, header(scans / "nobody")),
        (header(scans / "first"), header(scans / "elsewhere")),
        (kept, no_dicom),
        (removed, header(scans / "later")),
        (patient.kept_in(scans / "no such file"), header(scans / "later")),
    ):
        assert patient.check(before, now).code == "patient_unknown"


def test_the_earlier_scan_given_again_tells_and_no_id_is_written(tmp_path, bundle, scans, earlier):
    options = ("--compare", earlier["remove"], "--earlier-scan", scans / "first")
    assert run(bundle, tmp_path / "later", scans / "later", *options) == 0
    assert "patient_unknown" not in codes(tmp_path / "later") and result(only(tmp_path / "later"))["change"]
    assert run(bundle, tmp_path / "other", scans / "other", *options) == 1
    assert codes(tmp_path / "other") == ["other_patient"]
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or not re.search(rb"ID-1[78]", path.read_bytes()), path


def test_the_earlier_scan_is_a_folder_an_archive_or_a_file(tmp_path, bundle, scans, earlier, capsys):
    packed, first = tmp_path / "first.zip", scans / "first"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in first.iterdir():
            archive.write(path, f"a/{path.name}")
    series = result(earlier["remove"])["series_uid"]
    for scan in (first, packed, next(first.iterdir())):
        assert patient.of_series(scan, series).PatientID == "ID-17"
    for scan, wanted in ((scans / "other", series), (first, None), (scans / "no_dicom.nii.gz", series)):
        with pytest.raises(InputError, match=f"{scan}: holds no DICOM file of the series that was scored earlier"):
            patient.of_series(scan, wanted)
    assert run(bundle, tmp_path, scans / "later", "--earlier-scan", first) == 2
    assert "--compare" in capsys.readouterr().err
