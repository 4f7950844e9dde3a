"""For every way in which a mask can be stored, what is read is that mask, or the file is refused."""

import itertools

import numpy as np
import pytest
from PIL import Image
from stored_pictures import ALL, LOSSY, UNCLEAR, WAYS, WIDE, plain, turned, wide, wide_min_is_white

from ssinfnet.errors import InputError
from ssinfnet.files.masks import read_classes, read_infection

MASK = np.zeros((16, 24), bool)
MASK[2:9, 3:7] = MASK[8, 3:20] = True
"""An L: every turn of it differs, and so does its negative."""
CODES = MASK.astype(np.uint8)
CODES[8], CODES[12:14, 5:15] = CODES[8] * 2, 3
COLOURS = {0: (0, 0, 0), 1: (255, 0, 0), 2: (0, 255, 0), 3: (0, 0, 255)}


def two(black, white):
    """A palette picture with these indices for both."""

    def convert(shown):
        image = Image.frombytes("P", shown.shape[::-1], np.where(shown, white, black).astype(np.uint8).tobytes())
        colours = [(90, 90, 90)] * 256
        colours[black], colours[white] = (0, 0, 0), (255, 255, 255)
        image.putpalette([value for colour in colours for value in colour])
        return image

    return convert


def one_bit(shown):
    return Image.fromarray(shown > 0)


