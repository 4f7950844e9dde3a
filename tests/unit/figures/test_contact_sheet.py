import numpy as np
import pytest
from PIL import Image

from ssinfnet.figures import contact_sheet
from ssinfnet.slices import sampling


def test_spread_takes_first_and_last_and_even_steps_between():
    assert sampling.spread(range(5), 9) == [0, 1, 2, 3, 4]
    shown = sampling.spread(range(6613), contact_sheet.MOST)
    assert len(shown) == len(set(shown)) == 120 and shown[0] == 0 and shown[-1] == 6612
    assert set(np.diff(shown)) <= {55, 56}


@pytest.mark.parametrize(
    ("shown", "total", "expected"),
    [(120, 6613, "Kept: 120 of 6,613"), (41, 41, "Kept: all of 41"), (0, 0, "Kept: no slices")],
)
def test_title(shown, total, expected):
    assert contact_sheet.title("Kept", shown, total) == expected


def read(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def slice_with_lungs(edge=64):
    lungs = np.zeros((edge, edge), np.uint8)
    lungs[edge // 4 : edge // 2, edge // 4 : edge // 2] = 1
    return np.full((edge, edge), 90, np.uint8), lungs


def test_the_outline_is_drawn_in_colour_around_the_lungs_and_not_inside(tmp_path):
    edge = contact_sheet.EDGE
    image, lungs = slice_with_lungs(edge)
    contact_sheet.save(tmp_path / "sheet.png", "one", [(image, lungs, ("p1", ""))])
    tile = read(tmp_path / "sheet.png")[contact_sheet.TITLE :, contact_sheet.GAP :][:edge, :edge]
    coloured = (tile == contact_sheet.OUTLINE).all(axis=2)
    rows, columns = np.nonzero(coloured)
    assert (rows.min(), rows.max()) == (columns.min(), columns.max()) == (edge // 4, edge // 2 - 1)
    assert (tile[~coloured] == 90).all() and coloured.sum() == 4 * (edge // 4 - 1)


def test_a_grid_grows_in_rows(tmp_path):
    for count in (1, 12, 13, 120):
        contact_sheet.save(tmp_path / f"{count}.png", "many", [(*slice_with_lungs(), ("id", "why"))] * count)
    shapes = {count: read(tmp_path / f"{count}.png").shape for count in (1, 12, 13, 120)}
    assert shapes[12][1] == shapes[13][1] == shapes[120][1] > shapes[1][1]
    assert shapes[12][0] == shapes[1][0] < shapes[13][0] < shapes[120][0]


def test_captions_stay_within_their_tile(tmp_path):
    long = ("p0001_" + 60 * "W", 60 * "M")
    image, lungs = slice_with_lungs()
    contact_sheet.save(tmp_path / "a.png", "two", [(image, lungs, long), (image, lungs, ("", ""))])
    sheet = read(tmp_path / "a.png")
    caption = slice(contact_sheet.TITLE + contact_sheet.EDGE, contact_sheet.TITLE + contact_sheet.EDGE + 32)
    beside = contact_sheet.GAP + contact_sheet.EDGE + 1
    assert (sheet[caption, : beside - 1] < 128).any() and (sheet[caption, beside:] == 255).all()


def test_without_slices_the_picture_says_so(tmp_path):
    contact_sheet.save(tmp_path / "empty.png", "Slices kept: no slices", [])
    contact_sheet.save(tmp_path / "other.png", "", [])
    assert (read(tmp_path / "empty.png") < 128).sum() > 100 > (read(tmp_path / "other.png") < 128).sum()


def test_slices_of_any_shape_fit(tmp_path):
    image = np.full((30, 400), 90, np.uint8)
    contact_sheet.save(tmp_path / "wide.png", "wide", [(image, np.ones_like(image), ("p", ""))])
    assert read(tmp_path / "wide.png").shape[0] < 300
