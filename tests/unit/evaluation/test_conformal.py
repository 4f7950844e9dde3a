import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import beta, binomtest

from ssinfnet.evaluation import conformal
from ssinfnet.evaluation.conformal import Calibration, Table


def groups(truth, predicted, part="validation", seed=0, used=1):
    """Rows as `shares.measure` has them."""
    names = [f"{part}{number}" for number in range(len(truth))]
    return pd.DataFrame(
        {"seed": seed, "part": part, "group": names, "used": used, "truth": truth, "predicted": predicted}
    )


def table(scores, seeds=(0,)):
    return Table(seeds=seeds, scores=scores, left_out=0, slices=None, truth=None, coverage=())


@pytest.mark.parametrize(("level", "expected"), [(0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_the_fewest_groups_of_a_level(level, expected):
    assert conformal.least(level) == expected
    assert conformal.rank(expected, level) == expected
    assert conformal.rank(expected - 1, level) > expected - 1


def test_an_interval_by_hand():
    """Nine groups, of which the largest score is the 90 % radius: sin^2(asin(sqrt(.25)) -+ .2)."""
    one = Calibration(tables=(table((0.0,) * 8 + (0.2,)),), torn=0)
    found = one.interval({0: 0.25}, 0.9)
    assert (found.low, found.high) == pytest.approx([np.sin(np.pi / 6 - 0.2) ** 2, np.sin(np.pi / 6 + 0.2) ** 2])
    assert found.known and found.groups == 9 and "9 validation groups" in found.text
    free, full = one.interval({0: 0.0}, 0.9), one.interval({0: 1.0}, 0.9)
    assert free.low == 0 and free.high == pytest.approx(np.sin(0.2) ** 2)
    assert full.high == 1 and full.low == pytest.approx(1 - free.high)


def test_too_few_groups_are_said():
    found = Calibration(tables=(table((0.01,) * 8),), torn=0).interval({0: 0.25}, 0.9)
    assert found[:2] == (0, 1) and not found.known
    assert found.text == "unknown: 8 validation groups, and a 90 % interval needs 9"


def test_an_interval_is_wider_where_seeds_disagree():
    both = Calibration(tables=(table((0.1,) * 9, (0, 1)), table((0.1,) * 9, (0,)), table((0.1,) * 9, (1,))), torn=0)
    agreed, torn = both.interval({0: 0.2, 1: 0.2}), both.interval({0: 0.1, 1: 0.3})
    assert torn.low < agreed.low and torn.high > agreed.high
    assert both.interval({1: 0.2})[:2] == agreed[:2]  # by itself, with its own scores
    with pytest.raises(KeyError):
        both.interval({2: 0.2})


def test_seeds_that_were_not_calibrated_together_have_the_hull():
    folds = Calibration(tables=(table((0.1,) * 9, (0,)), table((0.2,) * 12, (1,))), torn=0)
    hull, alone = folds.interval({0: 0.2, 1: 0.3}), folds.interval({1: 0.3})
    assert hull.low == min(folds.interval({0: 0.2}).low, alone.low) and hull.high == alone.high
    assert hull.groups == 9


def test_groups_on_two_sides_are_told_with_the_interval():
    assert "3 groups lie in several parts" in Calibration(tables=(table((0.1,) * 9),), torn=3).interval({0: 0.2}).text


def test_scores_are_distances_to_the_range_of_the_seeds():
    truth, first, second = [0.1, 0.2, 0.4], [0.2, 0.1, 0.3], [0.3, 0.3, 0.5]
    rows = pd.concat([groups(truth, first), groups(truth, second, seed=1)])
    found = conformal.calibrate(rows, {0: "a", 1: "a"})
    assert [one.seeds for one in found.tables] == [(0, 1), (0,), (1,)]
    t = conformal.transform
    expected = sorted([t(0.2) - t(0.1), max(t(0.1) - t(0.2), t(0.2) - t(0.3)), max(t(0.3) - t(0.4), t(0.4) - t(0.5))])
    assert found.tables[0].scores == pytest.approx(expected)
    assert [one < 0 for one in expected] == [True, True, False]  # within the range of the seeds
    assert found.tables[0].radius(0.5) == 0  # and the interval never smaller than that range
    other = conformal.calibrate(rows, {0: "a", 1: "b"})
    assert [one.seeds for one in other.tables] == [(0,), (1,)]  # splits of their own


def test_coverage_of_the_test_groups_with_exact_intervals():
    rows = pd.concat(
        [groups([0.2] * 9, [0.2] * 8 + [0.25]), groups([0.2] * 5, [0.2, 0.22, 0.25, 0.26, 0.4], part="test")]
    )
    found = {one.level: one for one in conformal.calibrate(rows, {0: "a"}).tables[0].coverage}
    assert found[0.95].radius is None and found[0.95].share is None and found[0.95].groups == 5
    assert (found[0.9].covered, found[0.9].groups, found[0.9].share) == (3, 5, 0.6)
    exact = binomtest(3, 5).proportion_ci(method="exact")
    assert (found[0.9].low, found[0.9].high) == pytest.approx((exact.low, exact.high))
    assert found[0.9].expected == pytest.approx(beta.ppf([0.025, 0.975], 9, 1))
    assert found[0.8].covered == 1 and found[0.8].radius == 0  # eight of nine are exact


def test_groups_without_a_share_are_left_out_and_counted():
    rows = groups([0.2, np.nan], [0.2, np.nan])
    one = conformal.calibrate(rows, {0: "a"}).tables[0]
    assert len(one.scores) == 1 and one.left_out == 1
    assert all(coverage.groups == 0 for coverage in one.coverage)
    none = conformal.calibrate(rows[1:], {0: "a"}).tables[0]
    assert none.scores == () and none.slices is None
    assert Calibration(tables=(none,), torn=0).interval({0: 0.3}, 0.8)[:2] == (0, 1)


@pytest.mark.parametrize("count", [9, 30])
def test_new_groups_of_the_same_population_are_covered_as_promised(count):
    """Errors that grow with the share, two seeds, 2,000 calibrations: the mean coverage lies at 90 % or just above."""
    random = np.random.default_rng(0)

    def draw(number):
        truth = random.beta(0.5, 3, number)
        noise = random.normal(0, 0.08, (2, number)) + random.normal(0, 0.05, number)
        found = np.sin(np.clip(conformal.transform(truth) + noise, 0, np.pi / 2)) ** 2
        return truth, found

    covered = []
    for _ in range(2000):
        truth, found = draw(count + 1)
        values = conformal.transform(found)
        scores = np.maximum(
            values.min(axis=0) - conformal.transform(truth), conformal.transform(truth) - values.max(axis=0)
        )
        one = Calibration(tables=(table(tuple(np.sort(scores[:-1]).tolist()), (0, 1)),), torn=0)
        low, high = one.interval({0: found[0, -1], 1: found[1, -1]}, 0.9)[:2]
        covered.append(low <= truth[-1] <= high)
    promised = conformal.rank(count, 0.9) / (count + 1)
    assert np.mean(covered) == pytest.approx(promised, abs=0.02) and promised >= 0.9


def test_a_calibration_is_json_and_back():
    rows = pd.concat([groups([0.2] * 9, [0.25] * 9), groups([0.2], [0.2], part="test")])
    found = conformal.calibrate(rows, {0: "a"}, torn=1)
    assert Calibration.model_validate_json(found.model_dump_json()) == found
    assert "1 of 1 test groups covered" in conformal.report(found)


def test_scores_in_disorder_are_refused():
    with pytest.raises(ValidationError, match="must rise"):
        table((0.2, 0.1))
