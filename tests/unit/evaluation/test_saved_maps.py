"""What a folder of saved maps holds: told by the pictures, or refused."""

import itertools
import json

import numpy as np
import pytest
from PIL import Image
from stored_pictures import ALL, COLOURS_CUT_OFF, LOSSY, UNCLEAR, WAYS, WIDE

import evaluate_maps
from ssinfnet.errors import InputError
from ssinfnet.evaluation import map_folders

CODES = np.zeros((16, 24), np.uint8)
CODES[2:9, 3:7], CODES[8, 3:20], CODES[12:14, 5:15] = 1, 2, 3
OTHER = np.where(CODES == 1, 0, CODES)
INFECTED = np.where(CODES > 0, 255, 0).astype(np.uint8)
SOFT = np.where(CODES > 0, 140, 0).astype(np.uint8) + np.arange(24, dtype=np.uint8)
COLOURS = np.array([(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)], np.uint8)


def voc(codes):
    image = Image.frombytes("P", codes.shape[::-1], codes.tobytes())
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0])
    return image


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "maps").mkdir()
    (tmp_path / "masks").mkdir()
    return tmp_path


def save(folder, *maps, masks=None):
    for number, values in enumerate(maps):
        image = values if isinstance(values, Image.Image) else Image.fromarray(values)
        image.save(folder / f"maps/{number}.png")
        Image.fromarray(INFECTED if masks is None else masks[number]).save(folder / f"masks/{number}.png")


def dice(folder, *arguments, protocol="paper"):
    files = [f"--maps={folder}/maps", f"--masks={folder}/masks", f"--out={folder}/scores.json"]
    evaluate_maps.main([*files, f"--protocol={protocol}", *arguments])
    return json.loads((folder / "scores.json").read_text())["metrics"]["dice"]["mean"]


