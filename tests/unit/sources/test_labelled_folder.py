"""A folder of one's own slices."""

import json
import os
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import openpyxl
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
    "group columns": (
        "groups.csv",
        write(b"name,patient\n"),
        "groups.csv: no column 'id' and no column 'group'",
    ),
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
    with pytest.raises(InputError, match="none: no such folder"):
        prepare(tmp_path / "none")
    (tmp_path / "a/images").mkdir(parents=True)
    with pytest.raises(InputError, match="neither infection/ nor classes/"):
        prepare(tmp_path / "a")
    (tmp_path / "a/classes").mkdir()
    with pytest.raises(InputError, match="images: no picture in it"):
        prepare(tmp_path / "a")


@pytest.mark.parametrize(
    "spellings",
    [
        ("P0", "P0 ", " P0"),
        ("1", "1.0", " 1"),
        ("P1", "p1", "P01"),
        ("Patient 1", "patient_1", "Patient  1"),
        ("Ａ", "A", "a"),
    ],
)
def test_spellings_of_one_patient_are_one_group(folder, spellings, capsys):
    groups = dict(zip(("1", "2", "10"), spellings, strict=True))
    (folder / "groups.csv").write_text("id,group\n" + "".join(f"{name},{group}\n" for name, group in groups.items()))
    with prepare(folder) as store:
        assert list(store.index["group"]) == [spellings[0].strip()] * 3
    said = [line for line in capsys.readouterr().err.splitlines() if "taken as one group" in line]
    assert len(said) == (len({group.strip() for group in spellings}) > 1)


@pytest.mark.parametrize("names", [("P1", "P11", "P1-1"), ("1", "1.5", "10"), ("a", "b", "A b"), ("1-1", "11", "1.1")])
def test_different_patients_stay_apart(folder, names):
    write_table(folder / "groups.csv", [("id", "group"), *zip(("1", "2", "10"), names, strict=True)])
    with prepare(folder) as store:
        assert list(store.index["group"]) == list(names)


GROUPS = [("id", "group"), ("1", "a"), ("10", "b"), ("2", "a")]


def write_table(path, rows=GROUPS, delimiter=","):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
        book.save(path)
    else:
        path.write_text("".join(delimiter.join(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("Groups.csv", ","), ("group.csv", ";"), ("groups.tsv", "\t"), ("groups.xlsx", ""), ("GROUPS.TXT", "\t"),
     ("my groups (1).csv", ","), ("patients.csv", ";")],
)  # fmt: skip
def test_groups_by_another_name_and_in_another_format(folder, name, delimiter, capsys):
    write_table(folder / name, delimiter=delimiter)
    with prepare(folder) as store:
        assert list(store.index["group"]) == ["a", "a", "b"]
    assert f"{name}: taken as the table of groups" in capsys.readouterr().err


def test_two_tables_of_groups(folder):
    write_table(folder / "groups.csv")
    write_table(folder / "Groups.xlsx")
    with prepare(folder) as store:
        assert list(store.index["group"]) == ["a", "a", "b"]
    write_table(folder / "groups_old.csv", [*GROUPS[:3], ("2", "c")])
    with pytest.raises(InputError, match=r"Groups.xlsx and groups.csv and groups_old.csv give different groups"):
        prepare(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("groups.xls", b"x", "tables of groups are not read from .xls; save it as groups.csv"),
        (
            "Groups.csv",
            b"slice,patient\n1,a\n",
            "no column 'id' and no column 'group' among slice, patient",
        ),
        ("groups.tsv", b"<html>", "it is a web page or XML"),
        ("a.csv", b"id,group\n1,a\n1,b\n", "a.csv: slice 1 has two rows"),
    ],
)
def test_groups_that_cannot_be_read_are_not_ignored(folder, name, content, message):
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        prepare(folder)


def test_ids_as_spreadsheets_change_them(folder, capsys):
    for kind in ("images", "infection", "classes"):
        (folder / kind / "1.png").rename(folder / kind / "001.png")
    write_table(folder / "groups.xlsx", [("id", "group"), ("1", "a"), ("2.png", "b"), ("10", "c")])
    with prepare(folder) as store:
        assert dict(zip(store.ids, store.index["group"], strict=True)) == {"001": "a", "2": "b", "10": "c"}
    assert "2 ids are not those of the pictures; taken '1' as '001', '2.png' as '2'" in capsys.readouterr().err


def speckled(seed, side=96):
    return cv2.GaussianBlur(picture((side, side), seed), (0, 0), 2) * np.uint8(2)


