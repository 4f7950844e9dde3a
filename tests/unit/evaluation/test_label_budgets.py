"""Dice against the number of labels: the numbers, the command and its figure, on summaries made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

import plot_label_budget
from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation import paired, seeds
from ssinfnet.evaluation.intervals import describe
from ssinfnet.figures import label_budget
from ssinfnet.files.tables import read_csv
from ssinfnet.slices import parts

GROUPS = ["a", "a", "b", "b", "c", "d"]
BOOTSTRAP = {"resamples": 200, "seed": 0}
# The config of split.labels [3, all] for two methods, as the rules give it; the families of both have the same names.
METHODS = {
    "plain_3": {"label": "Plain, 3 labels", "labels": 3, "family": "Plain"},
    "plain_all": {"label": "Plain, all labels", "labels": "all", "family": "Plain"},
    "pretext_3": {"label": "Pretext, 3 labels", "labels": 3, "family": "Pretext", "pretext": "inpainting"},
    "pretext_all": {"label": "Pretext, all labels", "labels": "all", "family": "Pretext", "pretext": "inpainting"},
}


def write_summary(path, dice, target="infection", chance=0.25):
    known = [value for value in dice if value is not None]
    content = {
        "bootstrap": BOOTSTRAP,
        "targets": {
            target: {
                "metrics": {"dice": {"mean": float(np.mean(known)) if known else None}},
                "constant": {"nothing": 0.0 if known else None, "everything": chance if known else None},
            }
        },
        "per_image": {"id": list("uvwxyz"), "group": GROUPS, "values": {target: {"dice": list(dice)}}},
    }
    path.write_text(json.dumps(content))


@pytest.fixture
def runs(tmp_path):
    """Two methods at two budgets and two seeds: options of the command, and the Dice by method and seed."""
    rows = [(f"s{number}", f"g{number // 2}", "train") for number in range(8)]
    parts.write_split(tmp_path / "split.csv", pd.DataFrame(rows, columns=["id", "group", "part"]))
    random = np.random.default_rng(0)
    options, dice = [], {}
    for name in METHODS:
        for seed in (0, 1):
            dice[name, seed] = random.random(6)
            path = tmp_path / f"{name}{seed}.json"
            write_summary(path, dice[name, seed].tolist(), chance=0.2 + 0.1 * seed)
            options += ["--single", name, seed, tmp_path / "split.csv", path]
    return tmp_path, options, dice


def plot(folder, options, methods=METHODS):
    argv = ["--config-json", json.dumps({"methods": methods}), *map(str, options)]
    plot_label_budget.main([*argv, f"--out-figure={folder}/figure.png", f"--out-table={folder}/table.csv"])
    return read_csv(folder / "table.csv", dtype=str, keep_default_na=False)


def test_means_intervals_and_differences_are_of_the_images_over_the_seeds(runs):
    folder, options, dice = runs
    table = plot(folder, options)
    assert list(zip(table["family"], table["labels"], table["name"], strict=True)) == [
        ("Plain", "3", "plain_3"),
        ("Plain", "all", "plain_all"),
        ("Pretext", "3", "pretext_3"),
        ("Pretext", "all", "pretext_all"),
    ]
    mean = {name: (dice[name, 0] + dice[name, 1]) / 2 for name in METHODS}
    for row in table.to_dict("records"):
        found = describe(mean[row["name"]], np.array(GROUPS), **BOOTSTRAP)
        for column, key in (("dice", "mean"), ("low", "low"), ("high", "high")):
            assert float(row[column]) == pytest.approx(found[key], abs=1e-5)
        each = [dice[row["name"], seed].mean() for seed in (0, 1)]
        assert [float(value) for value in row["by_seed"].split()] == pytest.approx(each, abs=1e-5)
        assert (row["seeds"], row["images"], row["chance"]) == ("2", "6", "0.25")
    # Whole groups of two slices: four for three.
    assert list(table["slices"]) == ["4", "8", "4", "8"]

    plain, pretext = table.iloc[:2], table.iloc[2:]
    assert set(plain["difference"]) == set(plain["reference"]) == {""} and set(pretext["reference"]) == {"Plain"}
    for row, labels in zip(pretext.to_dict("records"), ("3", "all"), strict=True):
        difference = mean[f"pretext_{labels}"] - mean[f"plain_{labels}"]
        found = paired.compare(difference, np.array(GROUPS), **BOOTSTRAP)
        assert float(row["difference"]) == pytest.approx(difference.mean(), abs=1e-5)
        assert float(row["difference_low"]) == pytest.approx(found["low"], abs=1e-5)
        assert float(row["difference_high"]) == pytest.approx(found["high"], abs=1e-5)
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_the_classes_have_panels_and_one_that_no_image_has_is_empty(runs):
    folder, options, dice = runs
    for name in METHODS:
        for seed in (0, 1):
            content = {}
            for target, values in (("ggo", dice[name, seed].tolist()), ("consolidation", [None] * 6)):
                write_summary(folder / "one.json", values, target)
                one = json.loads((folder / "one.json").read_text())
                content = content or one
                content["targets"] |= one["targets"]
                content["per_image"]["values"] |= one["per_image"]["values"]
            path = folder / f"multi_{name}{seed}.json"
            path.write_text(json.dumps(content))
            options += ["--predicted", name, seed, folder / "split.csv", path]
    table = plot(folder, options)
    assert list(dict.fromkeys(table["target"])) == ["infection", "ggo", "consolidation"]
    empty = table[table["target"] == "consolidation"]
    assert set(empty["dice"]) == set(empty["chance"]) == set(empty["difference"]) == {""}
    axes = label_budget.draw(table).axes
    assert [axis.get_title("left") for axis in axes] == ["Infection", "GGO", "Consolidation"]


def test_a_budget_that_the_reference_lacks_has_no_difference(runs):
    folder, options, _ = runs
    table = plot(folder, options[: 2 * 5] + options[4 * 5 :])  # without plain_all
    assert list(table["name"]) == ["plain_3", "pretext_3", "pretext_all"]
    assert [bool(value) for value in table["difference"]] == [False, True, False]


def test_an_unknown_method_is_named(runs):
    folder, options, _ = runs
    with pytest.raises(InputError, match="method pretext_all is not in the config"):
        plot(folder, options, {name: METHODS[name] for name in list(METHODS)[:3]})


def test_the_figure_shows_these_numbers(runs):
    folder, options, _ = runs
    table = plot(folder, options)
    figure = label_budget.draw(table)
    [axis] = figure.axes
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["3\n(4)", "all\n(8)"]
    lines = [line for line in axis.lines if line.get_markersize() == 5 and len(line.get_xdata()) == 2]
    means = [line.get_ydata().tolist() for line in lines if line.get_marker() == "o"]
    expected = table["dice"].astype(float).tolist()
    assert means == [expected[:2], expected[2:]]
    assert lines[0].get_xdata() == pytest.approx(lines[1].get_xdata() - label_budget.APART)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Plain", "Pretext", "Picture-blind baseline"]


def test_budgets_rise_and_are_named_by_their_number(runs):
    folder, options, dice = runs
    methods = {}
    for labels in ("all", 8, 2):
        methods |= {f"plain_{labels}": {"label": "P", "labels": labels, "family": "Plain"}}
    options = []
    for name in methods:
        write_summary(folder / f"{name}.json", dice["plain_3", 0].tolist())
        options += ["--single", name, 0, folder / "split.csv", folder / f"{name}.json"]
    table = plot(folder, options, methods)
    assert list(table["labels"]) == ["2", "8", "all"]
    [axis] = label_budget.draw(table).axes
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["2", "8", "all\n(8)"]


def test_the_reference_without_pretext_has_the_same_budget():
    methods = {name: Method(**METHODS[name]) for name in METHODS}
    for labels in ("3", "all"):
        assert seeds.without_pretext(f"pretext_{labels}", methods, list(methods)) == f"plain_{labels}"
    assert seeds.without_pretext("pretext_3", methods, ["plain_all", "pretext_3"]) is None
