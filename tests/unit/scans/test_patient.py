"""Two scans are compared where they are of one patient, or nobody knows, and then it is said."""

import re
import zipfile

import bundles
import pydicom
import pytest
import stored_scans
from scoring import SPACING, VALUES, only, result, run

from ssinfnet.errors import InputError


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A series of patient 17, a later one of 17, one of 18, one of nobody, and one of another 17."""
    folder = tmp_path_factory.mktemp("scans")
    ids = {"first": "ID-17", "later": "ID-17 ", "other": "ID-18", "nobody": "", "elsewhere": "ID-17"}
    for name, patient in ids.items():
        series = stored_scans.slices_of(VALUES, spacing=SPACING)
        for one in series:
            one.PatientID = patient
            if name in ("first", "elsewhere"):
                one.IssuerOfPatientID = name
        stored_scans.save(series, folder / name)
    stored_scans.save_nifti(folder / "no_dicom.nii.gz", VALUES, spacing=SPACING)
    return folder


@pytest.fixture(scope="module")
def earlier(tmp_path_factory, bundle, scans):
    """The first series scored with and without its identity, and a volume that has none."""
    folder = tmp_path_factory.mktemp("earlier")
    for identity in ("keep", "remove"):
        assert run(bundle, folder / identity, scans / "first", "--dicom-identity", identity) == 0
    assert run(bundle, folder / "nifti", scans / "no_dicom.nii.gz") == 0
    return folder


def codes(out):
    return [one["code"] for one in result(only(out))["outcomes"]]


def test_ids_that_were_kept_are_compared(tmp_path, bundle, scans, earlier):
    before = only(earlier / "keep")
    assert run(bundle, tmp_path / "later", scans / "later", "--compare", before) == 0
    assert result(only(tmp_path / "later"))["change"] and "patient_unknown" not in codes(tmp_path / "later")
    assert run(bundle, tmp_path / "other", scans / "other", "--compare", before / "measures.json") == 1
    assert codes(tmp_path / "other") == ["other_patient"] and not (only(tmp_path / "other") / "lungs.nii.gz").exists()
    assert "another patient id" in (tmp_path / "other" / "scans.html").read_text()


@pytest.mark.parametrize(
    ("before", "scan"),
    [
        ("keep", "nobody"),
        ("keep", "elsewhere"),
        ("keep", "no_dicom.nii.gz"),
        ("remove", "other"),
        ("nifti", "later"),
    ],
)
def test_where_it_cannot_be_known_it_is_said(tmp_path, bundle, scans, earlier, before, scan):
    assert run(bundle, tmp_path / "out", scans / scan, "--compare", only(earlier / before)) == 0
    assert "patient_unknown" in codes(tmp_path / "out")
    assert result(only(tmp_path / "out"))["change"]
    page = (only(tmp_path / "out") / "report.html").read_text()
    assert "Whether both scans are of one patient is not known" in page
    assert "patient_unknown" in (tmp_path / "out" / "scans.csv").read_text()


def test_the_earlier_scan_given_again_tells_and_no_id_is_written(tmp_path, bundle, scans, earlier):
    before, first = only(earlier / "remove"), scans / "first"
    packed = tmp_path / "first.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in first.iterdir():
            archive.write(path, f"a/{path.name}")
    one_file = next(first.iterdir())
    for place, scan in enumerate((first, packed, one_file)):
        out = tmp_path / f"later{place}"
        assert run(bundle, out, scans / "later", "--compare", before, "--earlier-scan", scan) == 0
        assert "patient_unknown" not in codes(out)
    assert run(bundle, tmp_path / "other", scans / "other", "--compare", before, "--earlier-scan", first) == 1
    assert codes(tmp_path / "other") == ["other_patient"]
    for path in [*tmp_path.glob("later*/**/*"), *(tmp_path / "other").rglob("*")]:
        if path.is_file():
            assert not re.search(rb"ID-1[78]", path.read_bytes()), path
            if path.suffix == ".dcm":
                assert pydicom.dcmread(path).PatientID == ""


def test_another_scan_than_the_earlier_one_is_refused(tmp_path, bundle, scans, earlier, capsys):
    wrong = scans / "other"
    for before in ("remove", "nifti"):
        with pytest.raises(InputError, match=f"{wrong}: holds no DICOM file of the series that was scored earlier"):
            run(bundle, tmp_path, scans / "later", "--compare", only(earlier / before), "--earlier-scan", wrong)
    assert run(bundle, tmp_path, scans / "later", "--earlier-scan", wrong) == 2
    assert "--compare" in capsys.readouterr().err
