import gzip
import json
import shutil
import zipfile

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

import evaluate_regions
import prepare_medseg
from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.evaluation import Evaluation
from ssinfnet.config.phantom import Phantom
from ssinfnet.errors import InputError
from ssinfnet.severity import region_dice
from ssinfnet.severity.regions import REGIONS, third_of_each
from ssinfnet.slices import store as slices
from ssinfnet.sources.phantom import generate

SIZE = 128
CONFIG = {"evaluation": {"bootstrap": 100}, "labels": {"infection": [1, 2]}}
RIGHT, LEFT = (slice(40, 80), slice(24, 48)), (slice(40, 80), slice(80, 104))


def picture():
    image = np.zeros((SIZE, SIZE), np.uint8)
    image[20:100, 10:118] = 200
    lungs = np.zeros_like(image)
    lungs[RIGHT] = lungs[LEFT] = 1
    image[lungs > 0] = 60
    return image, lungs


def lesion(rows, code=1, side=RIGHT):
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[rows, side[1]] = code
    return mask


@pytest.fixture
def evaluate(tmp_path):
    """Run the command on slices given as id, group, true mask, found mask, and whether the store has their lungs."""

    def run(cases, classes=True, images=None):
        image, lungs = picture()
        rows = [(slice_id, group, "test") for slice_id, group, *_ in cases]
        pd.DataFrame(rows, columns=["id", "group", "part"]).to_csv(tmp_path / "split.csv", index=False)
        with (
            slices.create_store(tmp_path / "s.h5") as store,
            slices.create_store(tmp_path / "i.h5") as infection,
            slices.create_store(tmp_path / "c.h5") as maps,
        ):
            for slice_id, group, truth, found, with_lungs in cases:
                where = {"group": group, "origin": "memory"}
                arrays = {"lungs": lungs} if with_lungs else {}
                store.add(slice_id, **where, image=(images or {}).get(slice_id, image), mask=truth, **arrays)
                infection.add(slice_id, **where, infection=0.6 * (found > 0).astype(np.float16))
                maps.add(slice_id, **where, classes=np.stack([found == code for code in range(3)]).astype(np.float16))
        (tmp_path / "t.json").write_text('{"threshold": {"value": 0.5}}')
        names = {"slices": "s.h5", "split": "split.csv", "infection": "i.h5", "threshold": "t.json"}
        names |= {"out-csv": "out.csv", "out-json": "out.json"} | ({"classes": "c.h5"} if classes else {})
        evaluate_regions.main(
            ["--config-json", json.dumps(CONFIG), *(f"--{name}={tmp_path / file}" for name, file in names.items())]
        )
        return pd.read_csv(tmp_path / "out.csv"), json.loads((tmp_path / "out.json").read_text())

    return run


def test_dice_by_region_by_hand(evaluate):
    """Front right: 10 rows true, 5 of them found; behind right the classes are confused; left nothing at all."""
    truth, found = lesion(slice(40, 50)) + lesion(slice(70, 80)), lesion(slice(40, 45)) + lesion(slice(70, 80), 2)
    rows, summary = evaluate([("s", "s", truth, found, True)])
    dice = rows.set_index(["region", "target"])["dice"]
    assert dice["right_anterior", "infection"] == pytest.approx(2 * 5 / 15, rel=1e-5)
    assert dice["right_posterior", "infection"] == 1
    assert dice["right_posterior", "ggo"] == 0
    assert np.isnan(dice["right_posterior", "consolidation"])  # no slice of the test part has it
    assert dice["left_anterior", "infection"] == 1  # nothing to find, nothing found
    assert summary["targets"]["infection"]["left_anterior"]["without_foreground"] == 1
    assert (rows["lung"] == 20 * 24).all()
    score = summary["ct_score"]["by_group"][0]
    assert (score["regions"], score["truth"], score["prediction"]) == (4, 2, 2)  # two regions at half or less


def test_a_volume_has_thirds_and_its_slices_are_pooled(evaluate):
    nothing = lesion(slice(0, 0))
    cases = [("v0", "v", lesion(slice(40, 60)), lesion(slice(40, 60)), True), ("v1", "v", nothing, nothing, True)]
    cases += [("v2", "v", nothing, lesion(slice(40, 60)), True), ("s", "s", nothing, nothing, True)]
    rows, summary = evaluate(cases)
    dice = rows[rows["target"] == "infection"].set_index(["group", "region"])["dice"]
    assert dice["v", "right_anterior_first"] == 1 and dice["v", "right_anterior_last"] == 0
    assert len(dice["v"]) == 12 and len(dice["s"]) == 4
    assert summary["ct_score"]["mean_absolute_error"] == pytest.approx(2 / 24 / 2)
    assert summary["groups"] == 2


AXES = ["LPI", "LPS", "RAS", "RPI", "ASL", "IRP"]


@pytest.fixture(scope="module")
def volumes(tmp_path_factory):
    """The files of the phantom, its volumes stored along each of AXES in turn."""
    folder = tmp_path_factory.mktemp("phantom")
    generate._medseg(
        folder / "phantom", Phantom(size=SIZE, single_slices=1, volumes=2, slices_per_volume=6, patients=6)
    )
    for axes in AXES:
        shutil.copytree(folder / "phantom", folder / axes, dirs_exist_ok=True)
        for archive in (folder / axes).glob("*.zip"):
            with zipfile.ZipFile(archive) as source:
                content = {name: reoriented(source.read(name), axes) for name in source.namelist()}
            with zipfile.ZipFile(archive, "w") as target:
                for name, data in content.items():
                    target.writestr(name, data)
    return folder


