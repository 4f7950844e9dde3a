import json
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

import extract_parenchyma
from ssinfnet.lungs import cleaning, slice_methods
from ssinfnet.lungs import measures as lung_quality
from ssinfnet.slices import store as slices

REAL = Path(__file__).parents[4] / "shared" / "data" / "ct-jpg-volume"
METHODS = list(slice_methods.METHODS.values())


def ellipse(size, centre, axes):
    mask = np.zeros((size, size), np.uint8)
    shape = [tuple(round(value * size) for value in pair) for pair in (centre, axes)]
    return cv2.ellipse(mask, *shape, 0, 0, 360, 1, -1) > 0


def chest(size=256, lungs=30, seed=0):
    """A body (200) with lungs (`lungs`) and trachea (5), in air (5) with black corners; and where its lungs are."""
    image = np.where(ellipse(size, (0.5, 0.5), (0.5, 0.5)), 5, 0)
    image[ellipse(size, (0.5, 0.5), (0.42, 0.30))] = 200
    image[ellipse(size, (0.5, 0.45), (0.02, 0.02))] = 5
    truth = ellipse(size, (0.31, 0.5), (0.13, 0.21)) | ellipse(size, (0.69, 0.5), (0.12, 0.20))
    image[truth] = lungs
    noise = np.random.default_rng(seed).normal(0, 3, image.shape)
    return np.clip(image + noise * (image > 0), 0, 255).astype(np.uint8), truth


def dice(found, truth):
    return 2 * (truth & (found > 0)).sum() / (truth.sum() + found.sum())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [128, 256, 512])
def test_two_lungs_are_found_without_the_trachea(method, size):
    image, truth = chest(size)
    lungs = method(image)
    assert lungs.dtype == np.uint8 and lungs.shape == image.shape and set(np.unique(lungs)) == {0, 1}
    assert dice(lungs, truth) > 0.95
    assert not lungs[ellipse(size, (0.5, 0.45), (0.02, 0.02))].any()


@pytest.mark.parametrize("size", [128, 512])
@pytest.mark.parametrize("place", [(0.82, 0.5), (0.74, 0.66), (0.2, 0.4), (0.26, 0.68)])
def test_closed_keeps_dense_lesion_at_the_pleura_that_the_published_procedure_loses(place, size):
    image, truth = chest(size)
    lesion = ellipse(size, place, (0.06, 0.06)) & truth
    image[lesion] = 205
    closed, published = slice_methods.closed(image), slice_methods.ictcf(image)
    assert closed[lesion].mean() > 0.7 > 0.4 > published[lesion].mean()
    assert dice(closed, truth) > 0.98


@pytest.mark.parametrize("method", METHODS)
def test_hazy_lesion_and_lesion_within_the_lung_are_kept(method):
    image, truth = chest(256)
    inner = ellipse(256, (0.31, 0.5), (0.05, 0.05))
    image[inner] = 210
    assert slice_methods.closed(image)[inner].all()
    hazy = ellipse(256, (0.7, 0.64), (0.08, 0.08)) & truth
    image[hazy] = 90  # below the published threshold of 96
    assert method(image)[hazy].mean() > 0.95


def test_closed_parts_lungs_that_touch_and_fills_no_mediastinum():
    image, truth = chest(256)
    image[100:106, 100:156] = 30  # a bridge in front
    lungs = slice_methods.closed(image)
    assert dice(lungs, truth) > 0.93
    assert not lungs[120:136, 120:136].any()


def test_closed_keeps_both_lungs_when_one_is_small_and_the_heart_out():
    image, truth = chest(256)
    heart = ellipse(256, (0.62, 0.5), (0.1, 0.25))
    image[heart] = 200
    lungs, rest = slice_methods.closed(image), truth & ~heart
    assert lungs[rest].mean() > 0.95
    assert lungs[heart].mean() < 0.12


def test_gas_in_the_stomach_is_no_lung_to_closed():
    image, _ = chest(256)
    stomach = ellipse(256, (0.6, 0.76), (0.06, 0.02))
    image[stomach] = 5
    assert not slice_methods.closed(image)[stomach].any()


@pytest.mark.parametrize("shape", [(40, 61), (61, 40)])
@pytest.mark.parametrize("block", [199, 1001])
def test_block_mean_is_that_of_adaptive_threshold(block, shape):
    image = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    expected = cv2.blur(image, (block, block), borderType=cv2.BORDER_REPLICATE)
    assert abs(slice_methods._block_mean(image, block) - expected).max() <= 1  # OpenCV sums in lower precision
    inverted = cv2.adaptiveThreshold(image, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, -96)
    assert ((image > slice_methods._block_mean(image, block) + 96) != (inverted == 0)).mean() < 0.01


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("grey", [0, 96, 255])
def test_a_blank_picture_has_no_lungs(method, grey):
    image = np.full((128, 96), grey, np.uint8)
    lungs = method(image)
    assert not lungs.any() and lungs.shape == image.shape
    assert lung_quality.measure(image, lungs) == dict.fromkeys(lung_quality.MEASURES, 0)


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=70), fill=st.just(200)))
def test_any_picture_gives_a_mask_and_measures_within_bounds(image):
    for method in METHODS:
        lungs = method(image)
        assert lungs.shape == image.shape and lungs.dtype == np.uint8 and lungs.max() <= 1
        measures = lung_quality.measure(image, lungs)
        assert all(0 <= measures[name] <= 1 for name in ("area", "balance", "border", "solidity"))
        assert (measures["components"] == 0) == (measures["area"] == 0)


