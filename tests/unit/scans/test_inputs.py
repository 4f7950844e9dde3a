"""What inputs hold is found, named once, and the rest left out with reasons."""

import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from stored_scans import chest, save, save_nifti, slices_of

from ssinfnet.errors import InputError
from ssinfnet.scans.inputs import Found, find
from ssinfnet.scans.names import Names, safe
from ssinfnet.scans.volume import ScanError
from ssinfnet.slices.window import LUNG_WINDOW, to_grey

REAL = Path(__file__).parents[4] / "shared" / "data"
CHEST = chest()


def save_pictures(folder, shown=CHEST, name="IMG-{}.png"):
    folder.mkdir(parents=True)
    for number, one in enumerate(to_grey(shown, LUNG_WINDOW)):
        Image.fromarray(one).save(folder / name.format(number))
    return folder


def names(*paths):
    return [one.name for one in find(paths) if isinstance(one, Found)]


def left(*paths):
    return [(one.outcome.code, one.outcome.level) for one in find(paths) if not isinstance(one, Found)]


def test_a_folder_of_pictures_in_the_order_of_their_numbers(tmp_path):
    folder = save_pictures(tmp_path / "scan 7", np.concatenate([CHEST, CHEST[:3]]))
    (found,) = find([folder])
    volume = found.read()
    np.testing.assert_array_equal(volume.values, to_grey(np.concatenate([CHEST, CHEST[:3]]), LUNG_WINDOW))
    assert volume.values.dtype == np.uint8 and not volume.hounsfield and volume.spacing is None
    assert volume.name == "scan_7" and volume.source.kind == "pictures" and found.slices == 12
    assert [path.name for path in volume.source.files][9:] == ["IMG-9.png", "IMG-10.png", "IMG-11.png"]
    np.testing.assert_array_equal(volume.grid.restore(volume.values), volume.values)
    assert [note.code for note in volume.notes] == ["no_position"]
    with pytest.raises(InputError, match="no position"):
        volume.grid.as_nifti(volume.values)


def test_pictures_named_from_the_feet_to_the_head_give_the_same_volume(tmp_path):
    shown = chest(10, 96)
    volumes = []
    for name, stack in (("down", shown), ("up", shown[::-1])):
        (found,) = find([save_pictures(tmp_path / name, stack)])
        volumes.append(found.read())
    down, up = volumes
    np.testing.assert_array_equal(down.values, up.values)
    assert "from the head to the feet;" in down.notes[0].text and "taken the other way round" in up.notes[0].text
    np.testing.assert_array_equal(up.grid.restore(up.values), to_grey(shown[::-1], LUNG_WINDOW))
    assert [path.name for path in up.source.files][:2] == ["IMG-0.png", "IMG-1.png"]


def test_turned_pictures_are_noted(tmp_path):
    (found,) = find([save_pictures(tmp_path / "a", chest(6, 128)[:, ::-1])])
    assert [note.code for note in found.read().notes] == ["no_position", "turned"]


def test_pictures_of_two_sizes_are_no_scan(tmp_path):
    folder = save_pictures(tmp_path / "a")
    Image.fromarray(np.zeros((9, 8), np.uint8)).save(folder / "IMG-10.png")
    (found,) = find([folder])
    with pytest.raises(ScanError, match="8 x 9 pixels") as error:
        found.read()
    assert error.value.outcome.code == "mixed_sizes" and "IMG-10" not in error.value.outcome.text


def test_a_folder_of_many_scans_of_each_kind(tmp_path):
    root = tmp_path / "in"
    save_pictures(root / "pictures" / "one")
    save_pictures(root / "pictures" / "two")
    save_nifti(root / "a.nii.gz", CHEST)
    save_nifti(root / "pictures" / "a.nii", CHEST)
    (root / "notes.txt").write_text("text")
    with zipfile.ZipFile(root / "more.zip", "w") as archive:
        archive.write(root / "a.nii.gz", "x/b.nii.gz")
        archive.write(root / "notes.txt", "x/inner.zip")
    expected = ["a", "pictures_a", "pictures_one", "pictures_two", "more_x_b"]
    assert names(root) == expected and names(root) == expected
    assert left(root) == [("other_files", "skipped")] * 2
    for one in find([root]):
        if isinstance(one, Found):
            assert one.read().values.shape == CHEST.shape and one.path == root


def test_pictures_beside_dicom_are_not_scans(tmp_path):
    save(slices_of(CHEST), tmp_path / "in" / "DICOM")
    save_pictures(tmp_path / "in" / "VIEWER" / "icons")
    assert len(names(tmp_path / "in")) == 1 and left(tmp_path / "in") == [("pictures_beside_dicom", "skipped")]


