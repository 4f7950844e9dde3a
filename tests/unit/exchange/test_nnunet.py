"""Our split as nnU-Net reads it, and its predictions as our maps: a program that copies the truth scores 1."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import evaluate_multi
import evaluate_single
import export_nnunet
import import_nnunet
from ssinfnet.errors import InputError
from ssinfnet.slices.parts import PARTS
from ssinfnet.slices.store import SliceStore, create_store

LABELS = {"infection": 2, "classes": 3}
CONFIG = ["--config-json", '{"labels": {"infection": [1, 2]}, "evaluation": {"bootstrap": 100}}']


def write_store(path, *, change=None, masks=True):
    """Twelve slices of several sizes; ids hold what a file's name should not, and some effusion is there."""
    random = np.random.default_rng(0)
    with create_store(path) as writer:
        for number in range(12):
            image = random.integers(0, 256, (20 + number, 24), dtype=np.uint8)
            mask = random.integers(0, 4, image.shape, dtype=np.uint8)
            if number == change:
                image[0, 0] ^= 1
            arrays = {"image": image, "mask": mask} if masks else {"image": image}
            writer.add(f"Scan {number}. é_0000", group=f"g{number % 6}", origin="memory", **arrays)


@pytest.fixture
def slices(tmp_path):
    write_store(tmp_path / "slices.h5")
    return tmp_path / "slices.h5"


@pytest.fixture
def split(tmp_path):
    return write_split(tmp_path / "split.csv")


