"""Where a task in the lungs erases."""

import numpy as np
import pytest
import torch

from ssinfnet.config.inpainting import Inpainting
from ssinfnet.pretraining import inpainting
from ssinfnet.pretraining.lungs import find_area
from ssinfnet.training.data import SliceTensors


@pytest.fixture
def chest():
    """A made-up slice, 128 x 128."""
    y, x = np.indices((128, 128))
    body = ((x - 64) / 58) ** 2 + ((y - 64) / 48) ** 2 < 1
    lungs = np.logical_or(*(((x - middle) / 17) ** 2 + ((y - 64) / 30) ** 2 < 1 for middle in (40, 88)))
    image = np.where(lungs, 70, np.where(body, 200, 20)) + np.random.default_rng(0).normal(0, 3, body.shape)
    return image.round().astype(np.uint8)


def test_without_lungs_the_area_is_everything(chest, capsys):
    images = torch.from_numpy(np.stack([chest, np.full((128, 128), 9, np.uint8)]))[:, None]
    area = find_area(images)
    assert area.dtype == torch.uint8 and area[1].all() and not area[0].all()
    assert "no lungs found in 1 of 2 slices" in capsys.readouterr().err
    assert torch.equal(inpainting.Task(Inpainting(where="lungs")).prepare(SliceTensors(images)).masks, area)
    assert inpainting.Task(Inpainting()).prepare(SliceTensors(images)).masks is None