OF_MASKS = {
    "0 and 1": plain("a.png", lambda shown: Image.fromarray(shown // 255)),
    "0 and 1 of 16 bits": plain("a.png", lambda shown: Image.fromarray(wide(1, 1)(shown // 255))),
    "0 and 255 of 16 bits": plain("a.png", lambda shown: Image.fromarray(wide(1, 1)(shown))),
    "one bit, PNG": plain("a.png", one_bit),
    "one bit, BMP": plain("a.bmp", one_bit),
    "one bit, TIFF": plain("a.tif", one_bit),
    "one bit, fax": plain("a.tif", one_bit, compression="group4"),
    "one bit, 0 is white": plain("a.tif", one_bit, tiffinfo={262: 0}),
    "one bit, fax, 0 is white": plain("a.tif", one_bit, tiffinfo={262: 0}, compression="group4"),
    "palette of one bit": plain("a.png", two(0, 1), bits=1),
    "palette of one bit, white first": plain("a.png", two(1, 0), bits=1),
    "palette, far apart": plain("a.png", two(200, 7)),
    "red on black": plain("a.png", lambda shown: Image.fromarray(np.dstack([shown, shown * 0, shown * 0]))),
}


@pytest.mark.parametrize("way", WAYS | WIDE | OF_MASKS)
def test_a_mask_is_read(tmp_path, way):
    found = read_infection((ALL | OF_MASKS)[way](MASK * np.uint8(255), tmp_path))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, MASK)


def agrees_or_is_refused(read, path, expected):
    try:
        found = read(path)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        return
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("way", ALL)
def test_the_area_is_right_or_the_file_is_refused(tmp_path, way):
    """Also for masks that fill the picture, or are empty."""
    for mask in (MASK, np.zeros_like(MASK), np.ones_like(MASK)):
        path = ALL[way](mask * np.uint8(255), tmp_path)
        agrees_or_is_refused(read_infection, path, mask)
        agrees_or_is_refused(read_classes, path, mask)


@pytest.mark.parametrize("way", LOSSY | UNCLEAR)
def test_refused(tmp_path, way):
    for values in (MASK * np.uint8(255), MASK * np.uint8(1)):
        path = ALL[way](values, tmp_path)
        for read in (read_infection, read_classes):
            with pytest.raises(InputError, match=r"a JPEG, which|transparent in places|pixels of kind"):
                read(path)


@pytest.mark.parametrize("levels", [(0, 127), (0, 254), (0, 127, 255), (0, 85, 170, 255), (0, 1, 255), (1, 2)])
def test_other_levels_are_no_mask(tmp_path, levels):
    values = np.array(levels, np.uint8)[CODES % len(levels)]
    Image.fromarray(values).save(tmp_path / "a.png")
    Image.fromarray(values).quantize(4).save(tmp_path / "p.png")
    for name in ("a.png", "p.png"):
        with pytest.raises(InputError, match=rf"{name}: values {levels[0]}, {levels[1]}.* are expected; save it as"):
            read_infection(tmp_path / name)


@pytest.mark.parametrize(
    "colours",
    [[(0, 0, 0), (0, 255, 0)], [(0, 0, 0), (0, 0, 99)], [(255, 255, 255), (255, 0, 0)], list(COLOURS.values())],
    ids=["green", "blue", "red on white", "classes"],
)
def test_colours_are_no_mask(tmp_path, colours):
    Image.fromarray(np.array(colours, np.uint8)[CODES % len(colours)]).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png: a picture with colours, where black and white are expected"):
        read_infection(tmp_path / "a.png")


def of_palette(codes, colours, indices):
    """A palette picture in which code k has index indices[k] and colour colours[k]."""
    image = Image.frombytes("P", codes.shape[::-1], np.array(indices, np.uint8)[codes].tobytes())
    table = [0] * 768
    for colour, index in zip(colours, indices, strict=True):
        table[3 * index : 3 * index + 3] = colour
    image.putpalette(table)
    return image


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("indices", [*itertools.permutations(range(4)), (9, 200, 3, 77)])
def test_colours_decide_not_indices(tmp_path, suffix, indices):
    of_palette(CODES, COLOURS.values(), indices).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_classes(tmp_path / f"a.{suffix}"), CODES)


GREYS = dict(enumerate([(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)]))
VOC = dict(enumerate([(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)]))
OF_CODES = {
    "grey": Image.fromarray(CODES),
    "grey of 16 bits": Image.fromarray(CODES.astype(np.uint16)),
    "grey as RGB": Image.fromarray(np.dstack([CODES] * 3)),
    "grey with opaque alpha": Image.merge("LA", [Image.fromarray(values) for values in (CODES, CODES * 0 + 255)]),
    "ramp": of_palette(CODES, GREYS.values(), range(4)),
    "shuffled ramp": of_palette(CODES, GREYS.values(), (2, 0, 3, 1)),
    "colours": Image.fromarray(np.array(list(COLOURS.values()), np.uint8)[CODES]),
    "opaque colours": Image.fromarray(np.array(list(COLOURS.values()), np.uint8)[CODES]).convert("RGBA"),
    "colours of 0 and 1": Image.fromarray((np.array(list(COLOURS.values()), np.uint8) // 255)[CODES]),
    "quantised": Image.fromarray(np.array(list(COLOURS.values()), np.uint8)[CODES]).quantize(4),
    "PASCAL VOC": of_palette(CODES, VOC.values(), range(4)),
}


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("way", OF_CODES)
def test_class_masks_are_read(tmp_path, way, suffix):
    try:
        OF_CODES[way].save(tmp_path / f"a.{suffix}")
    except OSError:
        pytest.skip("Pillow writes no such file")
    np.testing.assert_array_equal(read_classes(tmp_path / f"a.{suffix}"), CODES)


def test_turned_class_masks(tmp_path):
    for name, tag in itertools.product(("a.png", "a.tif"), range(1, 9)):
        np.testing.assert_array_equal(read_classes(turned(name, tag)(CODES, tmp_path)), CODES)
    one = plain("b.png", one_bit)(MASK * np.uint8(255), tmp_path)
    np.testing.assert_array_equal(read_classes(one), MASK)
    np.testing.assert_array_equal(read_classes(wide_min_is_white(CODES * 0, tmp_path)), CODES * 0)


UNKNOWN = {
    "yellow and cyan": of_palette(CODES, [(0, 0, 0), (255, 255, 0), (0, 255, 255), (255, 0, 255)], range(4)),
    "red on white": of_palette(CODES, [(255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)], range(4)),
    "nearly red": of_palette(CODES, [(0, 0, 0), (10, 250, 10), (250, 10, 10), (10, 10, 250)], range(4)),
    "two reds": of_palette(CODES, [(0, 0, 0), (255, 0, 0), (128, 0, 0), (0, 0, 255)], range(4)),
    "all black": of_palette(CODES, [(0, 0, 0)] * 4, range(4)),
    "greys far apart": Image.fromarray(CODES * 85),
    "palette of greys far apart": of_palette(CODES, [(v, v, v) for v in (0, 85, 170, 255)], (3, 2, 1, 0)),
    "PASCAL VOC, another class": of_palette(CODES, [*list(VOC.values())[:3], (0, 0, 128)], (0, 1, 2, 4)),
    "faded edges": Image.fromarray(np.array([(0, 0, 0), (255, 0, 0), (20, 0, 0), (0, 255, 0)], np.uint8)[CODES]),
}


@pytest.mark.parametrize("way", UNKNOWN)
def test_classes_of_other_colours_are_refused(tmp_path, way):
    image = UNKNOWN[way]
    if "VOC" in way:
        table = image.getpalette()
        table[9:12] = VOC[3]
        image.putpalette(table)
    image.save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png: (a pixel is not pure|several shades|label codes 0).*paint 1 red"):
        read_classes(tmp_path / "a.png")


def test_an_index_without_colour_is_refused(tmp_path):
    image = Image.frombytes("P", CODES.shape[::-1], (MASK * np.uint8(1)).tobytes())
    image.putpalette([0, 0, 0])
    image.save(tmp_path / "a.tif")
    image.save(tmp_path / "a.png")
    for read, name in itertools.product((read_infection, read_classes), ("a.tif", "a.png")):
        with pytest.raises(InputError, match=rf"{name}: (index 1 is not|its palette shows several|several shades)"):
            read(tmp_path / name)