def test_maps_of_0_and_1(folder, capsys):
    save(folder, INFECTED // 255, INFECTED * 0, INFECTED // 255, masks=[INFECTED, INFECTED * 0, INFECTED])
    assert dice(folder) == 1
    assert capsys.readouterr().err == f"{folder}/maps: no map has a value above 1: they are taken as masks of 0 and 1\n"
    assert dice(folder, "--maps-are=zero-one") == 1
    assert capsys.readouterr().err == ""
    assert dice(folder, "--maps-are=levels") < 1  # whoever says so gets it
    assert dice(folder, protocol="infnet") > 0.6


@pytest.mark.parametrize("way", WAYS | WIDE | LOSSY)
def test_maps_are_read_however_they_are_stored(folder, way):
    ALL[way](INFECTED, folder / "maps")
    Image.fromarray(INFECTED).save(folder / "masks/a.png")
    assert dice(folder) == pytest.approx(1, abs=0.15 if way in LOSSY else 0)


@pytest.mark.parametrize("way", COLOURS_CUT_OFF | UNCLEAR)
def test_or_refused_with_a_remedy_for_maps(folder, way):
    ALL[way](INFECTED, folder / "maps")
    Image.fromarray(INFECTED).save(folder / "masks/a.png")
    with pytest.raises(InputError, match=r"maps/a\.\w+: .*(save each map as a grey picture|without an alpha)") as error:
        dice(folder)
    assert "lungs" not in str(error.value)


@pytest.mark.parametrize("bits", [1, 16])
def test_levels_of_1_and_16_bits_are_fractions_of_white(folder, bits):
    values = SOFT.astype(np.uint16) * 257 + np.arange(24, dtype=np.uint16)
    save(folder, INFECTED > 0 if bits == 1 else values)
    assert dice(folder) == 1
    case = next(map_folders.read_cases(map_folders.pair(folder / "maps", folder / "masks"), "levels"))
    np.testing.assert_array_equal(case.grey, INFECTED if bits == 1 else values)
    assert case.white == (255 if bits == 1 else 65535)
    assert dice(folder, protocol="infnet") > 0.6
    # Of another size.
    large = np.kron(INFECTED > 0 if bits == 1 else values, np.ones((3, 3), np.uint16))
    save(folder, large.astype(bool) if bits == 1 else large)
    assert dice(folder) > 0.9


def test_a_faint_map_of_16_bits_resized_stays_in_range():
    values = np.zeros((8, 8), np.uint16)
    values[:, 4:] = 65535
    resized = map_folders.resize(values, (5, 5))
    assert resized.dtype == np.uint16 and resized.min() == 0 and resized.max() == 65535


@pytest.mark.parametrize("index", [1, 2, 3])
@pytest.mark.parametrize("kind", ["grey", "colours", "PASCAL VOC"])
def test_class_maps(folder, capsys, kind, index):
    make = {"grey": lambda codes: codes, "colours": lambda codes: COLOURS[codes], "PASCAL VOC": voc}[kind]
    save(folder, make(CODES), make(OTHER), make(CODES * 0), masks=[CODES, OTHER, CODES * 0])
    assert dice(folder, f"--class-index={index}") == 1
    assert f"class maps of class {index}" in (told := capsys.readouterr().err) or f"class {index} of each" in told
    assert dice(folder, f"--class-index={index}", "--maps-are=classes") == 1
    with pytest.raises(InputError, match=r"maps/\d\.png: .*\(--class-index\)"):
        dice(folder)


def test_a_map_of_one_class_that_is_0_and_1(folder):
    only = (CODES == 1).astype(np.uint8)
    save(folder, only, only, masks=[CODES, CODES])
    assert dice(folder, "--class-index=1") == 1
    with pytest.raises(InputError, match=r"masks of class 2 or class maps that never find it; say --maps-are"):
        dice(folder, "--class-index=2")
    assert dice(folder, "--class-index=2", "--maps-are=classes") == 0
    assert dice(folder, "--class-index=2", "--maps-are=zero-one") == 0  # they are of class 1


MIXED = {
    "0 and 1 among 0 and 255": ([INFECTED // 255, INFECTED], (), "no value above 1, but those of 1.png reach 255"),
    "codes among 0 and 255": ([INFECTED, CODES], (), "no value above 3, but those of 0.png reach 255"),
    "codes": ([CODES], (), "as if they held class codes; pick a class"),
    "grey among colours": ([COLOURS[CODES], SOFT], ("--class-index=1",), "1.png: a grey map, where others"),
    "three shades": ([INFECTED, INFECTED // 2], (), "only the values 0, 127, 255, as class maps"),
    "four shades": ([CODES * 85], ("--class-index=1",), "only the values 0, 85, 170, 255, as class maps"),
    "percent": ([INFECTED // 255 * 100], (), "no map has a value above 100, where 255 is sure"),
    "0 and 127": ([INFECTED // 2], (), "no map has a value above 127, where 255 is sure"),
    "8 bits in 16": ([INFECTED.astype(np.uint16)], (), "no map has a value above 255, where 65535 is sure"),
    "12 bits in 16": ([SOFT.astype(np.uint16) * 16], (), "where 65535 is sure infection; scale the maps"),
}


@pytest.mark.parametrize("case", MIXED)
def test_what_could_mean_several_things_is_refused(folder, case):
    maps, arguments, message = MIXED[case]
    save(folder, *maps, masks=[CODES] * 2 if arguments else None)
    with pytest.raises(InputError, match=message):
        dice(folder, *arguments)
    if "colours" not in case:
        assert dice(folder, *arguments, "--maps-are=levels") <= 1


def test_the_scale_does_not_matter_where_maps_are_stretched(folder):
    for maps in itertools.permutations([INFECTED // 255, INFECTED // 255 * 100, INFECTED]):
        save(folder, *maps)
        assert dice(folder, protocol="infnet") == pytest.approx(dice(folder, "--maps-are=levels", protocol="infnet"))


def test_black_maps_are_said(folder, capsys):
    save(folder, INFECTED * 0)
    assert dice(folder) == 0
    assert "every map is black" in capsys.readouterr().err


def test_zero_one_that_is_not(folder):
    save(folder, INFECTED)
    with pytest.raises(InputError, match="values up to 255, where 0 and 1 are expected"):
        dice(folder, "--maps-are=zero-one")


def test_distances_in_pixels_and_in_mm(folder, capsys):
    truth, shifted = np.zeros((2, 30, 40), np.uint8)
    truth[5:15, 5:15] = shifted[5:15, 9:19] = 255
    save(folder, shifted, truth * 0, masks=[truth, truth])
    scores = {}
    for words in ([], ["--spacing", "0.5"], ["--spacing", "3", "0.5"]):
        dice(folder, *words)
        result = json.loads((folder / "scores.json").read_text())
        scores[" ".join(words)] = result["metrics"]["hd95"]["mean"]
        assert result["metrics"]["hd95"]["undefined"] == result["metrics"]["assd"]["undefined"] == 1
        assert result["per_image"][1]["hd95"] is None
        assert f"assd are in {'mm' if words else 'pixels'}" in capsys.readouterr().out
    assert scores == {"": 4, "--spacing 0.5": 2, "--spacing 3 0.5": 2}
    assert result["spacing"] == [3, 0.5]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--protocol=infnet", "--spacing", "1"], "infnet measures no distance"),
        (["--protocol=paper", "--spacing", "1", "2", "3"], "takes one number, or two"),
        (["--protocol=paper", "--spacing", "0"], "invalid length value: '0'"),
        (["--protocol=paper", "--spacing", "nan"], "invalid length value: 'nan'"),
        (["--protocol=paper", "--maps-are=classes"], "needs --class-index"),
    ],
)
def test_options_that_do_not_fit(folder, capsys, words, message):
    with pytest.raises(SystemExit):
        evaluate_maps.main([f"--maps={folder}", f"--masks={folder}", f"--out={folder}/o.json", *words])
    assert message in capsys.readouterr().err
