import socket

import bundles
import dicom_series
import nibabel as nib
import numpy as np
import pydicom
import pytest
import stored_scans
from PIL import Image
from scoring import SPACING, VALUES, only, result, run

from ssinfnet.scans import batch, outputs
from ssinfnet.slices.window import LUNG_WINDOW, to_grey

GIVES_MEANING = ("PixelData", "BodyPartExamined", "AnatomicRegionSequence", "SharedFunctionalGroupsSequence")
"""What the reader goes by: a canary there makes the series one that is refused."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("bundle"), seeds=(0, 1))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)


def codes(folder, name="infection"):
    """A mask in display orientation."""
    image = nib.load(folder / f"{name}.nii.gz")
    turned = nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt("LPI"))
    return nib.orientations.apply_orientation(np.asanyarray(image.dataobj), turned).transpose(2, 1, 0)


def test_a_scan_gives_the_same_masks_however_it_is_stored(tmp_path, bundle):
    stored_scans.save_nifti(tmp_path / "a.nii.gz", VALUES, spacing=SPACING)
    stored_scans.save_nifti(tmp_path / "b.nii.gz", VALUES, "SAR", spacing=SPACING)
    series = stored_scans.slices_of(VALUES, spacing=SPACING, against=(True, False, False))
    stored_scans.save(series, tmp_path / "series")
    for place, name in enumerate(("a.nii.gz", "b.nii.gz", "series")):
        assert run(bundle, tmp_path / f"out{place}", tmp_path / name) == 0
    folders = [only(tmp_path / f"out{place}") for place in range(3)]
    assert codes(folders[0], "lungs").any()
    for name in ("lungs", "infection", "classes"):
        for other in folders[1:]:
            np.testing.assert_array_equal(codes(other, name), codes(folders[0], name))
    found = [result(folder) for folder in folders]
    assert found[0]["measures"] == found[1]["measures"]
    assert found[0]["severity"]["by_seed"].keys() == {"0", "1"}
    assert (folders[2] / "segmentation.dcm").exists() and (folders[2] / "report.dcm").exists()


def test_pictures_have_shares_and_no_volumes(tmp_path, bundle):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for place, one in enumerate(to_grey(VALUES, LUNG_WINDOW)):
        Image.fromarray(one).save(folder / f"p{place:02}.png")
    assert run(bundle, tmp_path / "out", folder) == 0
    found = result(only(tmp_path / "out"))
    assert found["measures"]["lungs"]["infected"] is not None
    assert found["measures"]["lungs"]["lung_ml"] is None


def test_a_failed_scan_is_listed_and_a_second_call_does_what_is_missing(tmp_path, bundle, monkeypatch):
    scans = tmp_path / "scans"
    scans.mkdir()
    stored_scans.save_nifti(scans / "good.nii.gz", VALUES, spacing=SPACING)
    stored_scans.save_nifti(scans / "nothing.nii.gz", np.full_like(VALUES, -1000), spacing=SPACING)
    (scans / "broken.nii.gz").write_bytes(b"\x1f\x8b broken")
    out = tmp_path / "out"
    assert run(bundle, out, scans) == 1
    table = (out / "scans.csv").read_text().splitlines()
    assert len(table) == 4
    assert sum(",True," in line for line in table) == 1
    assert all(name in (out / "scans.html").read_text() for name in ("good", "nothing", "broken"))
    assert result(out / "nothing")["measures"] is None
    attempted = []
    monkeypatch.setattr(batch.Found, "read", lambda one: attempted.append(one.name) or 1 / 0)
    assert run(bundle, out, scans) == 1
    assert sorted(attempted) == ["broken", "nothing"]
    assert run(bundle, out, scans / "good.nii.gz", "--level", "0.8") == 1
    assert attempted[-1] == "good"


def test_an_interruption_loses_one_scan(tmp_path, bundle, monkeypatch):
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    for name in ("a", "b"):
        stored_scans.save_nifti(scans / f"{name}.nii.gz", VALUES, spacing=SPACING)
    write = outputs.tables.write_scan
    with monkeypatch.context() as patch:

        def stop(stem, *arguments):
            if stem.parent.name == "b":
                raise KeyboardInterrupt
            write(stem, *arguments)

        patch.setattr(outputs.tables, "write_scan", stop)
        with pytest.raises(KeyboardInterrupt):
            run(bundle, out, scans)
    assert (out / "a" / "measures.json").exists() and not (out / "b" / "measures.json").exists()
    assert run(bundle, out, scans) == 0


def test_lobes_and_an_earlier_scan(tmp_path, bundle, capsys):
    scan = stored_scans.save_nifti(tmp_path / "a.nii.gz", VALUES, "SAR", spacing=SPACING)
    lobes = np.full(VALUES.shape, 1, np.int16)
    lobes[:10] = 3
    mask = stored_scans.save_nifti(tmp_path / "lobes.nii.gz", lobes, "SAR", spacing=SPACING)
    assert run(bundle, tmp_path / "one", scan, "--lobes", mask) == 0
    assert result(tmp_path / "one" / "a")["measures"]["lobes"]["right_upper_lobe"]["lung_ml"] > 0
    assert run(bundle, tmp_path / "two", scan, "--compare", tmp_path / "one" / "a") == 0
    assert result(tmp_path / "two" / "a")["change"]["earlier"] == "a"
    wrong = stored_scans.save_nifti(tmp_path / "wrong.nii.gz", lobes, "RAS", spacing=SPACING)
    assert run(bundle, tmp_path / "three", scan, "--lobes", wrong) == 1
    assert "grid" in result(tmp_path / "three" / "a")["outcomes"][0]["text"]


@pytest.mark.parametrize(("identity", "kind"), [("remove", "BINARY"), ("remove", "LABELMAP"), ("keep", "LABELMAP")])
def test_nothing_of_a_patient_gets_out(tmp_path, bundle, capfd, identity, kind):
    """With `keep` the two DICOM files have what the scan says of its patient, and nothing else has."""
    series = dicom_series.series((4, 64, 64), canaries=True)
    folder = tmp_path / "series"
    folder.mkdir()
    chest = stored_scans.slices_of(VALUES[::4], spacing=SPACING)
    for one in chest:
        for element in series[0]:
            if element.tag not in one and "LUT" not in element.keyword and element.keyword not in GIVES_MEANING:
                one.add(element)
        one.PatientName = one.PatientID = one.StudyID = one.AccessionNumber = dicom_series.CANARY
    stored_scans.save(chest, folder)
    out = tmp_path / "out"
    assert run(bundle, out, folder, "--dicom-identity", identity, "--segmentation-type", kind) == 0
    told = "".join(capfd.readouterr())
    assert dicom_series.CANARY not in told
    kept = set()
    for path in out.rglob("*"):
        assert dicom_series.CANARY not in str(path.relative_to(tmp_path))
        if path.is_file() and dicom_series.CANARY.encode() in path.read_bytes():
            kept.add(path.name)
    assert kept == (set() if identity == "remove" else {outputs.SEGMENTATION, outputs.STRUCTURED_REPORT})
    storage = pydicom.dcmread(only(out) / outputs.SEGMENTATION).SegmentationType
    assert storage == kind
