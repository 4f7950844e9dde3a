"""A folder of one's own slices."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import prepare_folder
from ssinfnet.errors import InputError
from ssinfnet.slices.store import SliceStore

REAL = Path(__file__).parents[4] / "shared" / "data" / "covid-semiseg" / "labelled"
MASK = np.zeros((6, 8), np.uint8)
MASK[1:4, 2] = 1
MASK[3, 2:6] = 2
"""An L of GGO with a foot of consolidation, pointing to the right."""


def save(path, array, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    if mode == "P":
        image = image.convert("L")
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0] + [0] * 756)
        image = Image.frombytes("P", image.size, array.tobytes())
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0] + [0] * 756)
    image.save(path, **options)
    return path


def picture(shape=MASK.shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Slices 1, 2 and 10 with infection and classes."""
    root = tmp_path / "data"
    for seed, name in enumerate(("10", "1", "2")):
        save(root / f"images/{name}.png", picture(seed=seed))
        save(root / f"infection/{name}.png", np.where(MASK > 0, 255, 0).astype(np.uint8))
        save(root / f"classes/{name}.png", MASK, "P")
    return root


def prepare(folder, transform="none", classes=True):
    out = folder.parent / "out.h5"
    config = json.dumps({"labelled": {"transform": transform, "classes": classes}})
    prepare_folder.main(["--config-json", config, "--folder", str(folder), "--out", str(out)])
    return SliceStore(out)


def test_slices_in_natural_order_each_its_own_group(folder):
    with prepare(folder) as store:
        assert store.ids == list(store.index["group"]) == ["1", "2", "10"]
        assert list(store.index["origin"]) == ["images/1.png", "images/2.png", "images/10.png"]
        np.testing.assert_array_equal(store.read("mask", "10"), MASK)
        np.testing.assert_array_equal(store.read("image", "10"), picture(seed=0))


def test_groups(folder):
    (folder / "groups.csv").write_text("id,group\n1,a\n10,b\n2,a\n")
    with prepare(folder) as store:
        assert list(store.index["group"]) == ["a", "a", "b"]


@pytest.mark.parametrize("white", [1, 255])
def test_infection_only_must_be_asked_for(folder, white):
    for path in (folder / "classes").iterdir():
        path.unlink()
    (folder / "classes").rmdir()
    for path in (folder / "infection").iterdir():
        save(path, np.where(MASK > 0, white, 0).astype(np.uint8))
    with pytest.raises(InputError, match=r"no classes/.*set labelled.classes: false"):
        prepare(folder)
    with prepare(folder, classes=False) as store:
        np.testing.assert_array_equal(store.read("mask", "1"), MASK > 0)


def test_classes_as_colours(folder):
    for path in (folder / "classes").iterdir():
        colours = np.stack([(MASK == 1) * 255, (MASK == 2) * 128, np.zeros_like(MASK)], axis=2).astype(np.uint8)
        save(path, colours)
    with prepare(folder) as store:
        np.testing.assert_array_equal(store.read("mask", "2"), MASK)


def test_effusion_may_count_as_infection_or_not(folder):
    with_fluid = MASK.copy()
    with_fluid[5, :4] = 3
    infection = np.where(MASK > 0, 255, 0).astype(np.uint8)
    infection[5, :2] = 255
    save(folder / "classes/1.png", with_fluid, "P")
    save(folder / "infection/1.png", infection)
    with prepare(folder) as store:
        np.testing.assert_array_equal(store.read("mask", "1"), with_fluid)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("none", MASK),
        ("transpose", MASK.T),
        ("rotate_90", np.rot90(MASK)),
        ("rotate_180", np.rot90(MASK, 2)),
        ("rotate_270", np.rot90(MASK, 3)),
        ("transverse", np.rot90(MASK, 2).T),
        ("flip_left_right", MASK[:, ::-1]),
        ("flip_top_bottom", MASK[::-1]),
    ],
)
def test_transform_turns_image_and_mask_alike(folder, transform, expected):
    save(folder / "images/1.png", MASK * 100)
    with prepare(folder, transform) as store:
        np.testing.assert_array_equal(store.read("mask", "1"), expected)
        np.testing.assert_array_equal(store.read("image", "1"), expected * 100)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def write(text):
    return lambda path: path.write_bytes(text)


def jpeg_cut_off(path):
    save(path.with_suffix(".jpg"), picture((64, 64)))
    path.unlink()
    cut = path.with_suffix(".jpg")
    cut.write_bytes(cut.read_bytes()[:-300])


def array(values, mode=None):
    return lambda path: save(path, values, mode)


