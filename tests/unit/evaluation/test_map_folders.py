import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

import evaluate_maps
from ssinfnet.errors import InputError
from ssinfnet.evaluation import infnet_protocol, map_folders, metrics, structure

REAL = Path(__file__).parents[4] / "shared" / "data" / "covid-semiseg" / "labelled"
SHAPE = (4, 6)
QUARTER = np.zeros(SHAPE, dtype=np.uint8)
QUARTER[:2, :3] = 255
NOTHING, EVERYTHING = np.zeros(SHAPE, np.uint8), np.full(SHAPE, 255, np.uint8)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "maps").mkdir()
    (tmp_path / "masks").mkdir()
    return tmp_path


def save(folder, name, grey, mask, suffix=".png"):
    for kind, values, ending in (("maps", grey, suffix), ("masks", mask, ".png")):
        picture = values if isinstance(values, Image.Image) else Image.fromarray(np.asarray(values, dtype=np.uint8))
        picture.save(folder / kind / f"{name}{ending}")


def run(folder, *arguments, protocol="infnet"):
    files = [f"--maps={folder}/maps", f"--masks={folder}/masks", f"--out={folder}/scores.json"]
    evaluate_maps.main([*files, f"--csv={folder}/scores.csv", f"--protocol={protocol}", *arguments])
    return json.loads((folder / "scores.json").read_text())


def means(result):
    return {name: value["mean"] for name, value in result["metrics"].items()}


def test_stretched_levels_meet_the_thresholds_as_fractions_do():
    """(v - low) / (high - low) >= k / 255 in floats just where 255 (v - low) >= k (high - low) in integers."""
    thresholds = np.arange(256)[:, None]
    for high in range(1, 256):
        stretched = infnet_protocol.stretch(np.arange(high + 1, dtype=np.uint8)[None])
        tp = metrics.confusion_by_threshold(np.ones(stretched.shape, dtype=bool), stretched).tp
        exact = 255 * np.arange(high + 1) >= thresholds * high
        np.testing.assert_array_equal(tp, exact.sum(axis=1))
        np.testing.assert_array_equal(exact, stretched >= metrics.THRESHOLDS[:, None])


@settings(deadline=None, max_examples=30)  # 256 thresholds an example, which a busy machine feels
@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=6)).flatmap(
        lambda grey: arrays(bool, grey.shape).map(lambda truth: (truth, grey))
    )
)
def test_curves_are_those_of_a_plain_loop(pair):
    truth, grey = pair
    probability = infnet_protocol.stretch(grey)
    curves = infnet_protocol.curves(truth, probability)
    for index, threshold in enumerate(np.arange(256) / 255):
        mask = probability >= threshold
        hit, background = (mask & truth).sum(), (~truth).sum()
        expected = (0, 0, 0)
        if hit:
            specificity = (~mask & ~truth).sum() / background if background else np.nan
            expected = (2 * hit / (mask.sum() + truth.sum()), hit / truth.sum(), specificity)
        elif not background:
            expected = (0, 0, np.nan)
        found = [curves[name][index] for name in ("dice", "sensitivity", "specificity")]
        np.testing.assert_allclose(found, expected)


