import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssinfnet.severity import regions as severity_regions
from ssinfnet.severity.regions import REGIONS, VOLUME_REGIONS

RIGHT_ANTERIOR, RIGHT_POSTERIOR, LEFT_ANTERIOR, LEFT_POSTERIOR = range(4)


@pytest.fixture
def chest():
    """A body of 60 x 80 pixels with a right lung of rows 10 to 39 and a left one of rows 20 to 49."""
    image = np.zeros((80, 100), np.uint8)
    image[10:70, 10:90] = 200
    lungs = np.zeros_like(image)
    lungs[20:50, 20:40] = 1
    lungs[30:60, 60:80] = 1
    image[lungs > 0] = 60
    return image, lungs


def test_the_right_lung_is_on_the_left_of_the_picture_and_each_is_cut_at_half_its_height(chest):
    regions = severity_regions.divide(*chest)
    assert (regions > 0).sum() == chest[1].sum()
    for name, rows, columns in (
        ("right_anterior", (20, 35), (20, 40)),
        ("right_posterior", (35, 50), (20, 40)),
        ("left_anterior", (30, 45), (60, 80)),
        ("left_posterior", (45, 60), (60, 80)),
    ):
        assert (regions[slice(*rows), slice(*columns)] == 1 + REGIONS.index(name)).all(), name


def test_a_lung_that_reaches_over_the_middle_stays_one_lung(chest):
    image, lungs = chest
    lungs[30:36, 46:60] = 1  # the tip of the left lung, before the heart
    regions = severity_regions.divide(image, lungs)
    assert (regions[30:36, 46:60] == 1 + LEFT_ANTERIOR).all()


def test_one_lung_only_leaves_two_regions_without_lung(chest):
    image, lungs = chest
    lungs[:, 60:] = 0
    counts = severity_regions.count_pixels(severity_regions.divide(image, lungs), [np.zeros(lungs.shape, bool)])
    assert counts[:, 0].tolist() == [300, 300, 0, 0]
    row = severity_regions.describe(counts, 0.01, ["infected"])
    assert row["ct_regions"] == 2 and row["ct_score"] == 0
    named = severity_regions.describe_regions(counts, REGIONS, 0.01, ["infected"])
    assert np.isnan(named["left_anterior_score"]) and np.isnan(named["left_anterior_infected"])
    assert named["left_anterior_lung"] == 0 and named["right_anterior_score"] == 0


def test_a_slice_without_lungs_has_no_score(chest):
    image, lungs = chest
    counts = severity_regions.count_pixels(severity_regions.divide(image, 0 * lungs), [lungs > 0])
    row = severity_regions.describe(counts, 0.01, ["infected"])
    assert row["ct_regions"] == 0 and np.isnan([row["ct_score"], row["ct_share"], row["infected"]]).all()


def test_score_by_hand(chest):
    """Right: 150 of 300 pixels in front (just half: 1), 151 behind (more: 2); left: 2 of 300 (free) and 3 (1 %: 1)."""
    image, lungs = chest
    regions = severity_regions.divide(image, lungs)
    infected = np.zeros(lungs.shape, bool)
    for region, pixels in zip(range(4), (150, 151, 2, 3), strict=True):
        infected.ravel()[np.flatnonzero(regions == region + 1)[:pixels]] = True
    infected[0, 0] = True  # outside of the lungs
    ggo = infected & (regions == 1)
    counts = severity_regions.count_pixels(regions, [infected, ggo, infected & ~ggo])
    assert counts.tolist() == [[300, 150, 150, 0], [300, 151, 0, 151], [300, 2, 0, 2], [300, 3, 0, 3]]
    row = severity_regions.describe(counts, 0.01)
    assert (row["ct_score"], row["ct_regions"], row["ct_share"]) == (4, 4, 0.5)
    assert row["infected"] == pytest.approx(306 / 1200) and row["ggo"] == pytest.approx(150 / 1200)
    assert severity_regions.describe(counts, 0.0)["ct_score"] == 5  # without tolerance two pixels count
    named = severity_regions.describe_regions(counts, REGIONS, 0.01)
    assert [named[f"{name}_score"] for name in REGIONS] == [1, 2, 0, 1]
    assert named["right_posterior_consolidation"] == pytest.approx(151 / 300)


@pytest.mark.parametrize(
    ("infected", "least", "score"),
    [(0, 0, 0), (0, 0.01, 0), (0.005, 0.01, 0), (0.01, 0.01, 1), (1e-9, 0, 1), (0.5, 0, 1), (0.501, 0, 2), (1, 0.5, 2)],
)  # fmt: skip
def test_grades(infected, least, score):
    assert severity_regions.grade(np.array([infected], float), least).tolist() == [score]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, []), (1, [0]), (2, [0, 0]), (3, [0, 1, 2]), (4, [0, 1, 1, 2]), (5, [0, 0, 1, 2, 2]), (6, [0, 0, 1, 1, 2, 2])],
)
def test_thirds_of_few_slices(count, expected):
    assert severity_regions.thirds(count) == expected


@given(st.integers(3, 400))
def test_thirds_are_ordered_symmetric_and_even(count):
    found = severity_regions.thirds(count)
    assert found == sorted(found) and found == [2 - third for third in reversed(found)]
    sizes = np.bincount(found, minlength=3)
    assert sizes.max() - sizes.min() <= 1


def test_thirds_follow_the_order_within_each_patient():
    groups = pd.Series(["a", "b", "a", "c", "a", "b"])
    assert severity_regions.third_of_each(groups) == [0, -1, 1, -1, 2, -1]


COUNTS = st.lists(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=4, max_size=4), min_size=3)


@settings(max_examples=80, deadline=None)
@given(COUNTS, st.floats(0, 0.5))
def test_identities_of_the_score(pixels, least):
    """Between 0 and twice the regions; more infection never lowers it; pooling loses no pixel."""
    counts = np.array([[(max(pair), min(pair)) for pair in one] for one in pixels])
    third_of = severity_regions.thirds(len(counts))
    pooled = severity_regions.pool(counts, third_of)
    assert pooled.shape == (len(VOLUME_REGIONS), 2)
    np.testing.assert_array_equal(pooled.sum(axis=0), counts.sum(axis=(0, 1)))
    row = severity_regions.describe(pooled, least, ["infected"])
    assert row["ct_regions"] == (pooled[:, 0] > 0).sum()
    if row["ct_regions"]:
        assert 0 <= row["ct_score"] <= 2 * row["ct_regions"] and 0 <= row["ct_share"] <= 1
        sick = pooled.copy()
        sick[:, 1] = np.minimum(sick[:, 0], sick[:, 1] + 3)
        assert severity_regions.describe(sick, least, ["infected"])["ct_score"] >= row["ct_score"]
        np.testing.assert_allclose(row["infected"], counts[..., 1].sum() / counts[..., 0].sum())


@settings(max_examples=80, deadline=None)
@given(COUNTS)
def test_region_shares_weighted_by_area_are_the_share_of_the_lungs(pixels):
    counts = np.array([[(max(pair), min(pair)) for pair in one] for one in pixels]).sum(axis=0)
    row = severity_regions.describe_regions(counts, REGIONS, 0.01, ["infected"])
    infected = sum(row[f"{name}_lung"] * row[f"{name}_infected"] for name in REGIONS if row[f"{name}_lung"])
    assert infected == pytest.approx(counts[:, 1].sum())