def reoriented(content, axes):
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    turn = ornt_transform(io_orientation(image.affine), axcodes2ornt(axes))
    return gzip.compress(image.as_reoriented(turn).to_bytes())


def table_of_regions(raw, tmp_path):
    """The rows of `evaluate` for maps that find every other row of each lesion, and the third of each slice by id."""
    prepare_medseg.main(["--raw-dir", str(raw), "--out", str(tmp_path / "s.h5")])
    with slices.SliceStore(tmp_path / "s.h5") as store:
        masks = {slice_id: store.read("mask", slice_id) for slice_id in store.ids}
        found = ((slice_id, (mask > 0) * (np.arange(SIZE) % 2)[:, None]) for slice_id, mask in masks.items())
        maps = ((slice_id, half.astype(np.float16)) for slice_id, half in found)
        slices.write_derived(tmp_path / "i.h5", store, "infection", maps, len(masks))
        split = store.index[["id", "group"]].assign(part="test")
        with slices.SliceStore(tmp_path / "i.h5") as infection:
            found = region_dice.Maps(infection, 0.5, None)
            options = {"method": "closed", "trust": Cleaning(), "scoring": Evaluation(bootstrap=100), "least": 0.01}
            rows, summary = region_dice.evaluate(store, split, found, (1, 2), **options)
        return rows, summary, dict(zip(store.ids, third_of_each(store.index["group"]), strict=True)), masks


@pytest.mark.parametrize("axes", AXES)
def test_thirds_run_from_head_to_feet_however_a_volume_is_stored(volumes, tmp_path, axes):
    rows, summary, third_of, masks = table_of_regions(volumes / axes, tmp_path)
    expected_rows, expected_summary, expected_thirds, expected_masks = table_of_regions(volumes / AXES[0], tmp_path)
    assert third_of == expected_thirds and summary == expected_summary
    pd.testing.assert_frame_equal(rows, expected_rows)
    np.testing.assert_equal(masks, expected_masks)
    # The phantom's lungs are narrow at the apex: its first third is the upper one.
    lung = rows[rows["target"] == "infection"].set_index(["group", "region"])["lung"]
    for group in ("set2_1", "set2_2"):
        first, middle = (sum(lung[group, f"{region}_{third}"] for region in REGIONS) for third in ("first", "middle"))
        assert first < 0.8 * middle


def test_lungs_are_found_where_none_come_along_and_crops_are_left_out(evaluate):
    from ssinfnet.sources.phantom.generate import subject

    one = subject(np.random.default_rng(3), SIZE, 0.1).render(0.5)
    chest = np.clip((one.hounsfield + 1250) / 1500 * 255, 0, 255).astype(np.uint8)
    crop = np.full((SIZE, SIZE), 60, np.uint8)
    nothing = lesion(slice(0, 0))
    cases = [("chest", "a", one.mask, one.mask, False), ("crop", "b", nothing, nothing, False)]
    rows, summary = evaluate(cases, images={"chest": chest, "crop": crop})
    assert set(rows["group"]) == {"a"} and (rows["dice"] == 1).all()
    assert rows.loc[rows["target"] == "infection", "lung"].sum() == pytest.approx(one.lungs.sum(), rel=0.2)
    assert summary["slices_left_out"] == {"no lungs found": 1}
    assert summary["slices_used"] == 1


def test_thirds_of_pictures_are_those_of_the_anatomy_not_of_their_names(evaluate):
    from ssinfnet.slices.window import LUNG_WINDOW, to_grey
    from ssinfnet.sources.phantom.generate import subject

    one = subject(np.random.default_rng(4), SIZE, 0.0)
    stack = [one.render(z) for z in np.linspace(0.2, 0.85, 9)]
    nothing = lesion(slice(0, 0))
    cases, images = [], {}
    for group, ordered in (("down", stack), ("up", stack[::-1])):
        for number, shown in enumerate(ordered):
            name = f"{group}{number}"
            images[name] = to_grey(shown.hounsfield, LUNG_WINDOW)
            upper = any(shown is other for other in stack[:3])
            cases.append((name, group, shown.lungs, shown.lungs if upper else nothing, False))
    rows, _ = evaluate(cases, classes=False, images=images)
    dice = rows[rows["target"] == "infection"].set_index(["group", "region"])["dice"]
    assert dice["down"].to_dict() == dice["up"].to_dict()
    assert dice["up", "right_anterior_first"] > 0.9 and dice["up", "right_anterior_last"] == 0


def test_lesion_outside_of_the_lungs_is_reported(evaluate):
    truth = lesion(slice(30, 50))  # half of it above the lung
    _, summary = evaluate([("s", "s", truth, truth, True)])
    assert summary["lesion_outside_lungs"] == pytest.approx(1 / 2)


def test_without_classes_and_without_any_usable_slice(evaluate):
    nothing = lesion(slice(0, 0))
    rows, summary = evaluate(
        [("s", "s", nothing, nothing, False)], classes=False, images={"s": np.zeros((SIZE, SIZE), np.uint8)}
    )
    assert rows.empty and summary["targets"] == {"infection": {}}
    assert summary["ct_score"]["mean_absolute_error"] is None and summary["lesion_outside_lungs"] is None


def test_a_map_of_another_size_is_named(evaluate):
    nothing = lesion(slice(0, 0))
    with pytest.raises(InputError, match=r"i.h5: s is \(64, 64\), not \(128, 128\)"):
        evaluate([("s", "s", nothing, nothing[::2, ::2], True)])