# At threshold 0 everything is above it, so 1 of the 256 thresholds always calls the whole slice infected.
@pytest.mark.parametrize(
    ("grey", "mask", "expected"),
    [
        pytest.param(
            *(NOTHING, NOTHING),
            {"dice": 0, "sensitivity": 0, "specificity": 0, "e_measure": 255 / 256, "s_measure": 1, "mae": 0},
            id="empty truth, empty map: no true positive, so 0",
        ),
        pytest.param(
            *(QUARTER, NOTHING),
            {"dice": 0, "sensitivity": 0, "specificity": 0, "e_measure": 0.75 * 255 / 256, "s_measure": 0.75}
            | {"mae": 0.25},
            id="empty truth, false alarm",
        ),
        pytest.param(
            *(NOTHING, QUARTER),
            {"dice": 0.4 / 256, "sensitivity": 1 / 256, "specificity": 0, "e_measure": 0.25, "mae": 0.25},
            id="lesion missed",
        ),
        pytest.param(
            *(QUARTER, QUARTER),
            {"dice": 255.4 / 256, "sensitivity": 1, "specificity": 255 / 256, "e_measure": 255.25 / 256}
            | {"s_measure": 1, "mae": 0},
            id="perfect map",
        ),
        pytest.param(
            *(QUARTER // 5 + 100, QUARTER),
            {"dice": 255.4 / 256, "sensitivity": 1, "specificity": 255 / 256, "s_measure": 1, "mae": 0},
            id="perfect when stretched",
        ),
        pytest.param(
            *(np.full(SHAPE, 128), QUARTER),
            {"dice": 0.4 * 129 / 256, "sensitivity": 129 / 256, "specificity": 0, "e_measure": 0.25}
            | {"mae": (127 + 3 * 128) / 4 / 255},
            id="constant map: not stretched",
        ),
        pytest.param(
            *(EVERYTHING, QUARTER),
            {"dice": 0.4, "sensitivity": 1, "specificity": 0, "e_measure": 0.25, "mae": 0.75},
            id="everything is infected",
        ),
    ],
)
def test_infnet_by_hand(folder, capsys, grey, mask, expected):
    save(folder, "a", grey, mask)
    result = run(folder)
    found = means(result)
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert set(found) == {"dice", "sensitivity", "specificity", "e_measure", "s_measure", "mae"}
    row = {name: result["per_image"][0][name] for name in expected}
    assert row == pytest.approx(expected)
    assert f"dice          {found['dice']:.4f}" in capsys.readouterr().out


def test_infnet_takes_the_mean_over_images_and_thresholds(folder):
    save(folder, "2", QUARTER, QUARTER)
    save(folder, "10", NOTHING, QUARTER)
    result = run(folder)
    assert [row["id"] for row in result["per_image"]] == ["2", "10"]
    assert result["metrics"]["dice"]["mean"] == pytest.approx((255.4 + 0.4) / 2 / 256)
    assert result["curves"]["dice"] == pytest.approx([0.4, *[0.5] * 255])
    assert result["curves"]["sensitivity"] == pytest.approx([1, *[0.5] * 255])
    table = pd.read_csv(folder / "scores.csv", dtype={"id": str})
    assert list(table["dice"]) == pytest.approx([row["dice"] for row in result["per_image"]])
    assert list(table["id"]) == ["2", "10"]


def test_truth_without_background_has_no_specificity(folder, capsys):
    save(folder, "a", QUARTER, EVERYTHING)
    save(folder, "b", QUARTER, QUARTER)
    specificity = run(folder)["metrics"]["specificity"]
    assert (specificity["n"], specificity["undefined"]) == (1, 1)
    assert specificity["mean"] == pytest.approx(255 / 256)
    assert "1 undefined, left out" in capsys.readouterr().out


def test_map_of_another_size_is_resized_to_its_mask(folder, capsys):
    mask = np.zeros((20, 32), dtype=np.uint8)
    mask[4:12, 8:24] = 255
    large = np.kron(mask, np.ones((2, 2), dtype=np.uint8))
    save(folder, "a", large, mask)
    save(folder, "b", mask, mask)
    result = run(folder)
    resized, same = result["per_image"]
    assert (resized["resized"], same["resized"], result["resized"]) == (True, False, 1)
    assert "1 maps had another size" in capsys.readouterr().out
    # Half of the pixels beside the border are met by the wider kernel; the inside is what it was.
    assert 0.95 < resized["dice"] < same["dice"]
    assert run(folder, protocol="paper")["per_image"][0]["dice"] == 1
    by_hand = map_folders.resize(large, mask.shape)
    expected = structure.s_measure(mask > 0, infnet_protocol.stretch(by_hand))
    assert resized["s_measure"] == pytest.approx(expected)


def test_paper_by_hand(folder):
    noisy = QUARTER.copy()
    noisy[0, 0], noisy[3, 5], noisy[3, 4] = 127, 128, 51
    save(folder, "a", noisy, QUARTER)  # 5 of 6 found, 1 false alarm of 18
    save(folder, "b", NOTHING, NOTHING)
    result = run(folder, protocol="paper")
    a, b = result["per_image"]
    expected = {"dice": 10 / 12, "iou": 5 / 7, "recall": 5 / 6, "precision": 5 / 6, "specificity": 17 / 18}
    expected |= {"mae": (128 + 128 + 51) / 255 / 24, "foreground": 6, "predicted": 6}
    # Only 127 has rivals: of the 18 outside 128 beats it.
    expected["auc"] = 1 - 1 / (6 * 18)
    assert {name: a[name] for name in expected} == pytest.approx(expected)
    assert (b["dice"], b["specificity"], b["mae"], b["auc"]) == (1, 1, 0, None)
    dice = result["metrics"]["dice"]
    assert dice["mean"] == pytest.approx((1 + 10 / 12) / 2)
    assert dice["error"] == pytest.approx(1.96 * (1 / 6) / np.sqrt(2) / np.sqrt(2))
    assert (result["metrics"]["auc"]["n"], result["without_foreground"]) == (1, 1)
    skipped = run(folder, "--empty=skip", "--threshold=0.2", protocol="paper")
    assert skipped["metrics"]["dice"] == pytest.approx({"mean": 12 / 14, "error": None, "n": 1, "undefined": 1})


def palette(codes, colours=((0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0))):
    picture = Image.fromarray(np.asarray(codes, dtype=np.uint8), mode=None).convert("P")
    picture = Image.frombytes("P", picture.size, np.asarray(codes, dtype=np.uint8).tobytes())
    picture.putpalette([value for colour in colours for value in colour])
    return picture


@pytest.mark.parametrize("kind", ["palette", "rgb", "grey"])
def test_a_class_is_picked_from_class_masks(folder, kind):
    codes = np.zeros(SHAPE, dtype=np.uint8)
    codes[:2, :3], codes[2:, 3:] = 1, 2
    pictures = {"palette": palette(codes), "grey": codes}
    pictures["rgb"] = 255 * np.stack([codes == 1, codes == 2, codes == 3], axis=2).astype(np.uint8)
    save(folder, "a", QUARTER, pictures[kind])
    assert means(run(folder, "--class-index=1", protocol="paper"))["dice"] == 1
    assert means(run(folder, "--class-index=2", protocol="paper"))["dice"] == 0
    assert run(folder, "--class-index=3")["without_foreground"] == 1
    with pytest.raises(InputError, match=r"masks/a\.png: .*--class-index"):
        run(folder)


@pytest.mark.parametrize(
    "mask",
    [
        QUARTER > 0,
        Image.fromarray(QUARTER > 0),
        palette(QUARTER > 0),
        palette(QUARTER == 0, ((255, 255, 255), (0, 0, 0))),
        np.stack([QUARTER] * 3, axis=2),
    ],
    ids=["0 and 1", "one bit", "red on black", "white before black", "grey as RGB"],
)
def test_kinds_of_binary_masks(folder, mask):
    save(folder, "a", QUARTER, mask)
    assert means(run(folder, protocol="paper"))["dice"] == 1


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".tif", ".png"])
def test_kinds_of_maps(folder, suffix):
    save(folder, "a", EVERYTHING, EVERYTHING, suffix)
    assert means(run(folder))["dice"] == 1


