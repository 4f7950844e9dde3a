"""NIfTI files: orientation from the affine, and every kind of damage."""

import gzip
import itertools

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, ornt_transform

from ssinfnet.errors import InputError
from ssinfnet.files.nifti import mismatch, read_labels, read_scan
from ssinfnet.slices.window import to_grey

MARKER = np.zeros((3, 7, 5), np.int16)
"""Slices x rows x columns, the head first: an L at the patient's right, its foot pointing to the left; the slice's
number beside it."""
MARKER[:, 1:6, 1] = 100
MARKER[:, 5, 1:4] = 100
MARKER[:, 0, 4] = [1, 2, 3]

AXES = ["".join(axes) for order in itertools.permutations(("LR", "PA", "SI")) for axes in itertools.product(*order)]


SHOWN = np.diag([-0.7, -0.7, -5.0, 1.0])
"""The affine of slices in display orientation."""


def save(path, shown, axes="LPI", dtype=None, affine=SHOWN):
    """Write slices in display orientation so that the file's axes run as `axes` says."""
    lpi = np.asarray(shown).transpose(2, 1, 0)
    turn = ornt_transform(axcodes2ornt("LPI"), axcodes2ornt(axes))
    array = apply_orientation(lpi, turn)
    array = np.ascontiguousarray(array if dtype is None else array.astype(dtype))
    nib.save(nib.Nifti1Image(array, affine @ inv_ornt_aff(turn, lpi.shape)), path)
    return path


@pytest.mark.parametrize("axes", AXES)
def test_marker_is_upright_and_head_first_whatever_the_affine(tmp_path, axes):
    scan = read_scan(save(tmp_path / "a.nii.gz", MARKER, axes))
    np.testing.assert_array_equal(scan.values, MARKER)
    np.testing.assert_allclose(scan.affine, SHOWN, atol=1e-5)
    assert list(scan.places) == ([2, 1, 0] if "S" in axes else [0, 1, 2])


@pytest.mark.parametrize("axes", AXES)
def test_one_grid_along_other_axes_is_one_grid(tmp_path, axes):
    image = read_scan(save(tmp_path / "image.nii.gz", MARKER))
    mask = read_labels(save(tmp_path / "mask.nii.gz", MARKER > 50, axes, np.uint8), range(4))
    assert mismatch(image, mask) is None
    np.testing.assert_array_equal(mask.values, MARKER > 50)


def test_oblique_scan_takes_the_nearest_axes(tmp_path):
    angle = 0.2
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    nib.save(nib.Nifti1Image(MARKER.transpose(2, 1, 0), tilt @ np.diag([-1.0, -1, -5, 1])), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_scan(tmp_path / "a.nii.gz").values, MARKER)


def test_scale_factor_and_trailing_axis(tmp_path):
    image = nib.Nifti1Image(MARKER.transpose(2, 1, 0)[..., None], np.diag([-1.0, -1, -1, 1]))
    image.header.set_slope_inter(2.0, -5.0)
    nib.save(image, tmp_path / "a.nii")
    np.testing.assert_array_equal(read_scan(tmp_path / "a.nii").values, 2 * MARKER - 5)


