import json

import numpy as np
import pytest

from ssinfnet.errors import InputError
from ssinfnet.scans import measures
from ssinfnet.severity.regions import REGIONS, VOLUME_REGIONS

SHAPE = (14, 20, 40)
LUNG_SLICES = slice(2, 11)  # nine of the slices: neck above, belly below


@pytest.fixture
def scan():
    """A right lung of 10 x 10 and a left one of 8 x 10 pixels on nine slices, free of infection."""
    lungs = np.zeros(SHAPE, np.uint8)
    lungs[LUNG_SLICES, 4:14, 5:15] = 1
    lungs[LUNG_SLICES, 4:12, 24:34] = 2
    return lungs, np.zeros(SHAPE, bool), np.zeros(SHAPE, np.uint8)


def measure(scan, **options):
    return measures.measure(*scan, **{"spacing": (2.0, 0.5, 1.0), "least": 0.01, **options})


def test_volumes_and_shares_by_hand(scan):
    _, infection, classes = scan
    infection[2:5, 4:9, 5:15] = True  # the right anterior region of the first third, as a whole
    infection[2, 0, 0] = True  # outside of the lungs
    classes[2, 4:9, 5:15] = 1
    classes[3, 4:6, 5:15] = 2
    found = measure(scan)
    assert found.lungs.lung == 9 * 180 and found.lungs.ml("lung") == pytest.approx(9 * 180 / 1000)
    assert found.lungs.infected == 150 and found.lungs.share("infected") == pytest.approx(150 / 1620)
    assert found.sides["right"].share("infected") == pytest.approx(150 / 900)
    assert found.sides["left"].share("infected") == 0 and found.sides["left"].ml("lung") == pytest.approx(0.72)
    assert found.lungs.ml("ggo") == pytest.approx(0.05) and found.lungs.ml("consolidation") == pytest.approx(0.02)
    region = found.regions["right_anterior_first"]
    assert (region.lung, region.infected, region.ggo, region.consolidation) == (150, 150, 50, 20)
    assert found.grades == {name: 2 if name == "right_anterior_first" else 0 for name in VOLUME_REGIONS}
    assert (found.region_score, found.graded, found.ct_ss) == (2, 12, 2)


def test_thirds_run_over_the_lungs_and_not_over_the_scan(scan):
    found = measure(scan)
    assert {part.lung for name, part in found.regions.items() if name.startswith("right")} == {150}


def test_a_scan_upside_down_swaps_first_and_last_third(scan):
    scan[1][2:5] = scan[0][2:5] > 0
    upright, turned = measure(scan), measure([array[::-1] for array in scan])
    for region in REGIONS:
        assert upright.regions[f"{region}_first"] == turned.regions[f"{region}_last"]


@pytest.mark.parametrize("slices", [1, 2])
def test_fewer_than_three_slices_have_four_regions(scan, slices):
    found = measure([array[2 : 2 + slices] for array in scan])
    assert list(found.regions) == list(REGIONS) and found.graded == 4
    assert found.lungs.lung == 180 * slices


def test_no_lung_gives_no_number_but_zero_volume(scan):
    found = measure([0 * scan[0], *scan[1:]])
    assert found.lungs.ml("lung") == 0 and found.lungs.share("infected") is None
    assert (found.region_score, found.ct_ss, found.lobe_score) == (None, None, None)
    json.dumps(found.as_dict(), allow_nan=False)


def test_pictures_have_shares_and_no_volumes(scan):
    scan[1][:] = scan[0] == 1
    found = measure(scan, spacing=None)
    assert found.lungs.ml("lung") is None and found.lungs.as_dict()["infected_ml"] is None
    assert found.lungs.share("infected") == pytest.approx(900 / 1620)


def test_without_a_class_map_infection_is_measured(scan):
    scan[1][:] = scan[0] == 2
    found, with_classes = measures.measure(scan[0], scan[1], None, spacing=(1, 1, 1), least=0.01), measure(scan)
    assert found.lungs.share("ggo") is None and found.lungs.ml("consolidation") is None
    assert found.region_score == with_classes.region_score
    assert found.lungs.share("infected") == with_classes.lungs.share("infected")


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, 1), (0.0499, 1), (0.05, 2), (0.25, 3), (0.4999, 3), (0.5, 4), (0.75, 5), (1, 5), (float("nan"), None)],
)
def test_ct_ss(share, expected):
    assert measures.ct_ss(share) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        *[(0, 0), (0.009, 0), (0.01, 1), (0.0499, 1), (0.05, 2), (0.25, 2), (0.2501, 3), (0.26, 3), (0.49, 3)],
        *[(0.4999, 3), (0.5, 4), (0.75, 4), (0.7501, 5), (1, 5), (float("nan"), None)],
    ],
)
def test_lobe_grades(share, expected):
    """Published are below 5 %, 5 to 25, 26 to 49, 50 to 75 and above 75 %; a gap is of the grade between its bounds."""
    assert measures.grade_lobe(share, 0.01) == expected


def test_lobes(scan):
    lungs, infection, _ = scan
    lobes = np.zeros(SHAPE, np.uint8)
    lobes[:6][lungs[:6] == 1] = 3
    lobes[6:8][lungs[6:8] == 1] = 4
    lobes[8:][lungs[8:] == 1] = 5
    lobes[:7][lungs[:7] == 2] = 1
    lobes[7:][lungs[7:] == 2] = 2
    infection[lobes == 5] = True
    infection[lobes == 1] = np.arange((lobes == 1).sum()) % 10 == 0
    found = measure(scan, lobes=lobes)
    assert found.lobe_grades == {
        "left_upper_lobe": 2,
        "left_lower_lobe": 0,
        "right_upper_lobe": 0,
        "right_middle_lobe": 0,
        "right_lower_lobe": 5,
    }
    assert found.lobe_score == 7 and found.as_dict()["lobe_score"] == {"value": 7, "highest": 25}
    assert found.lobes["left_upper_lobe"].share("infected") == pytest.approx(0.1)
    lobes[lobes == 4] = 0  # as after a lobectomy
    found = measure(scan, lobes=lobes)
    assert found.lobe_grades["right_middle_lobe"] is None and found.as_dict()["lobe_score"]["highest"] == 20


def test_lobes_of_another_scan_or_code_are_refused(scan):
    with pytest.raises(InputError, match="same scan"):
        measure(scan, lobes=np.zeros((3, 3, 3), np.uint8))
    with pytest.raises(InputError, match="codes beyond 0 to 5, as 9"):
        measure(scan, lobes=np.full(SHAPE, 9, np.uint8))


def test_parts_add_up(scan):
    random = np.random.default_rng(0)
    scan[1][:], scan[2][:] = random.random(SHAPE) < 0.3, random.integers(0, 3, SHAPE)
    found = measure(scan)
    for parts in (found.sides, found.regions):
        for what in ("lung", "infected", "ggo", "consolidation"):
            assert sum(getattr(part, what) for part in parts.values()) == getattr(found.lungs, what)
    assert dict(found.parts())["lungs"] is found.lungs and len(dict(found.parts())) == 1 + 2 + 12
