import datetime

import dicom_series
import nibabel as nib
import numpy as np
import pytest
import scan_results
from PIL import Image

from ssinfnet.scans import dicom_seg, outputs, tables

MAKER = dicom_seg.Maker("ssinfnet", "ab" * 32, "0.1.0")


class Upwards:
    """A grid whose files go from the feet to the head, as `dicom_series` makes them."""

    affine = np.diag([-2.0, -2.0, 5.0, 1.0])

    def restore(self, shown):
        return shown[::-1]

    def as_nifti(self, shown):
        return shown[::-1].transpose(2, 1, 0), self.affine


class Pictures:
    """Pictures whose names go from the feet to the head."""

    affine = None

    def restore(self, shown):
        return shown[::-1]


@pytest.fixture
def maps():
    lungs, infection, classes = scan_results.arrays()
    return outputs.Maps(infection * np.float32(0.75), infection, lungs, classes)


def write(folder, maps, grid, **options):
    values = np.zeros(scan_results.SHAPE, np.int16)
    outputs.write(folder, scan_results.scored(), values, grid, maps, **{"window": (-1250, 250), **options})
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


COMMON = {"measures.json", "measures.csv", "overview.png", "report.html"}
VOLUMES = {f"{name}.nii.gz" for name in ("probability", "infection", "lungs", "classes")}


def test_a_dicom_series_has_all_kinds_of_files(tmp_path, maps):
    series = dicom_series.series(scan_results.SHAPE, spacing=scan_results.SPACING)
    dicom = outputs.DicomOptions(series, MAKER, "remove", datetime.datetime(2026, 11, 26))
    assert write(tmp_path, maps, Upwards(), dicom=dicom) == COMMON | VOLUMES | {"segmentation.dcm", "report.dcm"}
    stored = nib.load(tmp_path / "lungs.nii.gz")
    np.testing.assert_array_equal(np.asanyarray(stored.dataobj), maps.lungs[::-1].transpose(2, 1, 0))
    assert nib.load(tmp_path / "probability.nii.gz").get_fdata().max() == pytest.approx(0.75, abs=1e-5)
    lungs = nib.load(tmp_path / "lungs.nii.gz").get_fdata() > 0
    infected = nib.load(tmp_path / "infection.nii.gz").get_fdata()[lungs].mean()
    told = tables.read_scan(tmp_path / "measures.json")
    assert told["measures"]["lungs"]["infected"] == pytest.approx(infected)


def test_classes_may_be_unknown(tmp_path, maps):
    only = outputs.Maps(maps.probability, maps.infection, maps.lungs, None)
    assert write(tmp_path, only, Upwards()) == COMMON | VOLUMES - {"classes.nii.gz"}


def test_pictures_have_masks_of_their_names(tmp_path, maps):
    names = [f"s{number}" for number in range(12)]
    files = write(tmp_path, maps, Pictures(), pictures=names, window=None)
    assert files == COMMON | {f"masks/{kind}/{n}.png" for kind in ("infection", "classes", "lungs") for n in names}
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "masks/lungs/s3.png")), maps.lungs[::-1][3])


def test_what_was_refused_has_a_page_and_a_reason(tmp_path):
    outputs.write_refused(tmp_path, scan_results.refused())
    assert {path.name for path in tmp_path.iterdir()} == COMMON - {"overview.png"}
    assert tables.read_scan(tmp_path / "measures.json")["outcomes"][0]["code"] == "lungs_cut_off"
