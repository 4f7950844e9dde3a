"""Pictures cut to the lungs have the lungs of the whole picture, and whole pictures stay as they are."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.phantom import Phantom
from ssinfnet.lungs import cleaning, slice_methods
from ssinfnet.lungs.cut_pictures import is_cut, surround
from ssinfnet.lungs.measures import measure
from ssinfnet.lungs.sides import middle
from ssinfnet.slices.window import LUNG_WINDOW, to_grey
from ssinfnet.sources.phantom import generate

DATA = Path(__file__).parents[4] / "shared" / "data"
MARGINS = (0, 2, 8)


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """Twelve phantom slices of 192 pixels, half of them with a whole field of view that is square and not round."""
    folder = tmp_path_factory.mktemp("phantom")
    generate._ictcf(folder, Phantom(size=192, patients=6, slices_per_patient=1))
    round_field = [np.asarray(Image.open(path).convert("L")) for path in sorted(folder.rglob("*.jpg"))]
    square_field = []
    for seed in range(6):
        subject = generate.subject(np.random.default_rng(seed), 192, 0.1 * seed, round_field=False)
        square_field.append(to_grey(subject.render(0.2 + 0.1 * seed).hounsfield, LUNG_WINDOW))
    return round_field + square_field


def kept(quality):
    judged = cleaning.judge(pd.DataFrame(quality).assign(id=[str(row) for row in range(len(quality))]), Cleaning(), {})
    return judged["verdict"].eq("kept").to_numpy()


def box(lungs, margin):
    rows, columns = (np.flatnonzero(lungs.any(axis=axis)) for axis in (1, 0))
    return tuple(slice(max(0, place[0] - margin), place[-1] + 1 + margin) for place in (rows, columns))


def find_trusted(images):
    """The slices, with their lungs, whose lungs are kept."""
    whole = [slice_methods.closed(image) for image in images]
    trusted = kept([measure(image, lungs) for image, lungs in zip(images, whole, strict=True)])
    return [pair for pair, trust in zip(zip(images, whole, strict=True), trusted, strict=True) if trust]


def compare(pairs, margin):
    """Of slices and their lungs: Dice of the lungs of the cut picture, and whether those are kept."""
    dice, quality = [], []
    for image, lungs in pairs:
        cut = box(lungs, margin)
        found = slice_methods.closed(np.ascontiguousarray(image[cut]))
        assert found.shape == lungs[cut].shape and found.dtype == np.uint8
        dice.append(2 * (found & lungs[cut]).sum() / (found.sum() + lungs[cut].sum()))
        quality.append(measure(np.ascontiguousarray(image[cut]), found))
    return np.array(dice), kept(quality)


@pytest.mark.parametrize("margin", MARGINS)
def test_phantom_slices_cut_to_their_lungs(phantom, margin):
    pairs = find_trusted(phantom)
    dice, trusted = compare(pairs, margin)
    assert len(pairs) >= 9
    assert np.mean(dice >= 0.95) >= 0.9 and dice.min() > 0.9
    assert trusted.mean() > 0.7


@pytest.mark.skipif(not DATA.is_dir(), reason="the real slices are not beside the repository")
def test_real_slices_cut_to_their_lungs():
    paths = sorted((DATA / "ct-jpg-volume").glob("*.jpg"))
    pairs = find_trusted([np.asarray(Image.open(path).convert("L")) for path in paths])
    assert len(pairs) > 35
    for margin in MARGINS:
        dice, trusted = compare(pairs, margin)
        assert np.mean(dice >= 0.95) >= 0.9
        assert trusted.mean() >= 0.9


@pytest.mark.skipif(not DATA.is_dir(), reason="the real slices are not beside the repository")
def test_published_cuts_have_lungs_to_trust():
    paths = sorted((DATA / "covid-semiseg/labelled/images").glob("*.jpg"))[::4]
    images = [np.ascontiguousarray(np.asarray(Image.open(path).convert("L")).T) for path in paths]
    assert all(is_cut(image) for image in images)
    assert kept([measure(image, slice_methods.closed(image)) for image in images]).mean() > 0.8


def test_whole_pictures_stay_as_they_are(phantom):
    for image in phantom:
        assert not is_cut(image)
        same, rim = surround(image)
        assert same is image and rim == 0
        assert np.array_equal(slice_methods.closed(image), slice_methods._closed(image))


@pytest.mark.parametrize("grey", [0, 96, 255])
def test_a_picture_of_one_grey_is_not_cut(grey):
    assert not is_cut(np.full((30, 40), grey, np.uint8))


@pytest.fixture
def cut():
    """A made-up picture cut to two lungs of 70, 90 x 120, and where they are."""
    lungs = np.zeros((90, 120), np.uint8)
    for column in (28, 92):
        cv2.ellipse(lungs, (column, 45), (26, 43), 0, 0, 360, 1, -1)
    image = np.where(lungs, 70, 210) + np.random.default_rng(0).normal(0, 4, lungs.shape)
    return image.round().astype(np.uint8), lungs


def test_air_beyond_the_skin_in_a_corner_is_no_lung(cut):
    image, lungs = cut
    corner = np.add.outer(np.arange(90), np.arange(120)[::-1]) < 20
    image[corner] = 45
    found = slice_methods.closed(image)
    assert is_cut(image) and not found[corner].any()
    assert 2 * (found & lungs).sum() / (found.sum() + lungs.sum()) > 0.95


def test_lungs_that_go_on_beyond_the_edge_are_told_from_those_that_touch_it(cut):
    image, lungs = cut
    touching = box(lungs, 0)
    assert measure(image[touching].copy(), lungs[touching].copy())["border"] == 0
    through = slice(30, 90), slice(0, 120)
    assert measure(image[through].copy(), lungs[through].copy())["border"] > 0.1


def test_the_middle_and_the_area_of_a_cut_picture(cut):
    image, lungs = cut
    image[:, 60:][lungs[:, 60:] > 0] = 210  # the body's bright pixels are not even
    assert middle(image) == 60
    rims = 2 * (round(120 / 12) + round(120 / 4))
    assert measure(image, lungs)["area"] == pytest.approx(lungs.sum() / ((90 + rims) * (120 + rims)))
