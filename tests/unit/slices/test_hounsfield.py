"""Chest CTs in Hounsfield units pass, others are refused, and missing voxels outside of the body become air."""

import numpy as np
import pytest

from ssinfnet.errors import InputError
from ssinfnet.slices.hounsfield import AIR, require_hounsfield
from ssinfnet.slices.window import to_grey
from ssinfnet.sources.phantom.generate import subject

SIZE = 96


@pytest.fixture(scope="module")
def chest():
    """Six slices of a sick subject in HU, int16."""
    one = subject(np.random.default_rng(1), SIZE, 0.4)
    return np.stack([np.rint(one.render(z).hounsfield) for z in np.linspace(0.15, 0.9, 6)]).astype(np.int16)


def scaled_picture(values):
    """Set 1's pseudo-HU: of an 8-bit picture."""
    return (to_grey(values, (-1500, 500)) / 255 * 2000 - 1500).astype(np.float32)


SOUND = {
    "as scanned": lambda values: values,
    "float": lambda values: values.astype(np.float32),
    "of a picture": scaled_picture,
    "clipped below": lambda values: np.maximum(values, -1000),
    "clipped to the lung window": lambda values: np.clip(values, -1250, 250),
    "padded with -3024": lambda values: np.where(values == -1500, -3024, values).astype(np.int16),
    "one slice": lambda values: values[3:4],
    "air shifted by noise": lambda values: values + 30,
}
UNSOUND = {
    "stored from 0": lambda values: np.maximum(values + 1024, 0),
    "stored from 0, padded": lambda values: np.where(values == -1500, -1000, values + 1500).astype(np.int16),
    "stored from 0, unsigned": lambda values: np.maximum(values + 1024, 0).astype(np.uint16),
    "wrapped around": lambda values: values.astype(np.uint16),
    "windowed": lambda values: to_grey(values, (-1250, 250)),
    "windowed, as 0 to 1": lambda values: to_grey(values, (-1250, 250)).astype(np.float32) / 255,
    "standardised": lambda values: ((values - values.mean()) / values.std()).astype(np.float32),
    "in thousands": lambda values: values / np.float32(1000),
    "intercept added twice": lambda values: values - 1024,
    "soft tissue window": lambda values: np.clip(values, -160, 240),
    "inverted": lambda values: -values,
    "constant": lambda values: np.full_like(values, -1000),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_hounsfield_units_pass_as_they_are(chest, change, capsys):
    values = change(chest)
    assert require_hounsfield(values, "ct") is values
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("change", UNSOUND.values(), ids=UNSOUND)
def test_other_values_are_refused_with_the_remedy(chest, change):
    with pytest.raises(InputError, match=r"ct: values from .* no Hounsfield units; convert the CT again") as error:
        require_hounsfield(change(chest), "ct")
    assert "\n" not in str(error.value)


def outside_of_a_circle(values):
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    values[:, x**2 + y**2 > (SIZE / 2) ** 2] = np.nan


def outside_of_a_small_circle(values):
    """One that cuts the body."""
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    values[:, x**2 + y**2 > (SIZE / 3) ** 2] = np.nan


def frame(values):
    values[:, :3] = values[:, -3:] = values[..., :2] = values[..., -5:] = np.nan


def tilted(values):
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    values[:, np.abs(0.8 * x + 0.6 * y) + np.abs(0.6 * x - 0.8 * y) > 0.62 * SIZE] = np.nan


def ends(values):
    values[[0, 1, -1]] = np.nan


PADDING = [outside_of_a_circle, outside_of_a_small_circle, frame, tilted, ends]


@pytest.mark.parametrize("pad", PADDING)
def test_nan_outside_of_the_body_becomes_air_and_is_said(chest, pad, capsys):
    values = chest.astype(np.float32)
    pad(values)
    missing = np.isnan(values)
    found = require_hounsfield(values, "ct")
    assert (found[missing] == AIR).all() and found.dtype == np.float32
    np.testing.assert_array_equal(found[~missing], values[~missing])
    assert f"ct: {missing.sum():,} voxels outside of the body are NaN" in capsys.readouterr().err


def voxel(values):
    values[2, SIZE // 2, SIZE // 3] = np.nan


def lung(values):
    values[1, 40:50, 25:35] = np.nan


def band(values):
    values[:, 45:50] = np.nan


def half(values):
    values[3, :, 46:] = np.nan
    values[3, :, 90:] = 40


def slice_between(values):
    values[3] = np.nan


@pytest.mark.parametrize("damage", [voxel, lung, band, half, slice_between])
def test_nan_inside_the_body_is_refused(chest, damage):
    values = chest.astype(np.float32)
    damage(values)
    with pytest.raises(InputError, match=r"ct: holds NaN inside the body.*convert the scan again"):
        require_hounsfield(values, "ct")


def test_a_label_says_what_is_inside_the_body(chest):
    """Half of the picture is missing: a narrow field of view, unless something there is labelled."""
    values, codes = chest.astype(np.float32), np.zeros(chest.shape, np.uint8)
    values[:, :, 46:] = np.nan
    require_hounsfield(values, "ct", [codes])
    codes[2, 50, 60] = 1
    with pytest.raises(InputError, match="NaN inside the body"):
        require_hounsfield(values, "ct", [codes])


def test_nothing_but_nan(chest):
    with pytest.raises(InputError, match="nothing but NaN"):
        require_hounsfield(np.full(chest.shape, np.nan, np.float32), "ct")