def test_names_are_unique_over_inputs_and_a_series_counts_once(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_nifti(tmp_path / folder / "scan.nii", CHEST)
    inputs = [tmp_path / "a" / "scan.nii", tmp_path / "b" / "scan.nii"]
    assert names(*inputs) == ["scan", "scan-2"]
    series = save(slices_of(CHEST), tmp_path / "series")
    assert len(names(series, series)) == 1 and left(series, series) == [("series_again", "skipped")]


def test_one_file_is_an_input(tmp_path):
    series = save(slices_of(CHEST), tmp_path / "series")
    (found,) = find([series / "IM0000"])
    assert found.slices == 1
    picture = save_pictures(tmp_path / "pictures") / "IMG-3.png"
    (found,) = find([picture])
    assert found.name == "IMG-3" and len(found.read().values) == 1


def test_inputs_that_hold_nothing(tmp_path):
    with pytest.raises(InputError, match=r"none: cannot be read \(no such file or folder\)"):
        find([tmp_path / "none"])
    (tmp_path / "empty").mkdir()
    assert left(tmp_path / "empty") == [("no_scan", "refused")]
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing")
    assert left(tmp_path / "broken.zip") == [("unreadable_file", "refused")]


def test_a_zip_within_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as archive:
        archive.writestr("a.txt", "text")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "inner.zip", "inner.zip")
    assert left(tmp_path / "outer.zip") == [("nested_archive", "refused")]


def test_nifti_that_is_no_ct(tmp_path):
    nib.save(nib.Nifti1Image((CHEST > -400).astype(np.uint8), np.diag([-1.0, -1, -5, 1])), tmp_path / "mask.nii")
    (found,) = find([tmp_path / "mask.nii"])
    with pytest.raises(ScanError) as error:
        found.read()
    assert error.value.outcome.code == "not_hounsfield" and "mask" not in error.value.outcome.text


def test_damaged_nifti(tmp_path):
    path = save_nifti(tmp_path / "a.nii", CHEST)
    path.write_bytes(path.read_bytes()[:2000])
    (found,) = find([path])
    with pytest.raises(ScanError, match=r"a\.nii: damaged NIfTI") as error:
        found.read()
    assert error.value.outcome.code == "unreadable_file" and "a.nii" not in error.value.outcome.text


def test_nan_outside_of_the_body_is_air(tmp_path):
    values = CHEST.astype(np.float32)
    values[:, :2] = np.nan
    (found,) = find([save_nifti(tmp_path / "a.nii", values)])
    volume = found.read()
    assert (volume.values[:, :2] == -1000).all() and volume.values.dtype == np.int16
    np.testing.assert_array_equal(volume.values[:, 2:], CHEST[:, 2:])


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["Scan 1", "b?c"], "Scan_1_b_c"),
        (["../x"], "x"),
        ([".hidden"], "hidden"),
        (["con"], "scan_con"),
        (["患者"], "患者"),
        (["", "\n"], "scan"),
        (["x" * 300], "x" * 100),
        (["é" * 80], "é" * 50),
    ],
)
def test_names_are_safe_on_any_system(parts, name):
    assert safe(parts) == name


def test_names_differ_by_more_than_case():
    taken = Names()
    assert [taken.take(name) for name in ("a", "A", "a", "a-2")] == ["a", "A-2", "a-3", "a-2-2"]


def test_the_files_that_pydicom_ships():
    folder = Path(get_testdata_file("CT_small.dcm", download=False)).parent
    found = [one for one in find([folder]) if isinstance(one, Found)]
    shapes, codes = [], []
    for one in found:
        try:
            shapes.append(one.read().values.shape)
        except ScanError as error:
            codes.append(error.outcome.code)
    assert (1, 128, 128) in shapes and (1, 512, 512) in shapes and (5, 16, 16) in shapes and set(codes) == {"not_chest"}


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there")
def test_real_scans():
    (found,) = find([REAL / "dicom-slices"])
    volume = found.read()
    assert volume.spacing == (1.0, 0.625, 0.625) and [note.code for note in volume.notes] == ["few_slices"]
    assert [path.name for path in volume.source.files] == ["0.dcm", "1.dcm"]
    np.testing.assert_array_equal(volume.grid.restore(volume.values), volume.values[::-1])
    (found,) = find([REAL / "ct-jpg-volume"])
    assert [note.code for note in found.read().notes] == ["no_position"]
