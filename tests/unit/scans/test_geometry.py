"""One anatomy, however it is stored, gives one volume, and results go back to the grid of the input."""

import itertools

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread
from stored_scans import ORIENTATIONS, SPACING, chest, save, save_nifti, slices_of

from ssinfnet.scans.inputs import Found, find

CHEST = chest()
PERMUTATIONS = list(itertools.permutations(range(3)))


def read(path):
    (found,) = [one for one in find([path]) if isinstance(one, Found)]
    return found.read()


def require_same(volume):
    np.testing.assert_array_equal(volume.values, CHEST)
    np.testing.assert_allclose(volume.spacing, SPACING, atol=1e-4)
    assert volume.values.dtype == np.int16 and volume.hounsfield and volume.notes == ()


@pytest.mark.parametrize("axes", ORIENTATIONS)
def test_nifti_in_every_orientation(tmp_path, axes):
    path = save_nifti(tmp_path / "a.nii", CHEST, axes)
    volume = read(path)
    require_same(volume)
    stored = nib.load(path)
    np.testing.assert_array_equal(volume.grid.restore(volume.values), stored.get_fdata())
    np.testing.assert_allclose(volume.grid.affine, stored.affine)
    assert volume.grid.shape == stored.shape
    array, affine = volume.grid.as_nifti(volume.values)
    np.testing.assert_array_equal(array, stored.get_fdata())
    np.testing.assert_allclose(affine, stored.affine)


@pytest.mark.parametrize("order", PERMUTATIONS, ids=str)
@pytest.mark.parametrize("against", list(itertools.product((False, True), repeat=3)), ids=str)
def test_dicom_in_every_plane_and_with_negated_direction_cosines(tmp_path, order, against):
    """Axial, sagittal and coronal; negated cosines are how feet first, and prone, come out."""
    volume = read(save(slices_of(CHEST, order=order, against=against), tmp_path / "series"))
    require_same(volume)
    restored = volume.grid.restore(volume.values)
    assert restored.shape == volume.grid.shape and len(volume.source.files) == len(restored)
    for values, path in zip(restored, volume.source.files, strict=True):
        dataset = dcmread(path)
        np.testing.assert_array_equal(values, dataset.pixel_array.astype(int) - 2048)
    # The same scan converted to NIfTI and read again lies where it lay.
    array, affine = volume.grid.as_nifti(volume.values)
    nib.save(nib.Nifti1Image(array, affine), tmp_path / "again.nii")
    require_same(again := read(tmp_path / "again.nii"))
    corner = volume.grid.affine @ [*_stored_corner(volume.grid), 1]
    np.testing.assert_allclose(again.grid.affine @ [*_stored_corner(again.grid), 1], corner, atol=1e-4)


def _stored_corner(grid):
    """Where the first voxel that is shown lies on the input's grid."""
    corner = np.zeros(3)
    for axis, back in zip(grid.order, grid.flipped, strict=True):
        corner[axis] = grid.shape[axis] - 1 if back else 0
    return corner


@pytest.mark.parametrize("position", ["HFS", "FFS", "HFP", "FFP", "HFDL"])
def test_how_the_patient_lay_changes_nothing_that_positions_do_not_say(tmp_path, position):
    datasets = slices_of(CHEST)
    for one in datasets:
        one.PatientPosition = position
    require_same(read(save(datasets, tmp_path / "series")))


@pytest.mark.parametrize("shuffle", range(3))
def test_names_and_numbers_of_files_say_nothing(tmp_path, shuffle):
    datasets = slices_of(CHEST)
    for one, number in zip(datasets, np.random.default_rng(shuffle + 9).permutation(len(datasets)), strict=True):
        one.InstanceNumber = int(number)
    require_same(read(save(datasets, tmp_path / "series", shuffle)))


def test_an_oblique_scan_is_noted_and_one_far_from_axial_refused(tmp_path):
    for name, degrees, expected in (("a", 12, "oblique"), ("b", 38, None)):
        angle = np.radians(degrees)
        turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
        path = save(slices_of(CHEST, turn=turn), tmp_path / name)
        if expected is None:
            with pytest.raises(Exception, match="38 degrees") as error:
                read(path)
            assert error.value.outcome.code == "oblique" and error.value.outcome.level == "refused"
        else:
            volume = read(path)
            np.testing.assert_array_equal(volume.values, CHEST)
            np.testing.assert_allclose(volume.spacing, SPACING, atol=1e-3)
            (note,) = volume.notes
            assert (note.code, note.level) == (expected, "note") and "12.0 degrees" in note.text


@pytest.mark.parametrize("kind", ["dicom", "nifti"])
def test_a_tilted_gantry_is_noted_and_keeps_the_volume_of_a_voxel(tmp_path, kind):
    drift = SPACING[0] * np.tan(np.radians(14))
    if kind == "dicom":
        path = save(slices_of(CHEST, drift=(0, drift, 0)), tmp_path / "series")
    else:
        shear = np.eye(4)
        shear[1, 2] = drift / SPACING[0]
        path = save_nifti(tmp_path / "a.nii", CHEST, shear=shear)
    volume = read(path)
    (note,) = volume.notes
    assert note.code == "gantry_tilt" and "14.0 degrees" in note.text
    np.testing.assert_allclose(volume.spacing, SPACING, atol=1e-3)
    np.testing.assert_array_equal(volume.values, CHEST)


def test_slices_far_apart_are_noted_and_few_too(tmp_path):
    thick = read(save(slices_of(CHEST, spacing=(12.0, 1, 1)), tmp_path / "thick"))
    assert [note.code for note in thick.notes] == ["spacing_above_10_mm"] and "12.0 mm" in thick.notes[0].text
    assert read(save(slices_of(CHEST, spacing=(10.0, 1, 1)), tmp_path / "ten")).notes == ()
    few = read(save_nifti(tmp_path / "a.nii", CHEST[4:6]))
    assert [note.code for note in few.notes] == ["few_slices"]
