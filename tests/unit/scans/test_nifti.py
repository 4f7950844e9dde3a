import nibabel as nib
import numpy as np
import pytest

from ssinfnet.files import masks as mask_files
from ssinfnet.files.nifti import read_scan
from ssinfnet.scans import nifti, picture_masks

TILTED = np.array([[-0.7, 0, 0, 90], [0, -0.7, 0.3, 80], [0, 0, 2.5, -300], [0, 0, 0, 1.0]])
TURNED = np.array([[0, 0, 2.5, 90], [-0.7, 0, 0, 80], [0, 0.7, 0, -300], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("affine", [TILTED, TURNED])
@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
def test_a_mask_has_the_grid_of_its_input(tmp_path, affine, name):
    mask = np.random.default_rng(0).integers(0, 3, (5, 6, 7))
    nifti.write_mask(tmp_path / name, mask, affine)
    found = nib.load(tmp_path / name)
    np.testing.assert_array_equal(np.asanyarray(found.dataobj), mask)
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    assert found.get_data_dtype() == np.uint8
    np.testing.assert_allclose(
        sorted(found.header.get_zooms()), sorted(np.linalg.norm(affine[:3, :3], axis=0)), rtol=1e-5
    )
    assert (found.header["qform_code"] > 0) == (affine is TURNED)
    read_scan(tmp_path / name)


def test_probabilities_come_back_and_the_bytes_too(tmp_path):
    probability = np.random.default_rng(0).random((40, 6, 7), dtype=np.float32)
    probability[0, 0, :3] = 0, 1, 0.5
    for name in ("one", "other"):
        nifti.write_probability(tmp_path / f"{name}.nii.gz", probability, TURNED)
    found = nib.load(tmp_path / "one.nii.gz").get_fdata()
    assert np.abs(found - probability).max() < 1e-5 and found[0, 0, 0] == 0 and found[0, 0, 1] == pytest.approx(1)
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "other.nii.gz").read_bytes()


def test_masks_of_pictures_are_read_as_own_slices_are(tmp_path):
    random = np.random.default_rng(0)
    classes = random.integers(0, 3, (2, 5, 6), dtype=np.uint8)
    picture_masks.write(tmp_path, ["a", "b"], random.integers(0, 3, (2, 5, 6)), classes > 0, classes)
    for name, expected in zip("ab", classes, strict=True):
        np.testing.assert_array_equal(mask_files.read_classes(tmp_path / "classes" / f"{name}.png"), expected)
        np.testing.assert_array_equal(mask_files.read_infection(tmp_path / "infection" / f"{name}.png"), expected > 0)
