import numpy as np
import pytest
from chest_scan import SPACING, Chest

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.lungs.volume_verdict import VOLUME_MEASURES, judge_volume, measure_volume


@pytest.fixture(scope="module")
def chest():
    return Chest()


def judge(values, lungs):
    measures = measure_volume(values, lungs, SPACING)
    assert tuple(measures) == VOLUME_MEASURES
    return measures, judge_volume(measures, Cleaning())


def test_whole_lungs_are_kept_and_measured(chest):
    measures, verdict = judge(chest.values, chest.lungs)
    assert (verdict.verdict, verdict.reason, verdict.findings) == ("kept", "", ())
    exact = 4 / 3 * np.pi * 120 * 80 * 58 / 1000
    assert measures["right_ml"] == pytest.approx(exact, rel=0.02)
    assert measures["components"] == 2 and measures["balance"] == pytest.approx(
        115 * 78 * 56 / (120 * 80 * 58), rel=0.02
    )
    assert measures["top"] == measures["bottom"] == measures["border"] == 0


def test_no_lungs_are_refused_in_the_words_of_the_slices(chest):
    measures, verdict = judge(chest.values, chest.lungs * 0)
    assert set(measures.values()) == {0}
    assert (verdict.verdict, verdict.reason) == ("rejected", "no lungs found")
    assert [(finding.code, finding.level) for finding in verdict.findings] == [("no_lungs", "refused")]


def test_lungs_that_no_one_has_are_refused(chest):
    measures = measure_volume(chest.values, chest.lungs, (15.0, 5.5, 2.75))
    verdict = judge_volume(measures, Cleaning())
    assert verdict.reason == "volume above 12,000 ml" and verdict.findings[0].code == "lungs_too_large"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda lungs: lungs * (lungs == 2), "one_lung", "only the left one was found (right 0 ml"),
        (
            lambda lungs: lungs * ((lungs == 2) | (np.arange(60) < 22)[:, None, None]),
            "lungs_uneven",
            "balance below 0.4",
        ),
        (
            lambda lungs: lungs * (np.arange(60) % 12 > 1)[:, None, None],
            "lungs_in_pieces",
            "more than 4 components (10)",
        ),
    ],
)
def test_what_a_reader_has_to_know_is_noted(chest, change, code, words):
    _, verdict = judge(chest.values, change(chest.lungs).astype(np.uint8))
    assert verdict.verdict == "kept"
    assert [finding.code for finding in verdict.findings if words in finding.text] == [code]


@pytest.mark.parametrize(
    ("box", "code", "words"),
    [
        (np.s_[25:], "lungs_largely_cut_off", "cuts off much of the lungs at the top (9"),
        (np.s_[14:], "lungs_cut_off", "cuts off some of the lungs at the top (5"),
        (np.s_[:45], "lungs_cut_off", "at the bottom ("),
        (np.s_[20:40], "lungs_largely_cut_off", " and at the bottom ("),
        (np.s_[:, :, :95], "lungs_cut_off", "at the side (border contact above 0.02: 0."),
    ],
)
def test_lungs_that_the_scan_cuts_off_are_noted_with_the_place(chest, box, code, words):
    _, verdict = judge(chest.values[box], chest.lungs[box])
    texts = [finding.text for finding in verdict.findings if finding.code == code]
    assert len(texts) == 1 and words in texts[0]


@pytest.mark.parametrize(("radius", "code"), [(130, "lungs_cut_off"), (115, "lungs_largely_cut_off")])
def test_a_round_field_of_view_cuts_off_lungs_too(chest, radius, code):
    values, lungs = chest.values, chest.lungs.copy()
    outside = np.broadcast_to(np.hypot(chest.x, chest.y) > radius, values.shape)
    values[outside], lungs[outside] = -2000, 0
    measures, verdict = judge(values, lungs)
    assert measures["border"] > 0.1 and verdict.findings[0].code == code
