import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn import metrics as sklearn_metrics

from ssinfnet.evaluation import metrics

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=8)
OVERLAPS = (metrics.dice, metrics.iou, metrics.recall, metrics.precision)


@st.composite
def mask_pairs(draw):
    shape = draw(SHAPES)
    return draw(arrays(bool, shape)), draw(arrays(bool, shape))


@st.composite
def maps(draw, dtype=np.float16):
    shape = draw(SHAPES)
    grid = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    values = st.one_of(grid, st.floats(0, 1, width=16))
    return draw(arrays(bool, shape)), draw(arrays(dtype, shape, elements=values))


def count(tp, fp, fn, tn):
    return metrics.Confusion(*map(np.asarray, (tp, fp, fn, tn)))


@given(mask_pairs())
def test_identities_and_bounds(pair):
    counts, swapped = metrics.confusion(*pair), metrics.confusion(*pair[::-1])
    dice, iou = metrics.dice(counts), metrics.iou(counts)
    assert dice == pytest.approx(2 * iou / (1 + iou))
    assert (dice, iou) == (metrics.dice(swapped), metrics.iou(swapped))
    assert metrics.recall(counts) == metrics.precision(swapped)
    assert metrics.mae(*pair) == metrics.mae(*pair[::-1]) == pytest.approx((counts.fp + counts.fn) / pair[0].size)
    assert sum(counts) == pair[0].size
    assert all(0 <= metric(counts) <= 1 for metric in OVERLAPS)
    assert iou <= dice <= max(metrics.recall(counts), metrics.precision(counts))


@given(mask_pairs())
def test_agreement_with_scikit_learn(pair):
    truth, predicted = (mask.ravel() for mask in pair)
    counts = metrics.confusion(*pair)
    empty = 1.0 if not (truth.any() or predicted.any()) else 0.0
    assert metrics.dice(counts) == pytest.approx(sklearn_metrics.f1_score(truth, predicted, zero_division=empty))
    assert metrics.iou(counts) == pytest.approx(sklearn_metrics.jaccard_score(truth, predicted, zero_division=empty))
    assert metrics.recall(counts) == pytest.approx(sklearn_metrics.recall_score(truth, predicted, zero_division=empty))
    assert metrics.precision(counts) == pytest.approx(
        sklearn_metrics.precision_score(truth, predicted, zero_division=empty)
    )
    if not truth.all():
        assert metrics.specificity(counts) == pytest.approx(
            sklearn_metrics.recall_score(truth, predicted, pos_label=False)
        )


@given(maps())
def test_auc_agrees_with_scikit_learn_and_is_undefined_without_both_classes(pair):
    truth, probability = pair
    if truth.any() and not truth.all():
        expected = sklearn_metrics.roc_auc_score(truth.ravel(), probability.ravel().astype(float))
        assert metrics.auc(truth, probability) == pytest.approx(expected)
    else:
        assert np.isnan(metrics.auc(truth, probability))


@given(maps())
def test_mae_agrees_with_scikit_learn(pair):
    truth, probability = pair
    expected = sklearn_metrics.mean_absolute_error(truth.ravel(), probability.ravel().astype(float))
    assert metrics.mae(truth, probability) == pytest.approx(expected)


@settings(deadline=None)
@given(maps(), st.sampled_from([np.float16, np.float32, np.float64]))
def test_counts_by_threshold_are_those_of_a_plain_loop(pair, dtype):
    truth, probability = pair[0], pair[1].astype(dtype)
    counts = metrics.confusion_by_threshold(truth, probability)
    loop = [metrics.confusion(truth, probability.astype(float) >= t) for t in metrics.THRESHOLDS]
    np.testing.assert_array_equal(np.transpose(counts), loop)


def test_thresholds_meet_8_bit_maps_exactly():
    probability = (np.arange(256) / 255).reshape(16, 16)
    counts = metrics.confusion_by_threshold(np.ones((16, 16), dtype=bool), probability)
    np.testing.assert_array_equal(counts.tp, 256 - np.arange(256))


def test_values_beside_a_threshold_fall_on_the_right_side_of_it():
    below, above = np.nextafter(metrics.THRESHOLDS, 0), np.nextafter(metrics.THRESHOLDS, 1)
    probability = np.concatenate([below, metrics.THRESHOLDS, above])[None]
    tp = metrics.confusion_by_threshold(np.ones(probability.shape, dtype=bool), probability).tp
    np.testing.assert_array_equal(tp, (probability >= metrics.THRESHOLDS[:, None]).sum(axis=1))


def test_by_hand():
    truth = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], dtype=bool)
    predicted = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], dtype=bool)
    counts = metrics.confusion(truth, predicted)
    assert counts == (2, 2, 1, 3)
    assert metrics.dice(counts) == pytest.approx(4 / 7)
    assert metrics.iou(counts) == pytest.approx(2 / 5)
    assert metrics.recall(counts) == pytest.approx(2 / 3)
    assert metrics.precision(counts) == pytest.approx(1 / 2)
    assert metrics.specificity(counts) == pytest.approx(3 / 5)
    probability = np.array([[0.9, 0.4, 0.4, 0.4], [0.1, 0.0, 0.8, 0.0]])
    # Of 15 pairs 0.9 wins 5; each 0.4 beats 0.1 and the two 0.0, ties with one 0.4, loses to 0.8.
    assert metrics.auc(truth, probability) == pytest.approx((5 + 2 * 3.5) / 15)
    assert metrics.mae(truth, probability) == pytest.approx((0.1 + 0.6 + 0.6 + 0.4 + 0.1 + 0.8) / 8)


@pytest.mark.parametrize("metric", OVERLAPS)
def test_empty_masks(metric):
    assert metric(count(0, 0, 0, 9)) == 1  # empty truth, empty prediction
    assert np.isnan(metric(count(0, 0, 0, 9), empty=np.nan))
    assert metric(count(0, 4, 0, 5)) == 0  # empty truth, false alarm
    assert metric(count(0, 0, 4, 5)) == 0  # lesion missed
    assert metric(count(0, 4, 0, 5), empty=np.nan) == 0


def test_specificity_without_background_is_undefined():
    assert np.isnan(metrics.specificity(count(5, 0, 4, 0)))
    assert metrics.specificity(count(0, 4, 0, 5)) == pytest.approx(5 / 9)


def test_constant_map():
    truth = np.array([[True, False], [False, False]])
    constant = np.full((2, 2), 0.5)
    assert metrics.auc(truth, constant) == 0.5
    assert metrics.mae(truth, constant) == 0.5
    dice = metrics.dice(metrics.confusion_by_threshold(truth, constant))
    np.testing.assert_allclose(dice, np.where(metrics.THRESHOLDS <= 0.5, 2 / 5, 0))


def test_map_of_another_size_is_refused():
    truth = np.zeros((4, 4), dtype=bool)
    for metric in (metrics.auc, metrics.mae, metrics.confusion_by_threshold):
        with pytest.raises(ValueError, match="shape"):
            metric(truth, np.zeros((4, 1)))
