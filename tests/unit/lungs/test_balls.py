import numpy as np
import pytest
from scipy import ndimage

from ssinfnet.lungs import balls

SPACING = (5.0, 1.5, 2.0)


@pytest.fixture
def mask():
    return (ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(9, 30, 26)), (1, 2, 2)) > 0.03).astype(
        np.uint8
    )


@pytest.mark.parametrize("radius", [1.0, 4.0, 8.5])
def test_dilation_reaches_what_is_within_the_radius(mask, radius):
    near = ndimage.distance_transform_edt(1 - mask, SPACING) <= radius + 1e-9
    assert np.array_equal(balls.dilate(mask, radius, SPACING) > 0, near)


def test_erosion_and_closing_take_the_mask_to_go_on_beyond_its_edges(mask):
    full = np.ones_like(mask)
    assert np.array_equal(balls.erode(full, 9, SPACING), full)
    closed = balls.close(mask, 4, SPACING)
    assert (closed >= mask).all() and closed.sum() > mask.sum()
    assert np.array_equal(balls.close(closed, 4, SPACING), closed)
