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
    with pytest.raises(InputError, match="no JPEG, PNG or TIFF picture"):
        prepare(tmp_path / "in", tmp_path / "out.h5")


@pytest.mark.skipif(not REAL.is_dir(), reason="real data are not at hand")
def test_the_real_folder(tmp_path):
    with prepare(REAL, tmp_path / "out.h5") as store:
        assert len(store.ids) == 1600
