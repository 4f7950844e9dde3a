"""Folders of slices without masks."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import prepare_unlabelled
from ssinfnet.errors import InputError
from ssinfnet.slices.store import SliceStore

REAL = Path(__file__).parents[4] / "shared" / "data" / "covid-semiseg" / "unlabelled"


def prepare(folder, out, **config):
    prepare_unlabelled.main(
        ["--config-json", json.dumps({"unlabelled": config}), "--folder", str(folder), "--out", str(out)]
    )
    return SliceStore(out)


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.zeros((4, 6), dtype=np.uint8)
    image[0, 0] = 200
    Image.fromarray(image).save(path)


def test_pictures_of_all_depths_in_natural_order(tmp_path):
    for name in ("a/10.png", "a/2.png", "b.png"):
        picture(tmp_path / "in" / name)
    with prepare(tmp_path / "in", tmp_path / "out.h5", transform="rotate_90") as store:
        assert store.ids == ["a_2", "a_10", "b"]
        image = store.read("image", "b")
        assert image.shape == (6, 4) and image[5, 0] == 200 and not store.has("mask", "b")


def test_defects_are_listed_and_nothing_is_written(tmp_path):
    for name in ("good.png", "a_b.png", "a/b.png"):
        picture(tmp_path / "in" / name)
    (tmp_path / "in/bad.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match="2 defects") as error:
        prepare(tmp_path / "in", tmp_path / "out.h5")
    assert "bad.png" in str(error.value) and "duplicate slice id 'a_b'" in str(error.value)
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("make", [lambda folder: folder.mkdir(), lambda folder: None], ids=["empty", "missing"])
def test_no_picture_is_an_error(tmp_path, make):
    make(tmp_path / "in")
    with pytest.raises(InputError, match=r"no JPEG, PNG, TIFF or BMP picture|no such folder"):
        prepare(tmp_path / "in", tmp_path / "out.h5")


def test_linked_folders_are_followed_once(tmp_path):
    picture(tmp_path / "elsewhere/1.png")
    picture(tmp_path / "in/real/2.png")
    for link, target in {
        "a": "../elsewhere",
        "b": "../elsewhere",
        "again": "real",
        "up": "..",
        "real/round": "..",
    }.items():
        (tmp_path / "in" / link).symlink_to(target)
    (tmp_path / "in/single.png").symlink_to("../elsewhere/1.png")
    with prepare(tmp_path / "in", tmp_path / "out.h5") as store:
        assert store.ids == ["a_1", "real_2", "single"]


def test_everything_else_is_named(tmp_path, capsys):
    picture(tmp_path / "in/1.png")
    for name in ("scan.nii", "notes.txt", "half.gif", ".hidden/2.png", "Thumbs.db"):
        picture(tmp_path / "in" / name) if name.endswith("png") else (tmp_path / "in" / name).write_bytes(b"")
    with prepare(tmp_path / "in", tmp_path / "out.h5") as store:
        assert store.ids == ["1"]
    said = capsys.readouterr().err
    for name in ("scan.nii", "notes.txt", ".hidden", "Thumbs.db"):
        assert said.count(f"{tmp_path}/in/{name} is not read: ") == 1


def test_dicom_is_refused(tmp_path):
    picture(tmp_path / "in/1.png")
    (tmp_path / "in/IM1").write_bytes(bytes(128) + b"DICM")
    with pytest.raises(InputError, match=r"1 DICOM files, such as .*IM1, are not read; save each slice as a picture"):
        prepare(tmp_path / "in", tmp_path / "out.h5")


def test_a_closed_folder_is_one_line(tmp_path, monkeypatch):
    picture(tmp_path / "in/1.png")
    (tmp_path / "in/closed").mkdir()
    iterdir = Path.iterdir

    def denied(path):
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(InputError, match=r"closed: cannot be looked into \(Permission denied\)"):
        prepare(tmp_path / "in", tmp_path / "out.h5")


@pytest.mark.skipif(not REAL.is_dir(), reason="real data are not at hand")
def test_the_real_folder(tmp_path):
    with prepare(REAL, tmp_path / "out.h5") as store:
        assert len(store.ids) == 1600