@pytest.fixture
def large(tmp_path):
    """Slices 1 to 4 of 96 x 96, all different, with infection."""
    for name in range(1, 5):
        save(tmp_path / f"data/images/{name}.png", speckled(name))
        save(tmp_path / f"data/infection/{name}.png", np.zeros((96, 96), np.uint8))
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("suffix", "change", "how"),
    [
        (".png", lambda image: image, "a copy"),
        (".jpg", lambda image: image, "a near copy"),
        (".png", lambda image: np.maximum(image, 1) - np.uint8(1), "a near copy"),
        (".tif", lambda image: image[1:, :-1], "a near copy"),
    ],
)
def test_copies_share_a_group(large, suffix, change, how, capsys):
    image = change(speckled(3))
    save(large / f"images/900{suffix}", image)
    save(large / "infection/900.png", np.zeros(image.shape, np.uint8))
    with prepare(large, classes=False) as store:
        assert list(store.index["group"]) == ["1", "2", "3", "4", "3"]
    assert f"images/900{suffix}: {how} of 3.png; they count as one group" in capsys.readouterr().err


def test_given_groups_of_copies_are_joined(large, capsys):
    save(large / "images/900.png", speckled(3))
    save(large / "infection/900.png", np.zeros((96, 96), np.uint8))
    rows = [("id", "group"), ("1", "b"), ("2", "a"), ("3", "b"), ("4", "c"), ("900", "c")]
    write_table(large / "groups.csv", rows)
    with prepare(large, classes=False) as store:
        assert list(store.index["group"]) == ["b", "a", "b", "b", "b"]
    assert "though groups.csv puts them into the groups 'c' and 'b'" in capsys.readouterr().err


def test_everything_that_is_not_read_is_named_with_why(folder, capsys):
    (folder / "README.md").write_text("mine")
    (folder / "findings.csv").write_text("id,finding\n")
    (folder / "images/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "nowhere").symlink_to("gone")
    (folder / "back").symlink_to(folder.parent)
    for number in range(20):
        save(folder / f"old/{number}.png", MASK)
    (folder / "old/a.nii.gz").write_bytes(b"\x1f\x8b" + bytes(600))
    with prepare(folder) as store:
        assert store.ids == ["1", "2", "10"]
    said = capsys.readouterr().err.splitlines()
    for name, why in {
        "README.md": "no picture",
        "findings.csv": "no table with the columns id and group",
        "images/.DS_Store": "hidden",
        "nowhere": "a link that leads nowhere",
        "back": "a link to a folder that is read already, or that it is in",
        "old/4.png": "it lies where no picture is looked for",
        "old/a.nii.gz": "NIfTI; save each slice as a picture with 8 bits, windowed to the lungs",
    }.items():
        assert said.count(f"{folder / name} is not read: {why}") == 1
    assert sum("old/" in line for line in said) == 6
    assert f"and 15 more of this kind in {folder} are not read: it lies where no picture is looked for" in said


def test_pictures_without_a_suffix_and_linked_parts(folder):
    (folder / "images/1.png").rename(folder / "images/1")
    Image.open(folder / "images/2.png").save(folder / "images/2.jfif", "JPEG", quality=100)
    (folder / "images/2.png").unlink()
    (folder / "infection").rename(folder.parent / "masks")
    (folder / "infection").symlink_to("../masks")
    with prepare(folder) as store:
        assert list(store.index["origin"]) == ["images/1", "images/2.jfif", "images/10.png"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("5.npy", b"\x93NUMPY", "a NumPy array); save each slice as a picture"),
        ("5.nii", bytes(344) + b"n+1\0", "NIfTI); save each slice as a picture"),
        ("5.gif", b"GIF89a", "a picture of another kind); save it as PNG"),
        ("5.png.bak", b"\x89PNG", "a picture with the suffix .bak); rename it"),
        ("groups.csv", b"id,group", "a table); move it elsewhere"),
        ("5.png", None, "a folder); move it elsewhere"),
    ],
)
def test_what_may_be_a_slice_is_not_left_out(folder, name, content, message):
    path = folder / "images" / name
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(f"{path}: not a JPEG, PNG, TIFF or BMP picture ({message}")):
        prepare(folder)


def test_a_folder_that_nobody_may_look_into(folder, monkeypatch):
    iterdir = Path.iterdir

    def closed(path):
        if path.name in ("images", "old"):
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(InputError, match=r"images: cannot be looked into \(Permission denied\); allow reading it"):
        prepare(folder)
    (folder / "old").mkdir()
    monkeypatch.setattr(Path, "iterdir", lambda path: closed(path) if path.name == "old" else iterdir(path))
    with pytest.raises(InputError, match="old: cannot be looked into"):
        prepare(folder)


def test_a_name_in_latin_1_is_one_line(folder, capsys):
    for kind in ("images", "infection", "classes"):
        shutil.copy(folder / kind / "1.png", os.fsencode(folder / kind) + b"/\xe9.png")
    (folder / os.fsdecode(b"not\xe9.txt")).write_text("x")
    with pytest.raises(InputError, match="cannot be a slice id") as error:
        prepare(folder)
    assert str(error.value).isascii() and "\n" not in str(error.value)
    assert r"not\udce9.txt is not read: no table" in capsys.readouterr().err


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
