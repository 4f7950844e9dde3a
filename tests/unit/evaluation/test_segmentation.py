import json

import numpy as np
import pandas as pd
import pytest

import evaluate_multi
import evaluate_single
from ssinfnet.errors import InputError
from ssinfnet.evaluation import metrics
from ssinfnet.slices import store as slices

PARTS = ("train", "validation", "test")


@pytest.fixture
def case(tmp_path):
    """A store of 12 slices of 6 groups, its split, and noisy predictions; two test slices are healthy."""
    random = np.random.default_rng(0)
    rows, masks, infection, classes = [], {}, {}, {}
    for number in range(12):
        name, part = f"s{number:02d}", PARTS[number // 4]
        mask = np.zeros((16, 12 + number % 3), dtype=np.uint8)
        if number not in (9, 10):
            mask[3:9, 2:8], mask[10:13, 4:6], mask[0, :2] = 1, 2, 3
        rows.append((name, f"g{number // 2}", part))
        masks[name] = mask
        lesion = np.isin(mask, (1, 2))
        infection[name] = np.clip(0.6 * lesion + 0.5 * random.random(mask.shape), 0, 1).astype(np.float16)
        one_hot = np.stack([np.where(mask < 3, mask, 0) == code for code in range(3)])
        noisy = one_hot + 1.2 * random.random(one_hot.shape)
        classes[name] = (noisy / noisy.sum(axis=0)).astype(np.float16)
    split = pd.DataFrame(rows, columns=["id", "group", "part"])
    split.to_csv(tmp_path / "split.csv", index=False)

    def store(name, part, **arrays):
        with slices.create_store(tmp_path / name) as writer:
            for row in split.itertuples():
                if part in (None, row.part):
                    chosen = {key: values[row.id] for key, values in arrays.items()}
                    writer.add(row.id, group=row.group, origin="made here", **chosen)

    store("slices.h5", None, mask=masks)
    for part in PARTS[1:]:
        store(f"infection_{part}.h5", part, infection=infection)
    store("classes.h5", "test", classes=classes)
    return tmp_path, split, masks, infection, classes, store


def run(command, folder, name, config, *arguments):
    sections = json.dumps({"evaluation": {"bootstrap": 200, **config}})
    files = (f"--slices={folder}/slices.h5", f"--split={folder}/split.csv")
    outputs = (f"--out-csv={folder}/{name}.csv", f"--out-json={folder}/{name}.json")
    command.main(["--config-json", sections, *files, *arguments, *outputs])
    return pd.read_csv(folder / f"{name}.csv"), json.loads((folder / f"{name}.json").read_text())


def run_single(folder, **config):
    maps = (f"--validation={folder}/infection_validation.h5", f"--test={folder}/infection_test.h5")
    return run(evaluate_single, folder, "single", config, *maps)


def run_multi(folder, **config):
    return run(evaluate_multi, folder, "multi", config, f"--test={folder}/classes.h5")


def test_single_numbers_follow_from_the_stores(case):
    folder, split, masks, infection, _, _ = case
    frame, summary = run_single(folder)
    means = []
    for threshold in metrics.THRESHOLDS:
        scores = []
        for name in split.loc[split["part"] == "validation", "id"]:
            truth, found = np.isin(masks[name], (1, 2)), infection[name].astype(float) >= threshold
            scores.append(2 * (truth & found).sum() / (truth.sum() + found.sum()))
        means.append(np.mean(scores))
    best = metrics.THRESHOLDS[int(np.argmax(means))]
    assert summary["threshold"] == {"value": best, "rule": "validation", "validation_dice": pytest.approx(max(means))}
    assert list(frame["id"]) == list(split.loc[split["part"] == "test", "id"])
    row = frame.iloc[0]
    truth, found = np.isin(masks[row["id"]], (1, 2)), infection[row["id"]].astype(float) >= best
    assert row["dice"] == pytest.approx(2 * (truth & found).sum() / (truth.sum() + found.sum()))
    assert (row["foreground"], row["predicted"]) == (truth.sum(), found.sum())
    assert row["mae"] == pytest.approx(np.abs(infection[row["id"]].astype(float) - truth).mean())
    dice = summary["targets"]["infection"]["metrics"]["dice"]
    assert dice["mean"] == pytest.approx(frame["dice"].mean())
    assert dice["error"] == pytest.approx(1.96 * frame["dice"].std(ddof=1) / 2)
    assert dice["low"] <= dice["mean"] <= dice["high"]
    assert summary["per_image"]["values"]["infection"]["dice"] == pytest.approx(list(frame["dice"]))


def test_undefined_auc_is_counted_and_empty_images_are_named(case, capsys):
    frame, summary = run_single(case[0])
    assert frame["auc"].isna().tolist() == [False, True, True, False]
    auc = summary["targets"]["infection"]["metrics"]["auc"]
    assert (auc["n"], auc["undefined"]) == (2, 2)
    assert auc["mean"] == pytest.approx(frame["auc"].mean())
    assert summary["targets"]["infection"]["without_foreground"]["truth"] == 2
    printed = capsys.readouterr().err
    assert "images without foreground: 2 in the truth" in printed
    assert "(n = 2, 2 undefined and left out)" in printed


@pytest.mark.parametrize("empty", ["one", "skip"])
def test_a_class_that_no_test_slice_has_is_undefined_and_in_no_mean(case, empty):
    folder, _, masks, _, _, store = case
    for mask in masks.values():
        mask[mask == 2] = 0
    (folder / "slices.h5").unlink()
    store("slices.h5", None, mask=masks)
    frame, summary = run_multi(folder, empty=empty)
    consolidation = summary["targets"]["consolidation"]
    for name in ("dice", "iou", "recall", "precision"):
        found = consolidation["metrics"][name]
        assert (found["mean"], found["low"], found["high"], found["n"], found["undefined"]) == (None, None, None, 0, 4)
    assert set(consolidation["constant"].values()) == {None}
    assert consolidation["metrics"]["specificity"]["mean"] < 1  # the false alarms
    dice = frame.pivot(index="id", columns="target", values="dice")
    np.testing.assert_allclose(dice["overall_without_background"], dice["ggo"])
    np.testing.assert_allclose(dice["overall"], dice[["background", "ggo"]].mean(axis=1))


def test_parts_without_infection(case):
    folder, split, masks, _, _, store = case

    def heal(part):
        for name in split.loc[split["part"] == part, "id"]:
            masks[name][masks[name] < 3] = 0
        (folder / "slices.h5").unlink()
        store("slices.h5", None, mask=masks)

    heal("test")
    _, summary = run_single(folder)
    dice = summary["targets"]["infection"]["metrics"]["dice"]
    assert (dice["mean"], dice["n"], dice["undefined"]) == (None, 0, 4)
    assert summary["targets"]["infection"]["constant"] == {"nothing": None, "everything": None}
    heal("validation")
    with pytest.raises(InputError, match="no slice of the validation part is infected"):
        run_single(folder)
    assert run_single(folder, threshold=0.5)[1]["threshold"]["value"] == 0.5


def test_rule_for_empty_masks_decides_the_mean(case):
    folder = case[0]
    one, with_ones = run_single(folder, threshold=1.0)
    skipped, without = run_single(folder, threshold=1.0, empty="skip")
    healthy = one["foreground"] == 0
    assert one.loc[healthy, "predicted"].eq(0).all()
    assert one.loc[healthy, "dice"].eq(1).all() and skipped.loc[healthy, "dice"].isna().all()
    assert with_ones["targets"]["infection"]["metrics"]["dice"]["n"] == 4
    assert without["targets"]["infection"]["metrics"]["dice"]["n"] == 2
    assert without["targets"]["infection"]["metrics"]["dice"]["undefined"] == 2
    assert with_ones["threshold"] == {"value": 1.0, "rule": "fixed", "validation_dice": None}


def test_infection_is_what_the_labels_say(case):
    folder = case[0]
    two, _ = run_single(folder)
    evaluate = ["--config-json", json.dumps({"evaluation": {"bootstrap": 200}, "labels": {"infection": [1, 2, 3]}})]
    evaluate += [f"--slices={folder}/slices.h5", f"--split={folder}/split.csv"]
    evaluate += [f"--validation={folder}/infection_validation.h5", f"--test={folder}/infection_test.h5"]
    evaluate_single.main([*evaluate, f"--out-csv={folder}/three.csv", f"--out-json={folder}/three.json"])
    three = pd.read_csv(folder / "three.csv")
    assert (three["foreground"] - two["foreground"]).tolist() == [2, 0, 0, 2]


def test_constant_answers_are_the_level_to_beat(case):
    _, summary = run_single(case[0])
    frame = pd.read_csv(case[0] / "single.csv")
    sizes = np.array([case[2][name].size for name in frame["id"]])
    dices = 2 * frame["foreground"] / (sizes + frame["foreground"])
    expected = dices.mean()
    assert summary["per_image"]["id"] == list(frame["id"])
    assert summary["per_image"]["constant"]["infection"]["everything"] == pytest.approx(list(dices))
    constant = summary["targets"]["infection"]["constant"]
    assert constant["everything"] == pytest.approx(expected)
    assert constant["nothing"] == pytest.approx(0.5)  # two of four slices are healthy


def test_multi_classes_by_argmax_and_effusion_as_background(case):
    folder, _, masks, _, classes, _ = case
    frame, summary = run_multi(folder)
    name = frame["id"].iloc[0]
    truth, found = np.where(masks[name] == 3, 0, masks[name]), classes[name].argmax(axis=0)
    rows = frame[frame["id"] == name].set_index("target")
    for code, target in enumerate(("background", "ggo", "consolidation")):
        expected = 2 * ((truth == code) & (found == code)).sum() / ((truth == code).sum() + (found == code).sum())
        assert rows.loc[target, "dice"] == pytest.approx(expected)
    assert rows.loc["overall", "iou"] == pytest.approx(rows.loc[["background", "ggo", "consolidation"], "iou"].mean())
    assert rows.loc["overall_without_background", "recall"] == pytest.approx(
        rows.loc[["ggo", "consolidation"], "recall"].mean()
    )
    assert set(summary["targets"]) == set(rows.index)
    assert summary["targets"]["consolidation"]["without_foreground"]["truth"] == 2
    assert summary["targets"]["ggo"]["constant"]["background"] == pytest.approx(0.5)


def test_perfect_classes_score_one(case):
    folder, _, masks, _, _, store = case
    perfect = {
        name: np.stack([np.where(mask < 3, mask, 0) == code for code in range(3)]).astype(np.float16)
        for name, mask in masks.items()
    }
    store("classes.h5", "test", classes=perfect)
    frame, summary = run_multi(folder)
    assert frame[["dice", "iou", "recall", "precision"]].eq(1).all(axis=None)
    assert summary["targets"]["overall"]["metrics"]["dice"]["mean"] == 1


def test_same_inputs_give_the_same_bytes(case):
    folder = case[0]
    run_single(folder)
    first = [(folder / name).read_bytes() for name in ("single.csv", "single.json")]
    run_single(folder)
    assert first == [(folder / name).read_bytes() for name in ("single.csv", "single.json")]


def test_bad_maps_are_named(case):
    folder, _, _, infection, _, store = case
    store("infection_test.h5", "validation", infection=infection)
    with pytest.raises(InputError, match=r"infection_test.h5: no infection of slice s08"):
        run_single(folder)
    store("infection_test.h5", "test", infection={name: values[:-1] for name, values in infection.items()})
    with pytest.raises(
        InputError, match=r"infection_test.h5: infection of s08 has the shape \(15, 14\), not \(16, 14\)"
    ):
        run_single(folder)
    store("infection_test.h5", "test", infection={name: values * np.nan for name, values in infection.items()})
    with pytest.raises(InputError, match=r"infection of slice s08 holds NaN"):
        run_single(folder)


def test_threshold_outside_of_the_range_is_refused(case):
    with pytest.raises(InputError, match="between 0 and 1"):
        run_single(case[0], threshold=1.5)
