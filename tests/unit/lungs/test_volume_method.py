import time
from pathlib import Path

import numpy as np
import pytest
from chest_scan import SPACING, Chest
from PIL import Image

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.lungs.slice_methods import closed
from ssinfnet.lungs.volume_method import find_lungs
from ssinfnet.lungs.volume_verdict import judge_volume, measure_volume
from ssinfnet.sources.phantom.anatomy import FIELD_OF_VIEW_MM
from ssinfnet.sources.phantom.generate import subject

REAL = Path(__file__).parents[4] / "shared" / "data" / "ct-jpg-volume"


def dice(found, truth):
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def both(found, truth):
    """The worse Dice of the two lungs."""
    return min(dice(found == code, truth == code) for code in (1, 2))


@pytest.fixture(scope="module")
def chest():
    return Chest()


def test_both_lungs_are_found_without_the_airways(chest):
    lungs = find_lungs(chest.values, SPACING)
    assert lungs.dtype == np.uint8 and lungs.shape == chest.lungs.shape and set(np.unique(lungs)) == {0, 1, 2}
    assert both(lungs, chest.lungs) > 0.98
    assert (lungs[chest.airways] > 0).mean() < 0.05


def test_the_same_scan_gives_the_same_lungs_and_is_not_changed(chest):
    values = chest.values
    before = values.copy()
    assert np.array_equal(find_lungs(values, SPACING), find_lungs(values, SPACING)) and np.array_equal(values, before)


def test_the_mirrored_scan_has_mirrored_lungs(chest):
    lungs = find_lungs(chest.values, SPACING)
    mirrored = find_lungs(chest.values[..., ::-1], SPACING)[..., ::-1]
    assert both(3 - mirrored * (mirrored > 0), np.where(lungs, lungs, 3)) > 0.98


def test_the_phantom_with_lesions_at_the_pleura():
    patient = subject(np.random.default_rng(2), 192, 0.15)
    slices = [patient.render(z) for z in np.linspace(0.05, 1, 40)]
    values, truth, mask = (np.stack([getattr(one, name) for one in slices]) for name in ("hounsfield", "lungs", "mask"))
    lungs = find_lungs(values.astype(np.int16), (6.0, FIELD_OF_VIEW_MM / 192, FIELD_OF_VIEW_MM / 192))
    sides = truth * np.where(np.arange(192) < 96, 1, 2).astype(np.uint8)
    assert both(lungs, sides) > 0.97
    dense = (mask == 2) & (truth > 0)
    assert dense.sum() > 1000 and (lungs[dense] > 0).mean() > 0.75


@pytest.mark.parametrize("place", [(0, 10, -128), (0, 68, -85), (40, 60, 90)])
def test_dense_lesion_at_the_pleura_is_lung(place):
    chest = Chest()
    lesion = chest.ball(place, (35, 22, 22)) & (chest.lungs > 0)
    chest.tissue[lesion] = 40
    lungs = find_lungs(chest.values, SPACING)
    assert lesion.sum() > 500 and (lungs[lesion] > 0).mean() > 0.7
    assert both(lungs, chest.lungs) > 0.97


def test_a_lesion_within_the_lung_is_lung_and_the_dome_of_the_diaphragm_is_not():
    chest = Chest()
    lesion, dome = chest.ball((-20, 0, -78), (30, 25, 25)), chest.ball((120, 0, -78), (70, 50, 38))
    chest.tissue[lesion | dome] = 40
    lungs = find_lungs(chest.values, SPACING)
    assert (lungs[lesion] == 1).mean() > 0.98
    assert (lungs[dome] > 0).mean() < 0.05


@pytest.mark.parametrize("thickness", [4, 12])
def test_lungs_that_touch_are_parted(thickness):
    chest = Chest()
    bridge = (abs(chest.y + 45) < thickness / 2) & (abs(chest.x) < 60) & (abs(chest.z) < 60) & (chest.lungs == 0)
    chest.tissue[bridge] = -850
    lungs = find_lungs(chest.values, SPACING)
    assert both(lungs, chest.lungs) > 0.95
    away = (chest.lungs > 0) & (abs(chest.x) > 35)
    assert np.array_equal(lungs[away] == 1, (lungs[away] > 0) & (chest.lungs[away] == 1))


def test_gas_below_the_diaphragm_is_no_lung_even_behind_a_thin_wall():
    chest = Chest()
    stomach = chest.ball((120, -20, 70), (40, 40, 40)) & ~chest.ball((5, 0, 78), (121, 84, 62))
    chest.tissue[stomach] = -1000
    lungs = find_lungs(chest.values, SPACING)
    assert (lungs[stomach] > 0).mean() < 0.1
    assert both(lungs, chest.lungs) > 0.97


def test_the_airway_that_is_open_to_the_room_lets_no_air_in():
    chest = Chest()
    mouth = (chest.z < -140) & (abs(chest.x) < 8) & (chest.y < 0)
    chest.tissue[mouth] = -1000
    assert both(find_lungs(chest.values, SPACING), chest.lungs) > 0.98