HUGE = np.zeros((8200, 8200), np.uint8)
BROKEN = {
    "truncated": ("images/1.png", truncate, "images/1.png: damaged picture"),
    "truncated JPEG": ("images/1.png", jpeg_cut_off, "images/1.jpg: damaged picture"),
    "web page": ("images/1.png", write(b"<html></html>"), "images/1.png: cannot be read as JPEG, PNG, TIFF or BMP"),
    "empty": ("images/1.png", write(b""), "images/1.png: cannot be read"),
    "GIF": ("images/1.png", lambda p: Image.fromarray(MASK).save(p, "GIF"), "images/1.png: cannot be read as JPEG"),
    "16 bits": ("images/1.png", array(np.full(MASK.shape, 999, np.uint16)), "images/1.png: 16 bits a pixel"),
    "huge": ("images/1.png", array(HUGE), "8200 x 8200 pixels"),
    "no mask": ("infection/1.png", Path.unlink, "images/1.png: no mask of that name in"),
    "no image": ("images/1.png", lambda p: p.unlink(), "1.png: no image of that name in"),
    "mask size": ("infection/1.png", array(np.zeros((5, 8), np.uint8)), "infection/1.png: 8 x 5 pixels, but its image"),
    "class size": ("classes/1.png", array(MASK[:, :-1], "P"), "classes/1.png: 7 x 6 pixels, but its image has 8 x 6"),
    "grey mask": ("infection/1.png", array(MASK * 100), "infection/1.png: values 0, 100, 200"),
    "label code": ("classes/1.png", array(MASK * 2, "P"), "classes/1.png: label codes 0, 2, 4"),
    "mixed colours": (
        "classes/1.png",
        array(np.full((*MASK.shape, 3), (9, 9, 0), np.uint8)),
        "classes/1.png: a pixel is not pure",
    ),
    "disagreement": ("classes/1.png", array(MASK // 2, "P"), "differs from infection/1.png in 2 pixels"),
    "duplicate id": ("images/1.jpg", array(picture()), "images/1.png: duplicate slice id '1'"),
    "foreign file": ("images/notes.txt", write(b"x"), "images/notes.txt: not a JPEG, PNG, TIFF or BMP"),
    "group columns": ("groups.csv", write(b"name,patient\n"), "groups.csv: its columns should be id and group"),
    "group row missing": ("groups.csv", write(b"id,group\n1,a\n2,a\n"), "groups.csv: no row for slice 10"),
    "group unknown": ("groups.csv", write(b"id,group\n1,a\n2,a\n10,b\n11,b\n"), "groups.csv: no image 11"),
    "group twice": ("groups.csv", write(b"id,group\n1,a\n2,a\n10,b\n10,c\n"), "groups.csv: slice 10 has two rows"),
    "group empty": ("groups.csv", write(b"id,group\n1,a\n2,a\n10,\n"), "groups.csv: slice 10 has no group"),
}


@pytest.mark.parametrize(("name", "change", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_file(folder, name, change, message):
    change(folder / name)
    with pytest.raises(InputError) as error:
        prepare(folder)
    assert message in str(error.value)
    assert not (folder.parent / "out.h5").exists()


def test_one_defect_is_one_line_and_several_are_listed(folder):
    truncate(folder / "images/1.png")
    with pytest.raises(InputError) as error:
        prepare(folder)
    assert "\n" not in str(error.value)
    save(folder / "infection/2.png", MASK * 100)
    (folder / "infection/10.png").unlink()
    with pytest.raises(InputError, match="3 defects") as error:
        prepare(folder)
    assert all(name in str(error.value) for name in ("images/1.png", "infection/2.png", "images/10.png"))


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(InputError, match="images: no such folder"):
        prepare(tmp_path / "none")
    (tmp_path / "a/images").mkdir(parents=True)
    with pytest.raises(InputError, match="neither infection/ nor classes/"):
        prepare(tmp_path / "a")
    (tmp_path / "a/classes").mkdir()
    with pytest.raises(InputError, match="images: no picture in it"):
        prepare(tmp_path / "a")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real slices of COVID-SemiSeg are not beside the repository")
def test_real_slices_come_upright(tmp_path):
    out = tmp_path / "real.h5"
    config = '{"labelled": {"transform": "transpose"}}'
    prepare_folder.main(["--config-json", config, "--folder", str(REAL), "--out", str(out)])
    with SliceStore(out) as store:
        assert len(store.ids) == 50
        masks = [store.read("mask", name) for name in store.ids]
        assert set(np.unique(np.concatenate([mask.ravel() for mask in masks]))) == {0, 1, 2}
        # The spine, the brightest there is in the middle third, lies behind, at the bottom.
        below = 0
        for name in store.ids:
            image = store.read("image", name).astype(float)
            middle = image[:, image.shape[1] * 2 // 5 : image.shape[1] * 3 // 5]
            quarter = len(middle) // 4
            below += (middle[-quarter:] > 230).mean() > (middle[:quarter] > 230).mean()
        assert below > 35
