"""Where a task in the lungs erases, in whole slices and in slices that were cut to the lungs."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ssinfnet.config.pretext import Pretext
from ssinfnet.pretraining.crops import with_area
from ssinfnet.pretraining.lungs import find_area, find_lungs
from ssinfnet.training.data import SliceTensors

REAL = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def chest():
    """A made-up slice, 128 x 128, and its lungs."""
    y, x = np.indices((128, 128))
    body = ((x - 64) / 58) ** 2 + ((y - 64) / 48) ** 2 < 1
    lungs = np.logical_or(*(((x - middle) / 17) ** 2 + ((y - 64) / 30) ** 2 < 1 for middle in (40, 88)))
    image = np.where(lungs, 70, np.where(body, 200, 20)) + np.random.default_rng(0).normal(0, 3, body.shape)
    return image.round().astype(np.uint8), lungs


def overlap(one, other):
    return 2 * np.sum(one & other) / (one.sum() + other.sum())


def test_whole_slices_and_those_cut_to_the_lungs(chest):
    image, lungs = chest
    assert overlap(find_lungs(image) > 0, lungs) > 0.93
    cut = slice(33, 95), slice(22, 106)  # through the chest wall
    assert overlap(find_lungs(image[cut]) > 0, lungs[cut]) > 0.9


def test_without_lungs_the_area_is_everything(chest, capsys):
    images = torch.from_numpy(np.stack([chest[0], np.full((128, 128), 9, np.uint8)]))[:, None]
    area = find_area(images)
    assert area.dtype == torch.uint8 and area[1].all() and not area[0].all()
    assert "no lungs found in 1 of 2 slices" in capsys.readouterr().err
    assert torch.equal(with_area(SliceTensors(images), Pretext(where="lungs")).masks, area)
    assert with_area(SliceTensors(images), Pretext()).masks is None


@pytest.mark.skipif(not REAL.exists(), reason="needs real slices")
def test_real_slices():
    def areas(paths, *, turned):
        images = (cv2.imread(str(path), 0) for path in paths)
        return [find_lungs(image.T.copy() if turned else image).mean() for image in images]

    # Of the pictures cut to the lungs half is lung, of the whole ones an eighth.
    cut = sorted((REAL / "covid-semiseg").glob("*labelled/**/*.jpg"))[::60]
    assert len(cut) > 20
    assert 0.4 < np.median(areas(cut, turned=True)) < 0.65
    whole = sorted((REAL / "ct-jpg-volume").rglob("*.jpg"))[15:40:5]
    assert 0.05 < np.median(areas(whole, turned=False)) < 0.2