@pytest.mark.parametrize("pad", [-2000, -1024])
def test_a_round_field_of_view_that_cuts_through_the_body(pad):
    chest = Chest()
    values = chest.values
    outside = np.broadcast_to(np.hypot(chest.x, chest.y) > 145, values.shape)
    values[outside] = pad
    assert both(find_lungs(values, SPACING), chest.lungs) > 0.97


def test_a_scan_cut_to_the_lungs_has_no_air_around():
    chest = Chest()
    box = slice(3, 57), slice(36, 92), slice(13, 115)
    assert both(find_lungs(chest.values[box], SPACING), chest.lungs[box]) > 0.95


def test_lungs_cut_off_by_the_scan_are_found_as_far_as_they_go():
    chest = Chest()
    for box in (np.s_[20:40], np.s_[30:31], np.s_[:, :, 30:], np.s_[:, :, :100]):
        lungs = find_lungs(chest.values[box], SPACING)
        assert both(lungs, chest.lungs[box]) > 0.95


@pytest.mark.parametrize("side", [1, 2])
def test_one_lung(side):
    chest = Chest()
    chest.tissue[chest.lungs == side] = 40
    lungs = find_lungs(chest.values, SPACING)
    assert not (lungs == side).any() and dice(lungs == 3 - side, chest.lungs == 3 - side) > 0.98


@pytest.mark.parametrize("spacing", [(10.0, 2.75, 2.75), (2.5, 1.375, 1.375), (5.0, 1.375, 2.75)])
def test_other_grids(chest, spacing):
    def regrid(array):
        for axis, (new, old) in enumerate(zip(spacing, SPACING, strict=True)):
            array = (
                np.repeat(array, 2, axis)
                if new < old
                else array.take(range(0, array.shape[axis], int(new / old)), axis)
            )
        return array

    assert both(find_lungs(regrid(chest.values), spacing), regrid(chest.lungs)) > 0.96


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 5), (12, 40, 40)])
@pytest.mark.parametrize("value", [-1000, -850, 0, 40])
def test_a_scan_of_one_value_has_no_lungs(shape, value):
    lungs = find_lungs(np.full(shape, value, np.int16), (1.0, 1.0, 1.0))
    assert lungs.shape == shape and not lungs.any()


def test_what_is_no_chest_has_no_lungs():
    chest = Chest()
    chest.tissue[chest.lungs > 0] = 40
    chest.tissue[chest.ball((60, -30, 40), (25, 25, 60))] = -1000  # bowel
    assert not find_lungs(chest.values, SPACING).any()
    noise = np.random.default_rng(0).integers(-1024, 2000, (20, 60, 60)).astype(np.int16)
    assert find_lungs(noise, (5.0, 3.0, 3.0)).shape == noise.shape


@pytest.mark.parametrize(
    ("shape", "spacing"), [((4, 4), (1.0, 1.0, 1.0)), ((0, 4, 4), (1.0, 1.0, 1.0)), ((4, 4, 4), (1.0, 0.0, 1.0))]
)
def test_what_is_no_volume_is_an_error(shape, spacing):
    with pytest.raises(ValueError, match="not a volume"):
        find_lungs(np.zeros(shape, np.int16), spacing)


def test_a_large_scan_takes_seconds(chest):
    """A quarter of a usual scan, 75 slices of 512 x 512; the limit is ten times what an idle core needs."""
    values = np.repeat(np.repeat(np.repeat(chest.values[10:35], 3, axis=0), 4, axis=1), 4, axis=2)
    started = time.process_time()
    assert find_lungs(values, (SPACING[0] / 3, SPACING[1] / 4, SPACING[2] / 4)).any()
    assert time.process_time() - started < 8


@pytest.mark.skipif(not REAL.is_dir(), reason="the real CT volume is not here")
def test_a_real_scan_has_the_lungs_of_its_slices_and_not_the_stomach():
    pictures = np.stack([np.asarray(Image.open(path).convert("L")) for path in sorted(REAL.glob("*.jpg"))])
    # Grey 56 is air and 210 soft tissue; the corners are black. Slices of this scan are about 7 mm apart.
    values = np.where(pictures < 5, -2000, (pictures - 56.0) / 154 * 1045 - 1000).astype(np.int16)
    lungs = find_lungs(values, (7.0, 0.75, 0.75))
    for position in range(4, 40, 6):
        assert dice(lungs[position] > 0, closed(pictures[position]) > 0) > 0.95
    measures = measure_volume(values, lungs, (7.0, 0.75, 0.75))
    assert measures["components"] == 2 and measures["balance"] > 0.6
    assert judge_volume(measures, Cleaning()).verdict == "kept"
    assert not lungs[45, 150:185, 240:320].any()  # gas in the stomach
