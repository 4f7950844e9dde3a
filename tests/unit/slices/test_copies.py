"""Copies of a slice are found, and the next slice of a scan is none."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ssinfnet.slices.copies import copies_between, copies_within
from ssinfnet.slices.store import SliceStore, create_store
from ssinfnet.training.unlabelled import without_copies

REAL = Path(__file__).parents[4] / "shared" / "data"
SIDE = 160


def scan(seed, count=1, step=0.4):
    """Slices of a body with two lungs and a few hundred vessels that run through them, uint8 (SIDE, SIDE) each."""
    random = np.random.default_rng(seed)
    place, drift = random.uniform(0, SIDE, (400, 2)), random.normal(0, 1, (400, 2))
    lungs = np.zeros((SIDE, SIDE), np.uint8)
    for x in (0.3, 0.7):
        axes = (int(SIDE * random.uniform(0.14, 0.18)), int(SIDE * random.uniform(0.25, 0.35)))
        cv2.ellipse(lungs, (int(SIDE * x), SIDE // 2), axes, 0, 0, 360, 255, -1)
    slices = []
    for number in range(count):
        image = np.where(lungs > 0, 40, 170).astype(np.float32)
        for (x, y), radius in zip(place + number * step * drift, np.arange(400) % 3 + 1, strict=True):
            cv2.circle(image, (int(x * 16), int(y * 16)), int(radius * 12), 140, -1, cv2.LINE_AA, 4)
        noise = cv2.GaussianBlur(random.normal(0, 12, image.shape).astype(np.float32), (0, 0), 0.8)
        slices.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    return slices


def as_jpeg(image, quality=80):
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


COPIES = {
    "the same": np.copy,
    "JPEG": as_jpeg,
    "coarse JPEG": lambda image: as_jpeg(image, 50),
    "one grey level": lambda image: np.clip(image.astype(int) + 1, 0, 255).astype(np.uint8),
    "another window": lambda image: (image * 0.9 + 10).astype(np.uint8),
    "cropped above": lambda image: image[1:],
    "cropped around": lambda image: image[2:-1, 1:-2],
    "cropped and JPEG": lambda image: as_jpeg(image[:-1, 1:]),
    "larger": lambda image: cv2.resize(image, None, fx=1.5, fy=1.5),
}


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


def test_unlabelled_slices_without_near_copies_of_held_out_ones(tmp_path):
    known, fresh = scan(0, 8), scan(2, 2)
    with create_store(tmp_path / "labelled.h5") as writer:
        for number, image in enumerate(known[::2]):
            writer.add(str(number), group="a", origin="m", image=image)
    with create_store(tmp_path / "unlabelled.h5") as writer:
        for number, change in enumerate(COPIES.values()):
            writer.add(f"copy{number}", group="a", origin="m", image=np.ascontiguousarray(change(known[2])))
        for number, image in enumerate([*known[1::2], *fresh]):
            writer.add(f"other{number}", group="a", origin="m", image=image)
    with SliceStore(tmp_path / "labelled.h5") as labelled, SliceStore(tmp_path / "unlabelled.h5") as unlabelled:
        assert without_copies(unlabelled, labelled, ["1"]) == [f"other{number}" for number in range(6)]


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
