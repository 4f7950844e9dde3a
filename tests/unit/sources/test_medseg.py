"""MedSeg files, from the phantom's and broken ones to the slice store."""

import gzip
import io
import shutil
import zipfile

import nibabel as nib
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

import prepare_medseg
from ssinfnet.config.phantom import Phantom
from ssinfnet.errors import InputError
from ssinfnet.slices.store import SliceStore
from ssinfnet.slices.window import to_grey
from ssinfnet.sources.phantom import generate
from ssinfnet.sources.phantom.anatomy import Subject

CONFIG = Phantom(size=64, single_slices=3, volumes=2, slices_per_volume=4, patients=6)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The six files, and what was rendered for them, by slice id."""
    folder = tmp_path_factory.mktemp("medseg")
    rendered = []
    render = Subject.render
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Subject, "render", lambda *args: rendered.append(render(*args)) or rendered[-1])
        generate._medseg(folder, CONFIG)
    ids = [f"set1_{k:03d}" for k in range(3)] + ["unlabelled"] * generate.UNLABELLED
    ids += [f"set2_{volume}_{k:03d}" for volume in (1, 2) for k in range(4)]
    return folder, dict(zip(ids, rendered, strict=True))


@pytest.fixture
def raw(original, tmp_path):
    """A copy of the six files, to be broken."""
    return shutil.copytree(original[0], tmp_path / "medseg")


def prepare(raw, out):
    prepare_medseg.main(["--raw-dir", str(raw), "--out", str(out)])
    return SliceStore(out)


def test_round_trip(original, tmp_path):
    """Labels, lungs and grey values come back upright and head first, though one volume is stored feet first."""
    raw, rendered = original
    with prepare(raw, tmp_path / "a.h5") as store:
        expected = [name for name in rendered if name != "unlabelled"]
        assert store.ids == expected and len(expected) == 11
        assert list(store.index["group"]) == expected[:3] + ["set2_1"] * 4 + ["set2_2"] * 4
        origins = list(store.index["origin"])
        assert origins[2:4] == ["tr_im.nii.gz[2]", "rp_im.zip/1[3]"] and origins[-1] == "rp_im.zip/2[3]"
        for name in expected:
            np.testing.assert_array_equal(store.read("mask", name), rendered[name].mask)
            grey = to_grey(rendered[name].hounsfield, (-1250, 250))
            assert np.abs(store.read("image", name).astype(int) - grey).max() <= 1
            assert store.has("lungs", name) == name.startswith("set2")
            if store.has("lungs", name):
                np.testing.assert_array_equal(store.read("lungs", name), rendered[name].lungs)


def test_same_bytes_again_and_the_window_of_the_config(original, tmp_path):
    first, second, other = (tmp_path / name for name in ("1.h5", "2.h5", "3.h5"))
    prepare(original[0], first).close()
    prepare(original[0], second).close()
    assert first.read_bytes() == second.read_bytes()
    config = '{"labelled": {"hu_window": [-1000, 0]}}'
    prepare_medseg.main(["--config-json", config, "--raw-dir", str(original[0]), "--out", str(other)])
    with SliceStore(other) as store:
        grey = to_grey(original[1]["set2_1_000"].hounsfield, (-1000, 0))
        assert np.abs(store.read("image", "set2_1_000").astype(int) - grey).max() <= 1


def change_nifti(content, change):
    """The bytes of a `.nii.gz` with its array replaced by what `change` makes of it."""
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    return gzip.compress(nib.Nifti1Image(change(np.asarray(image.dataobj)), image.affine).to_bytes())


def with_value(value, dtype=None):
    def change(array):
        array = array.astype(dtype or array.dtype, copy=True)
        array[tuple(side // 2 for side in array.shape)] = value
        return array

    return change


def with_affine(content, change):
    """The bytes of a `.nii.gz` with its affine replaced by what `change` makes of it."""
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    return gzip.compress(nib.Nifti1Image(np.asarray(image.dataobj), change(image.affine)).to_bytes())


def along(axes):
    """A change of bytes: the same grid, stored along other axes."""

    def change(content):
        image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
        turn = ornt_transform(io_orientation(image.affine), axcodes2ornt(axes))
        return gzip.compress(image.as_reoriented(turn).to_bytes())

    return change


def shifted(affine):
    return affine + np.array([[0, 0, 0, 40.0], [0] * 4, [0] * 4, [0] * 4])


def edit(raw, name, change):
    """Apply `change` to the bytes of a file, or of a member given as archive/member."""
    archive, _, member = name.partition("/")
    path = raw / archive
    if not member:
        path.write_bytes(change(path.read_bytes()))
        return
    result = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(result, "w") as target:
        for entry in source.namelist():
            content = change(source.read(entry)) if entry == member else source.read(entry)
            if content is not None:
                target.writestr(entry, content)
    path.write_bytes(result.getvalue())


MASK, VOLUME, VOLUME_MASK = "tr_mask.nii.gz", "rp_im.zip/rp_im/1.nii.gz", "rp_msk.zip/rp_msk/2.nii.gz"
LUNGS = "rp_lung_msk.zip/rp_lung_msk/1.nii.gz"
ELSEWHERE = "does not lie where its image"
NO_UNITS = "values from %s to"


def windowed(array):
    return to_grey(array, (-1250, 250))


BROKEN = {
    "truncated": ("tr_im.nii.gz", lambda c: c[:-200], "tr_im.nii.gz: truncated or damaged"),
    "bit flipped": (
        "tr_im.nii.gz",
        lambda c: c[:-6] + bytes([c[-6] ^ 1]) + c[-5:],
        "tr_im.nii.gz: truncated or damaged",
    ),
    "web page": ("tr_im.nii.gz", lambda c: b"<html>404</html>", "tr_im.nii.gz: is a web page"),
    "without labels": ("val_im.nii.gz", lambda c: c[:500], "val_im.nii.gz: truncated or damaged"),
    "label code": (MASK, lambda c: change_nifti(c, with_value(7)), "tr_mask.nii.gz: label codes 7"),
    "shape": (MASK, lambda c: change_nifti(c, lambda a: a[:-1]), "tr_mask.nii.gz: 3 x 64 x 63"),
    "slices": (MASK, lambda c: change_nifti(c, lambda a: a[:, :, :-1]), "tr_mask.nii.gz: 2 x 64 x 64"),
    "mirrored": (MASK, lambda c: with_affine(c, lambda a: np.diag([-1, 1, 1, 1]) @ a), f"tr_mask.nii.gz: {ELSEWHERE}"),
    "origin": (VOLUME_MASK, lambda c: with_affine(c, shifted), f"rp_msk.zip/2: {ELSEWHERE}"),
    "spacing": (
        LUNGS,
        lambda c: with_affine(c, lambda a: a @ np.diag([1, 1, 2, 1])),
        f"rp_lung_msk.zip/1: {ELSEWHERE}",
    ),
    "NaN": (
        VOLUME,
        lambda c: change_nifti(c, with_value(np.nan, np.float32)),
        "rp_im.zip/1: holds NaN inside the body",
    ),
    "stored values": (
        "tr_im.nii.gz",
        lambda c: change_nifti(c, lambda a: a + 1250),
        f"tr_im.nii.gz: {NO_UNITS % '147'}",
    ),
    "windowed": (VOLUME, lambda c: change_nifti(c, windowed), f"rp_im.zip/1: {NO_UNITS % '0'}"),
    "truncated in zip": (VOLUME, lambda c: c[:-200], "rp_im.zip/1: truncated or damaged"),
    "no mask": (VOLUME_MASK, lambda c: None, "rp_msk.zip: no volume 2"),
    "lung code": (LUNGS, lambda c: change_nifti(c, with_value(4)), "rp_lung_msk.zip/1: label codes 4, where 0 to 3"),
    "zip truncated": ("rp_msk.zip", lambda c: c[:300], "rp_msk.zip: not a whole zip"),
    "zip is a web page": ("rp_im.zip", lambda c: b"<!DOCTYPE html>", "rp_im.zip: not a whole zip"),
}


@pytest.mark.parametrize(("name", "change", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_file(raw, tmp_path, name, change, message):
    edit(raw, name, change)
    with pytest.raises(InputError) as error:
        prepare(raw, tmp_path / "a.h5")
    assert str(raw / message.split(":")[0]) in str(error.value) and message in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "a.h5").exists()


@pytest.mark.parametrize("name", ["tr_im.nii.gz", "tr_mask.nii.gz", "val_im.nii.gz", "rp_im.zip", "rp_lung_msk.zip"])
def test_missing_file(raw, tmp_path, name):
    (raw / name).unlink()
    with pytest.raises(InputError, match=f"{name}: .*no such file|{name}: cannot be read .No such file"):
        prepare(raw, tmp_path / "a.h5")


def test_all_defects_are_listed_at_once(raw, tmp_path):
    edit(raw, "tr_im.nii.gz", lambda content: content[:-200])
    edit(raw, LUNGS, lambda content: change_nifti(content, with_value(5)))
    edit(raw, VOLUME_MASK, lambda content: change_nifti(content, lambda array: array[:-1]))
    (raw / "val_im.nii.gz").unlink()
    with pytest.raises(InputError, match="4 defects") as error:
        prepare(raw, tmp_path / "a.h5")
    for name in ("tr_im.nii.gz", "rp_lung_msk.zip/1", "rp_msk.zip/2", "val_im.nii.gz"):
        assert f"{raw / name}: " in str(error.value)


@pytest.mark.parametrize("axes", ["LPS", "RAI", "SAR", "PIL"])
def test_the_same_volume_stored_along_other_axes_is_the_same_volume(original, raw, tmp_path, axes):
    """Slices are numbered from head to feet by geometry; image and mask may even be stored differently."""
    for part in ("im", "msk", "lung_msk"):
        edit(raw, f"rp_{part}.zip/rp_{part}/1.nii.gz", along(axes if part != "msk" else "ASR"))
    with prepare(original[0], tmp_path / "a.h5") as one, prepare(raw, tmp_path / "b.h5") as other:
        assert one.ids == other.ids
        for slice_id in one.ids[3:]:
            for array in ("image", "mask", "lungs"):
                np.testing.assert_array_equal(one.read(array, slice_id), other.read(array, slice_id))
        places = [int(origin[:-1].split("[")[1]) for origin in other.index["origin"][3:7]]
        assert places == ([3, 2, 1, 0] if "S" in axes else [0, 1, 2, 3])


def test_nan_outside_of_the_body_is_air(original, raw, tmp_path, capsys):
    edit(raw, VOLUME, lambda content: change_nifti(content, nan_where(-1500)))
    with prepare(original[0], tmp_path / "a.h5") as one, prepare(raw, tmp_path / "b.h5") as other:
        for slice_id in one.ids:
            grey, found = one.read("image", slice_id), other.read("image", slice_id)
            padding = (grey == 0) & (slice_id.startswith("set2_1"))
            assert (found[padding] == to_grey(np.array(-1000), (-1250, 250))).all()
            np.testing.assert_array_equal(found[~padding], grey[~padding])
    assert "rp_im.zip/1: " in capsys.readouterr().err


def nan_where(value):
    return lambda array: np.where(array == value, np.float32(np.nan), array.astype(np.float32))


def test_effusion_in_a_lung_mask_is_no_lung(original, raw, tmp_path, capsys):
    """Code 3 everywhere: lung stays only what the class mask calls GGO or consolidation."""
    edit(raw, LUNGS, lambda content: change_nifti(content, lambda array: array * 3))
    with prepare(original[0], tmp_path / "a.h5") as one, prepare(raw, tmp_path / "b.h5") as other:
        for slice_id in one.ids[3:]:
            lungs, mask = one.read("lungs", slice_id), one.read("mask", slice_id)
            expected = lungs if slice_id.startswith("set2_2") else lungs * np.isin(mask, (1, 2))
            np.testing.assert_array_equal(other.read("lungs", slice_id), expected)
    assert "rp_lung_msk.zip/1: code 3 in" in capsys.readouterr().err
