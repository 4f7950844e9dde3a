"""Distances between the borders of masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.spatial.distance import cdist

from ssinfnet.evaluation.distances import surface

PAIRS = array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)
SIDES = st.sampled_from([0.5, 1.0, 1.7])


def border(mask):
    """Places of the pixels with a neighbour outside, one by one."""
    padded = np.pad(mask, 1)
    return [
        (row, column)
        for row, column in np.argwhere(mask)
        if not all(padded[row + 1 + y, column + 1 + x] for y, x in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    ]


@given(PAIRS, SIDES, SIDES)
def test_distances_are_those_of_all_pairs_of_border_pixels(pair, row, column):
    truth, predicted = pair
    found = surface(truth, predicted, (row, column))
    if not truth.any() or not predicted.any():
        assert np.isnan([*found.values()]).all()
        return
    every = cdist(np.array(border(truth)) * (row, column), np.array(border(predicted)) * (row, column))
    there, back = every.min(axis=1), every.min(axis=0)
    assert found["hd95"] == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    assert found["assd"] == pytest.approx((there.sum() + back.sum()) / (len(there) + len(back)))


def test_by_hand():
    truth, predicted = np.zeros((2, 40, 60), bool)
    truth[10:20, 10:20] = predicted[10:20, 13:23] = True
    assert surface(truth, truth) == {"hd95": 0, "assd": 0}
    assert surface(truth, predicted)["hd95"] == 3
    assert surface(truth, predicted, (9, 0.5))["hd95"] == 1.5
    one, other = np.zeros((2, 9, 9), bool)
    one[0, 0] = other[3, 4] = True
    assert surface(one, other) == {"hd95": 5, "assd": 5}
    assert surface(one, other, (2, 2)) == {"hd95": 10, "assd": 10}
