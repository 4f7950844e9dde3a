"""Slices of another window brought to that of the training part, on made-up slices and on real ones."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from ssinfnet.slices.window_matching import Peaks, find_peaks, find_window, match

REAL = Path(__file__).parents[4] / "shared" / "data" / "covid-semiseg"


def chest(lung, tissue, seed=0, size=96):
    """Tissue with two lungs, black corners and some white bone."""
    random = np.random.default_rng(seed)
    image = random.normal(tissue, 4, (size, size))
    for left in (12, 52):
        image[20:76, left : left + 32] = random.normal(lung, 4, (56, 32))
    image[:6, :6], image[80:86, 44:52] = 0, 255
    return np.clip(image.round(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("lung", "tissue"), [(15, 100), (45, 215), (80, 246)])
def test_peaks_are_found_whatever_the_window(lung, tissue):
    assert find_peaks(chest(lung, tissue)) == pytest.approx((lung, tissue), abs=2)


@pytest.mark.parametrize("image", [np.zeros((8, 8), np.uint8), np.full((8, 8), 77, np.uint8)], ids=["black", "grey"])
def test_a_slice_without_two_peaks_stays_as_it_is(image):
    assert find_peaks(image) is None
    assert match(image, find_window([chest(45, 215)])) is image
    assert find_window([image]) is None


def test_lung_goes_to_lung_and_tissue_to_tissue():
    window = find_window([chest(43, 205), chest(45, 215, 1), chest(47, 225, 2)])
    assert window.peaks == pytest.approx((45, 215), abs=2)
    image = chest(15, 100)
    matched = match(image, window)
    assert find_peaks(matched) == pytest.approx((45, 215), abs=3)
    order = np.argsort(image.ravel(), kind="stable")
    assert (np.diff(matched.ravel()[order].astype(int)) >= 0).all()  # darker stays darker
    assert np.array_equal(match(image, window), matched)


def test_a_slice_in_the_window_stays_as_it_is_though_disease_moves_its_lung():
    window = find_window([chest(43, 205), chest(47, 225, 1)])
    ill = chest(110, 212)
    assert match(ill, window) is ill
    assert window.holds(Peaks(110, 220)) and not window.holds(Peaks(15, 100))


@pytest.mark.skipif(not REAL.exists(), reason="needs the real slices of COVID-SemiSeg")
def test_the_real_slices_of_the_other_window_and_no_others_are_moved():
    def read(paths):
        small = (cv2.resize(cv2.imread(str(path), 0), (160, 160), interpolation=cv2.INTER_AREA) for path in paths)
        return list(small)

    window = find_window(read(sorted((REAL / "labelled/images").iterdir())[:30]))
    assert window.peaks == pytest.approx((45, 215), abs=10)
    wide = read(sorted((REAL / "unlabelled").glob("*coronacases*"))[::40])
    peaks = np.array([find_peaks(image) for image in wide])
    assert peaks[:, 1].max() < 120
    assert len(wide) > 20
    for image in wide:
        assert find_peaks(match(image, window)) == pytest.approx(window.peaks, abs=8)
    lung_window = read(sorted((REAL / "unlabelled").glob("*radiopaedia*"))[::40])
    assert all(match(image, window) is image for image in lung_window)