def truncated(content):
    return content[: len(content) * 2 // 3]


def flipped_bit(content):
    return content[:-30] + bytes([content[-30] ^ 8]) + content[-29:]


def flipped_bit_in_stored_block(content):
    """A bit flip that decompresses without complaint, and that only the checksum at the end tells."""
    raw = gzip.decompress(content)
    stored = bytearray(gzip.compress(raw, compresslevel=0, mtime=0))
    stored[500] ^= 8
    return bytes(stored)


def short_of_voxels(content):
    return gzip.compress(gzip.decompress(content)[:-50])


DAMAGE = {
    "truncated": (truncated, "truncated or damaged gzip"),
    "bit flipped": (flipped_bit, "truncated or damaged gzip"),
    "bit flipped, stored": (flipped_bit_in_stored_block, "truncated or damaged gzip"),
    "web page": (lambda content: b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page"),
    "empty": (lambda content: b"", "not a NIfTI file"),
    "zip": (lambda content: b"PK\x03\x04" + content, "is a zip archive, not NIfTI"),
    "zip within gzip": (lambda content: gzip.compress(b"PK\x03\x04" + content), "is a zip archive within gzip"),
    "gzip within gzip": (gzip.compress, "is gzip within gzip"),
    "pair": (lambda content: gzip.decompress(content).replace(b"n+1\0", b"ni1\0"), "header of a pair"),
    "text": (lambda content: gzip.compress(b"hello" * 200), "not a NIfTI file"),
    "short of voxels": (short_of_voxels, "fewer voxels"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_damage(tmp_path, damage, message):
    path = save(tmp_path / "a.nii.gz", np.random.default_rng(0).integers(0, 99, (4, 40, 40), np.int16))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=message) as error:
        read_scan(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_scan(tmp_path / "none.nii.gz")


@pytest.mark.parametrize(("stored", "name"), [("a.nii", "b.nii.gz"), ("a.nii.gz", "b.nii"), ("a.nii", "b.nii.GZ")])
def test_what_is_compressed_is_told_by_content(tmp_path, capsys, stored, name):
    path = save(tmp_path / stored, MARKER).rename(tmp_path / name)
    np.testing.assert_array_equal(read_scan(path).values, MARKER)
    assert capsys.readouterr().err.count("compressed, whatever its name says") == 1


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(tmp_path, value):
    values = MARKER.astype(np.float32)
    values[1, 2, 3] = value
    with pytest.raises(InputError, match="infinite"):
        read_scan(save(tmp_path / "a.nii.gz", values))


def test_nan_stays_in_a_scan_and_is_no_label(tmp_path):
    values = MARKER.astype(np.float32) / 100
    values[1, 2, 3] = np.nan
    path = save(tmp_path / "a.nii.gz", np.rint(values))
    assert np.isnan(read_scan(path).values).sum() == 1
    with pytest.raises(InputError, match="label codes nan"):
        read_labels(path, range(4))


def test_one_picture_is_no_stack(tmp_path):
    nib.save(nib.Nifti1Image(MARKER[0], np.eye(4)), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="three dimensions"):
        read_scan(tmp_path / "a.nii.gz")


def test_affine_without_orientation(tmp_path):
    image = nib.Nifti1Image(MARKER, np.eye(4))
    image.header["srow_x"] = 0
    image.header["sform_code"] = 1
    (tmp_path / "a.nii").write_bytes(image.header.binaryblock + bytes(4) + MARKER.tobytes())
    with pytest.raises(InputError, match="no orientation"):
        read_scan(tmp_path / "a.nii")


def save_forms(path, sform, qform):
    """MARKER with these two affines, None for one that is not set."""
    image = nib.Nifti1Image(MARKER.transpose(2, 1, 0), None)
    image.set_sform(sform, 0 if sform is None else 1)
    image.set_qform(qform, 0 if qform is None else 1)
    nib.save(image, path)
    return path


MOVED = SHOWN + np.array([[0, 0, 0, 2.1], [0] * 4, [0] * 4, [0] * 4])


@pytest.mark.parametrize(
    ("sform", "qform", "used", "said"),
    [
        (SHOWN, None, SHOWN, ""),
        (None, SHOWN, SHOWN, ""),
        (SHOWN, SHOWN, SHOWN, ""),
        (MOVED, SHOWN, MOVED, "its sform and qform are 3 voxels apart; the sform is used"),
        (np.diag([0.0, 0, 0, 1]), SHOWN, SHOWN, "makes no sense; the qform is used"),
    ],
)
def test_which_form_says_how_the_scan_lies(tmp_path, capsys, sform, qform, used, said):
    scan = read_scan(save_forms(tmp_path / "a.nii", sform, qform))
    np.testing.assert_allclose(scan.affine, used, atol=1e-5)
    err = capsys.readouterr().err
    assert said in err and bool(said) == bool(err)


def test_neither_form_is_set(tmp_path):
    with pytest.raises(InputError, match=r"a\.nii: its header gives no orientation .*set the sform"):
        read_scan(save_forms(tmp_path / "a.nii", None, None))


@pytest.mark.parametrize(("value", "dtype"), [(4, np.int16), (-1, np.int16), (1.5, np.float32), (255, np.uint8)])
def test_unknown_label_code(tmp_path, value, dtype):
    labels = np.zeros(MARKER.shape, dtype)
    labels[0, 0, 0] = value
    with pytest.raises(InputError, match=f"label codes {value:g}, where 0 to 3"):
        read_labels(save(tmp_path / "a.nii.gz", labels), range(4))


def test_labels_stored_as_numbers_with_a_point(tmp_path):
    labels = (MARKER > 50) * np.float64(3.0000001)
    read = read_labels(save(tmp_path / "a.nii.gz", labels), range(4))
    assert read.values.dtype == np.uint8
    np.testing.assert_array_equal(read.values, (MARKER > 50) * 3)


def test_image_and_mask_must_fit(tmp_path):
    image = read_scan(save(tmp_path / "image.nii.gz", MARKER))
    assert mismatch(image, read_scan(save(tmp_path / "good.nii.gz", MARKER > 50, dtype=np.uint8))) is None
    smaller = read_scan(save(tmp_path / "smaller.nii.gz", MARKER[:, :-1]))
    assert "3 x 6 x 5" in mismatch(image, smaller) and "smaller.nii.gz" in mismatch(image, smaller)


def moved(**changes):
    affine = SHOWN.copy()
    for name, value in changes.items():
        affine["xyz".index(name[0]), "xyz1".index(name[1])] += value
    return affine


@pytest.mark.parametrize(
    "affine",
    [moved(x1=0.5), moved(z1=5), moved(zz=1), moved(xx=0.1), moved(xy=0.1), SHOWN @ np.diag([1, 1, -1, 1]), np.eye(4)],
)
def test_a_mask_that_lies_elsewhere_is_told(tmp_path, affine):
    image = read_scan(save(tmp_path / "image.nii.gz", MARKER))
    mask = read_labels(save(tmp_path / "mask.nii.gz", MARKER > 50, dtype=np.uint8, affine=affine), range(4))
    assert "mask.nii.gz: does not lie where its image" in mismatch(image, mask)


@pytest.mark.parametrize("affine", [moved(x1=0.01), moved(z1=0.4), moved(xx=1e-3), moved(xy=-1e-3)])
def test_rounded_numbers_in_a_header_do_not_move_a_mask(tmp_path, affine):
    image = read_scan(save(tmp_path / "image.nii.gz", MARKER))
    mask = read_labels(save(tmp_path / "mask.nii.gz", MARKER > 50, dtype=np.uint8, affine=affine), range(4))
    assert mismatch(image, mask) is None


@pytest.mark.parametrize(("dtype", "slope"), [(np.uint8, 1), (np.float32, 1), (np.float64, 0.1), (np.int16, 3)])
def test_a_mask_is_its_codes_however_they_are_stored(tmp_path, dtype, slope):
    codes = np.arange(105).reshape(3, 7, 5) % 4 * (3 if slope == 3 else 1)
    image = nib.Nifti1Image(np.rint(codes.transpose(2, 1, 0) / slope).astype(dtype)[..., None], SHOWN)
    image.header.set_slope_inter(slope, 0)
    nib.save(image, tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_labels(tmp_path / "a.nii.gz", range(10)).values, codes)


@given(st.integers(-3000, 3000), st.integers(-1500, -1), st.integers(1, 1500))
def test_window_is_linear_and_clipped(hounsfield, low, high):
    grey = int(to_grey(np.array([hounsfield], np.int16), (low, high))[0])
    expected = 255 * (min(max(hounsfield, low), high) - low) / (high - low)
    assert abs(grey - expected) <= 0.5 + 1e-3