def test_every_picture_without_partner_is_named_before_anything_is_read(folder):
    save(folder, "a", QUARTER, QUARTER)
    (folder / "maps" / "only_map.png").write_bytes(b"")
    Image.fromarray(QUARTER).save(folder / "masks" / "only_mask.png")
    with pytest.raises(InputError) as error:
        run(folder)
    assert f"{folder}/maps: no picture in {folder}/masks has the name of only_map.png" in str(error.value)
    assert f"{folder}/masks: no picture in {folder}/maps has the name of only_mask.png" in str(error.value)


def test_many_pictures_without_partner_are_counted(folder):
    for number in range(14):
        Image.fromarray(QUARTER).save(folder / "maps" / f"{number}.png")
    Image.fromarray(QUARTER).save(folder / "masks" / "0.png")
    with pytest.raises(InputError, match=r"1\.png, 2\.png, .*10\.png and 3 more$"):
        run(folder)


def test_unreadable_pictures_are_all_named_and_nothing_is_written(folder):
    for name in "abc":
        save(folder, name, QUARTER, QUARTER)
    (folder / "maps" / "a.png").write_bytes((folder / "maps" / "a.png").read_bytes()[:60])
    Image.fromarray(np.stack([QUARTER, NOTHING, NOTHING], axis=2)).save(folder / "maps" / "c.png")
    (folder / "scores.json").write_text("before")
    with pytest.raises(InputError) as error:
        run(folder)
    assert "maps/a.png: damaged" in str(error.value)
    assert "maps/c.png: a picture with colours; save the map as a grey picture" in str(error.value)
    assert (folder / "scores.json").read_text() == "before" and not (folder / "scores.csv").exists()


