"""The masks of both methods are those of plain steps on whole pictures."""

from pathlib import Path

import cv2
import numpy as np
import plain_lungs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ssinfnet.config.phantom import Phantom
from ssinfnet.lungs import body, greys, sides, slice_methods
from ssinfnet.lungs.cut_pictures import surround
from ssinfnet.sources.phantom import generate

DATA = Path(__file__).parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real slices are not beside the repository")


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """Phantom slices of 128, 160 and 512 pixels, by size."""
    slices = {}
    for size in (128, 160, 512):
        folder = tmp_path_factory.mktemp(f"phantom{size}")
        generate._ictcf(folder, Phantom(size=size, patients=6, slices_per_patient=1))
        slices[size] = [read(path) for path in sorted(folder.rglob("*.jpg"))]
    return slices


def read(path):
    return np.ascontiguousarray(np.asarray(Image.open(path).convert("L")))


def assert_published(image):
    """Equal to the bit with the exact mean of the block, and as good as equal with OpenCV's of lower precision."""
    found, block = slice_methods.ictcf(image), slice_methods.BLOCK
    bright = (image > plain_lungs.block_mean(image, block) + 96).astype(np.uint8)
    assert np.array_equal(found, plain_lungs.published(image, bright))
    opencv = plain_lungs.published(image, plain_lungs.adaptive_threshold(image, block))
    assert 2 * (found & opencv).sum() >= 0.995 * (found.sum() + opencv.sum())


def assert_closed(image):
    (height, width), (whole, rim) = image.shape, surround(image)
    plain = plain_lungs.closed(whole)[rim : rim + height, rim : rim + width]
    assert np.array_equal(slice_methods.closed(image), plain)


def test_the_published_procedure_on_a_phantom(phantoms):
    for image in phantoms[512][::3]:
        assert_published(image)
        assert_published(np.rot90(image).copy())


@pytest.mark.parametrize("size", [128, 160])
def test_closed_on_a_phantom(phantoms, size):
    for image in phantoms[size]:
        assert_closed(image)
        lungs = cv2.boundingRect(slice_methods.closed(image))
        if all(lungs):
            x, y, width, height = lungs
            assert_closed(image[y : y + height, x : x + width].copy())


def test_closed_on_lungs_that_touch(phantoms, monkeypatch):
    cuts, cut = [], sides._cut
    monkeypatch.setattr(sides, "_cut", lambda *arguments: cuts.append(arguments) or cut(*arguments))
    for image in phantoms[128]:
        touching = image.copy()
        touching[50:56, 40:90] = np.median(image[slice_methods.closed(image) > 0])
        assert_closed(touching)
    assert cuts


@needs_data
def test_the_published_procedure_on_real_slices():
    for path in sorted((DATA / "ct-jpg-volume").glob("*.jpg"))[::7]:
        assert_published(read(path))


@needs_data
def test_closed_on_real_slices():
    for path in sorted((DATA / "ct-jpg-volume").glob("*.jpg"))[::10]:
        assert_closed(read(path))
    for path in sorted((DATA / "covid-semiseg/labelled/images").glob("*.jpg"))[::25]:
        assert_closed(read(path).T.copy())


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.tuples(st.integers(2, 40), st.integers(2, 40)), st.sampled_from([1, 2, 255]))
def test_the_mean_of_a_block_is_that_of_its_pixels(seed, shape, step):
    image = (np.random.default_rng(seed).integers(0, 256, shape) // step * step).astype(np.uint8)
    block = 2 * max(shape) + 101  # odd, so that no mean lies between two numbers
    exact = plain_lungs.block_mean(image, block)
    assert np.array_equal(np.broadcast_to(slice_methods._block_mean(image, block), shape), exact)


@given(st.lists(st.integers(0, 255), max_size=40))
def test_the_median_of_a_histogram_is_that_of_its_pixels(values):
    counts = np.bincount(np.array(values, int), minlength=256)
    assert greys.median(counts) == (np.median(values) if values else 0)


@pytest.mark.parametrize("largest", [0, 1, 2, 4, 100])
def test_holes_of_at_most_a_size_are_filled(largest):
    mask = np.ones((9, 12), np.uint8)
    mask[2, 2] = mask[5, 3:5] = mask[2:4, 8:10] = mask[6, 10:] = 0  # holes of 1, 2 and 4 pixels, and a bay
    expected = mask.copy()
    for size, place in ((1, (2, 2)), (2, (5, slice(3, 5))), (4, (slice(2, 4), slice(8, 10)))):
        expected[place] = size <= largest
    assert np.array_equal(body.fill_holes(mask, largest), expected)
