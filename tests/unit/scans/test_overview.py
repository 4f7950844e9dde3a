import numpy as np
import pytest
import scan_results
from PIL import Image

from ssinfnet.figures.style import save
from ssinfnet.scans import overview


def draw(arrays, **options):
    values = np.random.default_rng(0).integers(-1000, 200, arrays[0].shape, dtype=np.int16)
    return overview.draw(
        values, *arrays, **{"spacing": scan_results.SPACING, "window": (-1250, 250), "title": "scan_1", **options}
    )


def titles(figure):
    return [text for axis in figure.get_axes() if (text := axis.get_title())]


def test_slices_of_the_lungs_are_shown_from_apex_to_base_and_a_projection():
    figure = draw(scan_results.arrays())
    assert titles(figure)[:-1] == [f"slice {number} of 12" for number in range(3, 12)]
    assert "Coronal" in titles(figure)[-1]


def test_the_scale_bar_is_five_centimetres_long():
    figure = draw(scan_results.arrays())
    lengths = {float(np.ptp(line.get_xdata())) for axis in figure.get_axes() for line in axis.lines}
    assert lengths == {50 / 2.0}
    assert not [line for axis in draw(scan_results.arrays(), spacing=None).get_axes() for line in axis.lines]


def test_the_projection_has_the_share_of_the_depth():
    """Behind, five of ten rows of the right lung are infected; the left lung is free."""
    figure = draw(scan_results.arrays())
    axis = next(axis for axis in figure.get_axes() if "Coronal" in axis.get_title())
    shown = axis.images[1].get_array()
    assert (shown[0, :, 3] > 0).sum() == 5
    np.testing.assert_allclose(shown[0][shown[0, :, 3] > 0][0, :3], overview._DEPTH(0.5)[:3])


@pytest.mark.parametrize("change", ["no lungs", "no classes", "one slice"])
def test_what_is_missing_is_not_drawn(tmp_path, change):
    lungs, infection, classes = scan_results.arrays()
    if change == "no lungs":
        lungs[:] = 0
    arrays = [lungs, infection, None if change == "no classes" else classes]
    if change == "one slice":
        arrays = [array[5:6] for array in arrays]
    for name in ("one", "other"):
        save(draw(arrays), tmp_path / f"{name}.png")
    assert Image.open(tmp_path / "one.png").size[0] > 900
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_grey_levels_are_shown_as_they_are():
    lungs, infection, classes = scan_results.arrays()
    values = np.full(lungs.shape, 77, np.uint8)
    figure = overview.draw(values, lungs, infection, classes, spacing=None, window=None, title="pictures")
    assert set(np.unique(figure.get_axes()[0].images[0].get_array())) == {77}


def test_few_slices_fill_the_width_and_pictures_are_no_thin_strip():
    few = draw([array[4:6] for array in scan_results.arrays()])
    assert len(few.get_axes()) == 2
    lungs, infection, classes = scan_results.arrays()
    figure = draw([lungs, infection, classes], spacing=None)
    axis = next(axis for axis in figure.get_axes() if "Coronal" in axis.get_title())
    assert "not to scale" in axis.get_title()
    slices, columns = axis.images[0].get_array().shape
    assert axis.get_aspect() * slices / columns == pytest.approx(0.8)
