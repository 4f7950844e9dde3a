"""Copies of a slice are found, and the next slice of a scan is none."""

from pathlib import Path

import numpy as np
import pytest
from alike import COPIES, scan
from PIL import Image

from ssinfnet.slices.copies import copies_between, copies_within

REAL = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_found_among_the_slices_of_its_scan_and_of_another_one(change):
    images = dict(enumerate([*scan(0, 6), *scan(1, 3)])) | {"copy": change(scan(0, 6)[2])}
    found = copies_within(list(images), images.get)
    assert [(pair.one, pair.other) for pair in found] == [(2, "copy")]
    assert found[0].exact == (change is np.copy)


def test_three_copies_are_all_found():
    images = {name: scan(0, 4)[0] for name in "abc"} | dict(enumerate(scan(0, 4)[1:]))
    assert {name for pair in copies_within(list(images), images.get) for name in pair[:2]} == set("abc")


@pytest.mark.parametrize("image", [np.zeros((64, 64), np.uint8), np.full((4, 4), 9, np.uint8)])
def test_pictures_that_show_nothing_are_no_copies(image):
    assert copies_within(["a", "b"], lambda name: image) == []


def test_icons_are_copies_to_the_pixel_alone():
    icons = {name: np.arange(64, dtype=np.uint8).reshape(8, 8) + (name == "c") for name in "abc"}
    assert [pair[:2] for pair in copies_within("abc", icons.get)] == [("a", "b")]


def real(folder, limit=300):
    paths = sorted((REAL / folder).glob("*.jpg"))[:limit]
    if not paths:
        pytest.skip("the real slices are not beside the repository")
    return {path.stem: np.asarray(Image.open(path).convert("L")) for path in paths}


@pytest.mark.parametrize("folder", ["ct-jpg-volume", "covid-semiseg/unlabelled"])
def test_neighbours_in_real_scans_are_no_copies(folder):
    images = real(folder)
    assert copies_within(list(images), images.get) == []


def test_one_picture_of_covid_semiseg_is_there_twice_at_two_sizes():
    images = real("covid-semiseg/labelled/images")
    assert [set(pair[:2]) for pair in copies_within(list(images), images.get)] == [{"10", "43"}]


def test_planted_copies_of_real_slices_are_found_and_no_others():
    images = real("ct-jpg-volume")
    names = list(images)[::10]
    changed = {f"{name} {kind}": change(images[name]) for name in names for kind, change in COPIES.items()}
    found = copies_between(list(changed), changed.get, list(images), images.get)
    assert {pair[:2] for pair in found} == {(name, name.split()[0]) for name in changed}