@pytest.mark.parametrize("missing", ["maps", "masks"])
def test_missing_and_empty_folders(folder, missing):
    save(folder, "a", QUARTER, QUARTER)
    (folder / missing / "a.png").unlink()
    with pytest.raises(InputError, match=f"{missing}: no picture in it"):
        run(folder)
    (folder / missing).rmdir()
    with pytest.raises(InputError, match=f"{missing}: no such folder"):
        run(folder)


def test_a_stem_in_two_formats_is_refused(folder):
    save(folder, "a", QUARTER, QUARTER)
    save(folder, "a", QUARTER, QUARTER, ".jpg")
    with pytest.raises(InputError, match=r"a\.png: duplicate slice id 'a', as a\.jpg has it too"):
        run(folder)


@pytest.mark.parametrize("option", ["--threshold=0.4", "--empty=skip"])
def test_infnet_fixes_threshold_and_empty_rule(folder, option, capsys):
    with pytest.raises(SystemExit):
        run(folder, option)
    assert "belong to --protocol paper" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-0.1", "1.1", "nan", "half"])
def test_threshold_outside_of_the_range_is_refused(folder, value, capsys):
    with pytest.raises(SystemExit):
        run(folder, f"--threshold={value}", protocol="paper")
    assert f"invalid threshold value: '{value}'" in capsys.readouterr().err


@pytest.mark.skipif(not REAL.is_dir(), reason="the real slices are not here")
def test_real_masks_scored_against_themselves(tmp_path):
    out = tmp_path / "scores.json"
    infection = ["--maps", str(REAL / "infection"), "--masks", str(REAL / "infection")]
    evaluate_maps.main([*infection, "--protocol=infnet", "--out", str(out)])
    result = json.loads(out.read_text())
    shares = []
    for row in result["per_image"]:
        share = np.mean(np.asarray(Image.open(REAL / "infection" / f"{row['id']}.png")) > 0)
        assert row["dice"] == pytest.approx((255 + 2 * share / (1 + share)) / 256)
        shares.append(share)
    assert len(shares) == 50 and result["metrics"]["s_measure"]["mean"] == pytest.approx(1)
    # GGO and consolidation are parts of the infection: all of each is found.
    classes = ["--maps", str(REAL / "infection"), "--masks", str(REAL / "classes"), "--class-index=2"]
    evaluate_maps.main([*classes, "--protocol=paper", "--out", str(out)])
    for row in json.loads(out.read_text())["per_image"]:
        assert row["recall"] == (1 if row["foreground"] else 0)
