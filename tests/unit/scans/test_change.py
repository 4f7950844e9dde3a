import json

import numpy as np
import pytest
import scan_results

from ssinfnet.errors import InputError
from ssinfnet.scans import change, measures
from ssinfnet.scans.result import Method


def scan(infected_slices, width=0.05, **options):
    lungs, _, classes = scan_results.arrays()
    infection = (lungs > 0) & (np.arange(len(lungs)) < 2 + infected_slices)[:, None, None]
    found = measures.measure(lungs, infection, classes, spacing=scan_results.SPACING, least=0.01)
    share = found.lungs.share("infected")
    interval = {"share_interval": (share - width, share + width), "measures": found}
    return scan_results.scored(**{**interval, **options}).as_dict()


@pytest.mark.parametrize(
    ("earlier", "later", "width", "claim"),
    [(2, 4, 0.1, "more"), (4, 2, 0.1, "less"), (2, 4, 0.12, "no claim"), (3, 3, 0.0, "no claim")],
)
def test_a_change_is_claimed_outside_of_its_interval_alone(earlier, later, width, claim):
    """Two slices of nine are a share of 0.222: more than twice 0.1, less than twice 0.12."""
    found = change.compare(scan(earlier, width), scan(later, width))
    head = found.headline()
    assert head.claim == claim and head.change == pytest.approx((later - earlier) / 9)
    assert (head.low, head.high) == (pytest.approx(head.change - 2 * width), pytest.approx(head.change + 2 * width))
    volume = next(one for one in found.changes if (one.part, one.quantity) == ("lungs", "infected_ml"))
    assert volume.claim == claim and volume.change == pytest.approx(head.change * volume.earlier / (earlier / 9))
    assert found.coverage == pytest.approx(0.8)
    json.dumps(found.as_dict(), allow_nan=False)


def test_nothing_is_claimed_of_what_has_no_interval():
    found = change.compare(scan(1), scan(8))
    others = [one for one in found.changes if not (one.part == "lungs" and one.quantity.startswith("infected"))]
    assert len(others) == 19 and {one.claim for one in others} == {"no claim"} and {one.low for one in others} == {None}
    without = change.compare(scan(1, share_interval=None, coverage=None), scan(8))
    assert {one.claim for one in without.changes} == {"no claim"} and without.coverage is None
    assert any("no interval" in note for note in without.notes)


def test_a_breath_is_noticed():
    later = scan(2)
    later["measures"]["lungs"]["lung_ml"] *= 1.2
    assert any("breathed in" in note for note in change.compare(scan(2), later).notes)
    assert change.compare(scan(2), scan(2)).notes == ()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="another bundle"):
        change.compare(scan(1, method=Method("other", "cd" * 32, (0,))), scan(1))
    with pytest.raises(InputError, match="scan_2: has no score"):
        change.compare(scan_results.refused().as_dict(), scan(1))


def test_pictures_are_compared_by_shares():
    lungs, infection, classes = scan_results.arrays()
    found = measures.measure(lungs, infection, classes, spacing=None, least=0.01)
    one = scan_results.scored(measures=found, spacing=None).as_dict()
    result = change.compare(one, one)
    assert result.headline().change == 0 and any("no size" in note for note in result.notes)