def test_the_mirrored_slice_has_mirrored_lungs():
    image, _ = chest(256)
    image[ellipse(256, (0.74, 0.66), (0.06, 0.06))] = 205
    lungs, mirrored = slice_methods.closed(image), slice_methods.closed(image[:, ::-1].copy())[:, ::-1]
    assert (lungs != mirrored).mean() < 0.002


def test_measures_by_hand():
    image = np.zeros((20, 20), np.uint8)
    image[2:18, 2:18] = 200
    lungs = np.zeros_like(image)
    lungs[4:14, 4:8] = 1  # 40 pixels on the right side
    lungs[4:9, 12:16] = 1  # 20 on the left
    expected = {"area": 60 / 400, "components": 2, "balance": 0.5, "border": 0.0, "solidity": 1.0}
    assert lung_quality.measure(image, lungs) == pytest.approx(expected)
    lungs[4:14, 4:8], lungs[0:5, 0:4] = 0, 1  # 20 pixels in the corner: 14 of outline, 8 of them on the edge
    assert lung_quality.measure(image, lungs)["border"] == pytest.approx(8 / (14 + 14))


def test_solidity_of_an_l_shape():
    lungs = np.zeros((20, 20), np.uint8)
    lungs[2:12, 2:4] = lungs[10:12, 2:12] = 1
    hull = cv2.fillConvexPoly(np.zeros_like(lungs), cv2.convexHull(cv2.findNonZero(lungs)), 1)
    measured = lung_quality.measure(lungs * 0, lungs)["solidity"]
    assert measured == pytest.approx(lungs.sum() / hull.sum()) and measured < 0.65


def extract(folder, count=5, shards=2, **config):
    blank = np.zeros((64, 64), np.uint8)
    with slices.create_store(folder / "slices.h5") as writer:
        for number in range(count):
            image = blank if number == 2 else chest(64, seed=number)[0]
            writer.add(f"p{number}", group=f"g{number}", origin="memory", image=image)
    for shard in range(shards):
        arguments = ["--slices", folder / "slices.h5", "--shard", shard, "--shards", shards]
        arguments += ["--out-lungs", folder / f"{shard}.h5", "--out-quality", folder / f"{shard}.csv"]
        extract_parenchyma.main(["--config-json", json.dumps({"parenchyma": config}), *map(str, arguments)])


def test_every_slice_of_a_shard_is_in_both_outputs(tmp_path):
    extract(tmp_path)
    for shard, expected in enumerate([["p0", "p2", "p4"], ["p1", "p3"]]):
        table = pd.read_csv(tmp_path / f"{shard}.csv")
        assert table["id"].tolist() == expected
        assert table.columns.tolist() == ["id", "group", *cleaning.MEASURES, "spine"]
        with slices.SliceStore(tmp_path / f"{shard}.h5") as store:
            assert store.ids == expected
            assert [store.read("lungs", name).any() for name in expected] == [name != "p2" for name in expected]


def test_the_same_slices_give_the_same_bytes_and_another_method_others(tmp_path):
    files = {}
    for name, method in (("a", "closed"), ("b", "closed"), ("c", "ictcf")):
        (tmp_path / name).mkdir()
        extract(tmp_path / name, method=method)
        files[name] = [(tmp_path / name / file).read_bytes() for file in ("0.h5", "0.csv", "1.h5", "1.csv")]
    assert files["a"] == files["b"] != files["c"]


def test_cleaning_judges_by_what_is_measured():
    # Neither module imports the other, so that a change of one does not run the other's stage again.
    assert cleaning.MEASURES == lung_quality.MEASURES


def test_a_shard_without_slices_is_empty(tmp_path):
    extract(tmp_path, count=1)
    assert pd.read_csv(tmp_path / "1.csv").empty


@pytest.mark.skipif(not REAL.is_dir(), reason="the real CT volume is not here")
def test_real_slices_in_mid_lung():
    images = [np.asarray(Image.open(path).convert("L")) for path in sorted(REAL.glob("*.jpg"))[8:32:6]]
    started = time.process_time()
    closed = [slice_methods.closed(image).mean() for image in images]
    published = [slice_methods.ictcf(image).mean() for image in images]
    assert (time.process_time() - started) / len(images) < 2 * 0.25
    assert all(0.05 < area < 0.145 for area in closed + published)
    assert np.allclose(closed, published, rtol=0.25)
