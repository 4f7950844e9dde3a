import numpy as np
import pytest
from scipy import stats

from ssinfnet.evaluation.intervals import bootstrap, mean_error


def test_mean_error_is_196_standard_errors():
    values = np.random.default_rng(0).random(50)
    mean, error = mean_error(values)
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(1.96 * stats.sem(values))


def test_mean_error_leaves_nan_out():
    assert mean_error(np.array([1.0, np.nan, 3.0])) == (2.0, pytest.approx(1.96))
    mean, error = mean_error(np.array([4.0, np.nan]))
    assert mean == 4 and np.isnan(error)
    assert np.isnan(mean_error(np.array([np.nan]))).all()


def test_bootstrap_of_singletons_is_near_the_normal_interval():
    values = np.random.default_rng(1).normal(size=400)
    mean, error = mean_error(values)
    low, high = bootstrap(values, np.arange(400), resamples=4000, seed=0)
    assert low == pytest.approx(mean - error, abs=0.02)
    assert high == pytest.approx(mean + error, abs=0.02)


def test_bootstrap_widens_when_slices_of_a_group_are_alike():
    group_values = np.random.default_rng(2).random(10)
    values, groups = np.repeat(group_values, 20), np.repeat(np.arange(10), 20)
    alone = np.subtract(*bootstrap(values, np.arange(200), resamples=1000, seed=0)[::-1])
    grouped = np.subtract(*bootstrap(values, groups, resamples=1000, seed=0)[::-1])
    assert grouped > 3 * alone


def test_bootstrap_weighs_groups_by_their_slices():
    """Two groups, of 1 and 3 slices: the only possible means are 0, 3/4 and 1."""
    low, high = bootstrap(np.array([0.0, 1, 1, 1]), np.array(list("abbb")), resamples=2000, seed=0)
    assert (low, high) == (0, 1)
    assert bootstrap(np.array([0.0, np.nan]), np.array(list("ab")), resamples=100, seed=0) == pytest.approx(
        (np.nan, np.nan), nan_ok=True
    )


def test_bootstrap_is_decided_by_its_seed():
    values, groups = np.random.default_rng(3).random(30), np.arange(30) // 3
    first = bootstrap(values, groups, resamples=200, seed=5)
    assert first == bootstrap(values, groups, resamples=200, seed=5)
    assert first != bootstrap(values, groups, resamples=200, seed=6)
