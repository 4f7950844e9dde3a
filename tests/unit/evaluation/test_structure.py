import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ssinfnet.evaluation import metrics, structure

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=8)


@st.composite
def cases(draw):
    """A truth, a mask and a map of one shape."""
    shape = draw(SHAPES)
    return tuple(draw(arrays(dtype, shape, elements=values)) for dtype, values in (
        (bool, None), (bool, None), (float, st.one_of(st.sampled_from([0.0, 0.3, 1.0]), st.floats(0, 1))),
    ))  # fmt: skip


def e_measure(truth, predicted):
    return float(structure.e_measure(metrics.confusion(truth, predicted)))


@given(cases())
def test_e_measure_from_counts_is_that_of_the_pixels(case):
    truth, predicted, _ = case
    if truth.all() or not truth.any():
        expected = np.mean(truth == predicted)
    else:
        g, f = truth - truth.mean(), predicted - predicted.mean()
        expected = np.mean((1 + 2 * f * g / (f * f + g * g)) ** 2 / 4)
    assert e_measure(truth, predicted) == pytest.approx(expected)


@given(cases())
def test_bounds_and_ends(case):
    truth, predicted, probability = case
    assert 0 <= e_measure(truth, predicted) <= 1 + 1e-12
    assert 0 <= structure.s_measure(truth, probability) <= 1 + 1e-12
    assert e_measure(truth, truth) == pytest.approx(1)
    assert e_measure(truth, ~truth) == pytest.approx(0, abs=1e-12)
    assert structure.s_measure(truth, truth.astype(float)) == pytest.approx(1)
    assert structure.s_measure(truth, 1.0 - truth, alpha=1) == pytest.approx(0, abs=1e-12)


def test_empty_and_full_truth():
    nothing, quarter = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=bool)
    quarter[:2, :2] = True
    assert e_measure(nothing, nothing) == structure.s_measure(nothing, nothing.astype(float)) == 1
    assert e_measure(nothing, quarter) == structure.s_measure(nothing, quarter.astype(float)) == 0.75
    assert e_measure(~nothing, quarter) == structure.s_measure(~nothing, quarter.astype(float)) == 0.25
    assert e_measure(quarter, nothing) == e_measure(quarter, ~nothing) == 0.25  # no pixel is aligned, none opposed


def test_e_measure_by_hand():
    truth, predicted = np.array([[1, 0, 0, 0]], dtype=bool), np.array([[1, 1, 0, 0]], dtype=bool)
    # g = 3/4, -1/4, -1/4, -1/4 and f = 1/2, 1/2, -1/2, -1/2, so xi = 12/13, -4/5, 4/5, 4/5.
    assert e_measure(truth, predicted) == pytest.approx(((25 / 13) ** 2 + (1 / 5) ** 2 + 2 * (9 / 5) ** 2) / 16)


def test_s_measure_by_hand():
    truth = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=bool)
    probability = np.array([[1, 1, 0.5, 0], [1, 0, 0, 0]])
    # Inside all is 1. Outside 1 - map is 0.5 once and 1 four times: mean 0.9, variance 0.05.
    s_object = 3 / 8 + 5 / 8 * 1.8 / (1.81 + np.sqrt(0.05))
    # The centroid, (1/3, 1/3), is rounded to the first pixel. Right of it are the truth 1, 0, 0 and the map 1, 0.5, 0;
    # in the three other blocks the map is the truth.
    s_region = 5 / 8 + 3 / 8 * (1 / 3) / (13 / 36 * 7 / 6)
    assert structure.s_measure(truth, probability) == pytest.approx((s_object + s_region) / 2)
    assert structure.s_measure(truth, probability, alpha=1) == pytest.approx(s_object)


def test_s_measure_halves_of_the_centroid_are_rounded_up():
    truth = np.array([[1, 1, 0, 0, 0]], dtype=bool)
    probability = np.array([[1, 0.5, 0, 0.5, 0]])
    # The centroid 0.5 becomes 1: blocks of 2 and 3 pixels. In the first the truth is constant, so nothing is shared.
    # In the second there is no truth either, but the map has variance: 0.
    assert structure.s_measure(truth, probability, alpha=0) == 0
    assert structure.s_measure(truth, np.array([[1, 0.5, 0, 0, 0]]), alpha=0) == pytest.approx(3 / 5)


def test_s_measure_of_a_constant_block_does_not_hang_on_rounding():
    truth = np.zeros((9, 9), dtype=bool)
    truth[4, 4] = True
    # Without lesion and without variance a block agrees, whatever its grey; only the lesion's block shares nothing.
    for grey in (0.1, 0.3, 0.7):
        score = structure.s_measure(truth, np.full((9, 9), grey), alpha=0)
        assert score == pytest.approx(1 - 25 / 81)


def test_lesion_in_the_last_corner():
    truth = np.zeros((3, 4), dtype=bool)
    truth[2, 3] = True
    assert structure.s_measure(truth, truth.astype(float)) == pytest.approx(1)


def test_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match="shape"):
        structure.s_measure(np.zeros((4, 4), dtype=bool), np.zeros((4, 1)))