def write_split(path, turn=0):
    """Two groups each for training, validation and test; by `turn` the parts go round, as the folds of seeds do."""
    groups = [f"g{number % 6}" for number in range(12)]
    parts = [PARTS[(int(group[1]) // 2 + turn) % 3] for group in groups]
    ids = [f"Scan {number}. é_0000" for number in range(12)]
    pd.DataFrame({"id": ids, "group": groups, "part": parts}).to_csv(path, index=False)
    return path


def export(slices, split, target, out):
    arguments = ["--slices", str(slices), "--split", str(split), "--target", target, "--out", str(out)]
    export_nnunet.main([*CONFIG, *arguments])
    return pd.read_csv(out / "cases.csv", dtype=str)


def predict(slices, cases, target, folder, *, probabilities=False, of=("validation", "test")):
    """A fake nnU-Net, which predicts the truth; with the files that the real one writes beside its predictions."""
    folder.mkdir(exist_ok=True)
    with SliceStore(slices) as store:
        for case, slice_id in cases.loc[cases["part"].isin(of), ["case", "id"]].itertuples(index=False):
            label = truth(store, slice_id, target)
            Image.fromarray(label).save(folder / f"{case}.png")
            if probabilities:
                found = np.stack([0.1 + 0.7 * (label == code) for code in range(LABELS[target])])
                np.savez_compressed(folder / f"{case}.npz", probabilities=found[:, None].astype(np.float16))
                (folder / f"{case}.pkl").write_bytes(b"never read")
    for name in ("dataset.json", "plans.json", "predict_from_raw_data_args.json"):
        (folder / name).write_text("{}")


def truth(store, slice_id, target):
    mask = store.read("mask", slice_id)
    return (np.isin(mask, (1, 2)) if target == "infection" else np.where(mask < 3, mask, 0)).astype(np.uint8)


def take(slices, split, folder, array, out, part="test"):
    inputs = ["--slices", str(slices), "--split", str(split), "--part", part, "--predictions", str(folder)]
    import_nnunet.main([*CONFIG, *inputs, "--array", array, "--out", str(out)])
    return out


@pytest.mark.parametrize("target", LABELS)
def test_the_export_is_a_raw_data_set_with_our_parts_as_its_one_fold(slices, split, target, tmp_path):
    out = tmp_path / "raw" / "Dataset501_Own"
    cases = export(slices, split, target, out)
    described = json.loads((out / "dataset.json").read_text())
    assert described["file_ending"] == ".png" and described["channel_names"] == {"0": "CT"}
    assert described["numTraining"] == 8
    assert (
        sorted(described["labels"].values()) == list(range(LABELS[target])) and described["labels"]["background"] == 0
    )
    table = pd.read_csv(split, dtype=str)
    assert cases[["id", "group", "part"]].equals(table[["id", "group", "part"]])
    names = {part: set(rows["case"]) for part, rows in cases.groupby("part")}
    (fold,) = json.loads((out / "splits_final.json").read_text())
    assert (set(fold["train"]), set(fold["val"])) == (names["train"], names["validation"])
    files = {folder.name: {path.name for path in folder.iterdir()} for folder in out.iterdir() if folder.is_dir()}
    learned = names["train"] | names["validation"]
    assert files == {
        "imagesTr": {f"{name}_0000.png" for name in learned},
        "labelsTr": {f"{name}.png" for name in learned},
        "imagesTs": {f"{name}_0000.png" for name in names["test"]},
    }
    with SliceStore(slices) as store:
        for case, slice_id, _, part in cases.itertuples(index=False):
            assert case.isascii() and case.replace("_", "").isalnum()
            picture = Image.open(out / ("imagesTs" if part == "test" else "imagesTr") / f"{case}_0000.png")
            assert picture.mode == "L"
            np.testing.assert_array_equal(np.asarray(picture), store.read("image", slice_id))
            if part != "test":
                label = Image.open(out / "labelsTr" / f"{case}.png")
                assert label.mode == "L"
                np.testing.assert_array_equal(np.asarray(label), truth(store, slice_id, target))


@pytest.mark.parametrize("probabilities", [False, True])
def test_a_program_that_copies_the_truth_has_a_dice_of_one(slices, split, probabilities, tmp_path):
    for target in LABELS:
        cases = export(slices, split, target, tmp_path / f"Dataset501_{target}")
        predict(slices, cases, target, tmp_path / target, probabilities=probabilities)
    maps = {part: tmp_path / f"{part}.h5" for part in ("validation", "test")}
    for part, out in maps.items():
        take(slices, split, tmp_path / "infection", "infection", out, part)
    classes = take(slices, split, tmp_path / "classes", "classes", tmp_path / "classes.h5")
    common = [*CONFIG, "--slices", str(slices), "--split", str(split)]
    outputs = [f"--out-csv={tmp_path}/m.csv", f"--out-json={tmp_path}/m.json"]
    evaluate_single.main([*common, *(f"--{part}={path}" for part, path in maps.items()), *outputs])
    scores = json.loads((tmp_path / "m.json").read_text())["targets"]
    assert scores["infection"]["metrics"]["dice"] == pytest.approx(
        {"mean": 1, "error": 0, "low": 1, "high": 1, "n": 4, "undefined": 0}
    )
    evaluate_multi.main([*common, "--test", str(classes), *outputs])
    scores = json.loads((tmp_path / "m.json").read_text())["targets"]
    assert [scores[name]["metrics"]["dice"]["mean"] for name in ("background", "ggo", "consolidation")] == [1, 1, 1]


def test_probabilities_are_taken_as_they_are_and_labels_become_maps_of_0_and_1(slices, split, tmp_path, capsys):
    cases = export(slices, split, "classes", tmp_path / "Dataset502_classes")
    predict(slices, cases, "classes", tmp_path / "soft", probabilities=True)
    predict(slices, cases, "classes", tmp_path / "hard")
    for name, values in (("soft", [0.1, 0.8]), ("hard", [0, 1])):
        with SliceStore(take(slices, split, tmp_path / name, "classes", tmp_path / f"{name}.h5")) as maps:
            assert maps.ids == list(cases.loc[cases["part"] == "test", "id"])
            found = np.unique(maps.read("classes", maps.ids[0]).astype(float))
        assert found.tolist() == pytest.approx(values, abs=1e-3)
        assert ("labels alone" in capsys.readouterr().err) == (name == "hard")


def test_with_folds_the_predictions_of_one_seed_are_refused_for_another(slices, tmp_path):
    splits = [write_split(tmp_path / f"split{seed}.csv", turn=seed) for seed in (0, 1)]
    cases = [
        export(slices, one, "infection", tmp_path / f"seed{seed}" / "Dataset501_infection")
        for seed, one in enumerate(splits)
    ]
    assert not set(cases[0]["case"]) & set(cases[1]["case"])
    predict(slices, cases[1], "infection", tmp_path / "predictions")
    take(slices, splits[1], tmp_path / "predictions", "infection", tmp_path / "maps.h5")
    with pytest.raises(InputError, match="no prediction is of this split") as error:
        take(slices, splits[0], tmp_path / "predictions", "infection", tmp_path / "other.h5")
    assert "\n" not in str(error.value) and not (tmp_path / "other.h5").exists()


@pytest.mark.parametrize("change", ["a picture", "the other target", "a training mask"])
def test_predictions_of_other_data_are_refused(slices, split, change, tmp_path):
    cases = export(slices, split, "infection", tmp_path / "Dataset501_infection")
    predict(slices, cases, "infection", tmp_path / "predictions")
    config, array = list(CONFIG), "infection"
    if change == "a picture":
        write_store(slices, change=5)
    elif change == "the other target":
        array = "classes"
    else:
        config[1] = '{"labels": {"infection": [1]}}'
    arguments = ["--slices", str(slices), "--split", str(split), "--part", "test", "--array", array]
    with pytest.raises(InputError, match="no prediction is of this split"):
        import_nnunet.main([*config, *arguments, f"--predictions={tmp_path}/predictions", f"--out={tmp_path}/m.h5"])


def missing(folder, cases):
    (folder / f"{cases[0]}.png").unlink()


def left_over(folder, cases):
    shutil.copy(folder / f"{cases[0]}.png", folder / "another.png")


def training_slice(folder, cases):
    shutil.copy(folder / f"{cases[0]}.png", folder / f"{cases[0][:8]}_00000.png")


def twice(folder, cases):
    (folder / "copy").mkdir()
    shutil.copy(folder / f"{cases[0]}.png", folder / "copy" / f"{cases[0]}.png")


def other_size(folder, cases):
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(folder / f"{cases[0]}.png")


def unknown_label(folder, cases):
    image = np.array(Image.open(folder / f"{cases[0]}.png"))
    image[0, 0] = 2
    Image.fromarray(image).save(folder / f"{cases[0]}.png")


def colours(folder, cases):
    image = Image.open(folder / f"{cases[0]}.png")
    Image.new("RGB", image.size, (1, 0, 0)).save(folder / f"{cases[0]}.png")


def damaged(folder, cases):
    path = folder / f"{cases[0]}.png"
    path.write_bytes(path.read_bytes()[:40])


def volume(folder, cases):
    (folder / f"{cases[0]}.nii.gz").write_bytes(b"x")


def some_probabilities(folder, cases):
    np.savez(folder / f"{cases[0]}.npz", probabilities=np.zeros((2, 1, 3, 3), np.float16))


def nothing(folder, cases):
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("defect", "said"),
    [
        (missing, "no prediction of 1 of 4 slices"),
        (left_over, "1 files are of no case to score, such as another.png"),
        (training_slice, "are of no case to score"),
        (twice, "is of the same case"),
        (other_size, r"\(5, 5\) pixels \(rows, columns\), but its slice has"),
        (unknown_label, "labels 0, 1, 2, where 0 to 1 are expected"),
        (colours, "a picture with colours"),
        (damaged, "damaged picture|cannot be read"),
        (volume, "is no prediction of nnU-Net as .png or .npz"),
        (some_probabilities, "have labels but no probabilities"),
        (nothing, "no .png or .npz in it"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_wrong_predictions_are_named_in_one_line(slices, split, defect, said, tmp_path):
    cases = export(slices, split, "infection", tmp_path / "Dataset501_infection")
    predict(slices, cases, "infection", tmp_path / "predictions")
    defect(tmp_path / "predictions", list(cases.loc[cases["part"] == "test", "case"]))
    with pytest.raises(InputError, match=said) as error:
        take(slices, split, tmp_path / "predictions", "infection", tmp_path / "maps.h5")
    assert "\n" not in str(error.value) and str(tmp_path / "predictions") in str(error.value)
    assert not (tmp_path / "maps.h5").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: {"softmax": values}, "no array probabilities, but softmax.npy"),
        (lambda values: {"probabilities": values[:, 0]}, "has the shape .* where .* is expected"),
        (lambda values: {"probabilities": values * 3}, "probabilities from .* where 0 to 1 is expected"),
        (lambda values: {"probabilities": values * np.nan}, "holds NaN"),
        (lambda values: {"probabilities": values.astype(int)}, "holds int64, where floats are expected"),
        (lambda values: {"probabilities": values.astype(object)}, "holds object, where floats are expected"),
        (lambda values: {"probabilities": np.zeros((3, 1, 4000, 4000), np.float16)}, "unpacks to|more than an array"),
    ],
)
def test_wrong_probabilities_are_named_in_one_line(slices, split, change, said, tmp_path):
    cases = export(slices, split, "classes", tmp_path / "Dataset502_classes")
    folder = tmp_path / "predictions"
    predict(slices, cases, "classes", folder, probabilities=True)
    path = folder / f"{cases.loc[cases['part'] == 'test', 'case'].iloc[1]}.npz"
    with np.load(path) as stored:
        values = stored["probabilities"].astype(float)
    np.savez_compressed(path, **change(values))
    with pytest.raises(InputError, match=said) as error:
        take(slices, split, folder, "classes", tmp_path / "maps.h5")
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_pictures_without_masks_are_exported_and_imported_shard_by_shard(tmp_path):
    write_store(tmp_path / "patients.h5", masks=False)
    write_store(tmp_path / "truth.h5")
    export_nnunet.main(["--slices", f"{tmp_path}/patients.h5", "--out", f"{tmp_path}/export"])
    cases = pd.read_csv(tmp_path / "export/cases.csv", dtype=str, keep_default_na=False)
    assert {path.name for path in (tmp_path / "export/images").iterdir()} == {
        f"{one}_0000.png" for one in cases["case"]
    }
    predict(tmp_path / "truth.h5", cases, "classes", tmp_path / "predictions", of=[""])
    ids = []
    for shard in (0, 1):
        arguments = ["--shard", str(shard), "--shards", "2", "--array", "mask", f"--out={tmp_path}/maps.h5"]
        inputs = ["--slices", f"{tmp_path}/patients.h5", "--predictions", f"{tmp_path}/predictions"]
        import_nnunet.main([*inputs, *arguments])
        with SliceStore(tmp_path / "maps.h5") as maps, SliceStore(tmp_path / "truth.h5") as store:
            ids += maps.ids
            for slice_id in maps.ids:
                np.testing.assert_array_equal(maps.read("mask", slice_id), truth(store, slice_id, "classes"))
    assert sorted(ids) == sorted(cases["id"])


@pytest.mark.parametrize("name", ["raw", "Dataset5_a", "Dataset501"])
def test_a_folder_that_nnunet_would_not_find_is_refused(slices, split, name, tmp_path):
    with pytest.raises(InputError, match="Dataset501_infection; name it so"):
        export(slices, split, "infection", tmp_path / name)


def test_a_folder_that_holds_something_is_left_alone(slices, split, tmp_path):
    out = tmp_path / "Dataset501_infection"
    export(slices, split, "infection", out)
    with pytest.raises(InputError, match="name a new one, or remove it"):
        export(slices, split, "infection", out)
