"""Runs whose seeds have the same images, and those of a cross-validation, by hand."""

import json

import numpy as np
import pytest

import compare_methods
import tabulate_results
from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation import comparisons, paired, seeds
from ssinfnet.evaluation.intervals import bootstrap
from ssinfnet.evaluation.runs import Run
from ssinfnet.report import paper_tables

METHODS = {"plain": {"label": "Plain"}, "pretext": {"label": "Pretext", "pretext": "inpainting"}}
GROUP_OF = {"u": "a", "v": "a", "w": "b", "x": "b", "y": "c", "z": "d"}
# Three folds; seeds 0 to 2 test u to z once each, seed 3 is of the next division and tests u, w and z again.
PLAIN = {0: {"u": 0.2, "v": 0.4}, 1: {"x": 0.6, "w": 0.8}, 2: {"y": 0.1, "z": None}, 3: {"u": 0.6, "w": 0.4, "z": 0.5}}
PRETEXT = {0: {"u": 0.5, "v": 0.3}, 1: {"x": 0.7, "w": 0.9}, 2: {"y": 0.3, "z": 0.2}, 3: {"u": 0.5, "w": 0.5, "z": 0.9}}
CONSTANT = {"u": 0.1, "v": 0.2, "x": 0.3, "w": 0.4, "y": 0.5, "z": 0.6}
IMAGES = ["u", "v", "x", "w", "y", "z"]  # as the seeds have them first


def write(path, dice, constant=CONSTANT, infected=True):
    ids = list(dice)
    constants = {"everything": [constant[name] for name in ids], "nothing": [0.0 for _ in ids]}
    values = list(dice.values())
    known = [value for value in values if value is not None]
    target = {
        "metrics": {"dice": {"mean": float(np.mean(known)) if known else None}},
        "constant": {name: float(np.mean(column)) for name, column in constants.items()},
        "without_foreground": {"truth": 0 if infected else len(ids)},
    }
    content = {
        "images": len(ids),
        "bootstrap": {"resamples": 200, "seed": 0},
        "targets": {"infection": target},
        "per_image": {
            "id": ids,
            "group": [GROUP_OF[name] for name in ids],
            "values": {"infection": {"dice": values}},
            "constant": {"infection": constants},
        },
    }
    path.write_text(json.dumps(content))


@pytest.fixture
def files(tmp_path):
    """Write the runs of both methods; returns the options of the commands for some of the seeds."""
    for name, by_seed in (("plain", PLAIN), ("pretext", PRETEXT)):
        for seed, dice in by_seed.items():
            write(tmp_path / f"{name}{seed}.json", dice)

    def options(chosen, methods=("plain", "pretext")):
        return [(name, seed, tmp_path / f"{name}{seed}.json") for name in methods for seed in chosen]

    return options


def read(runs, folds=3):
    methods = {name: Method(**one) for name, one in METHODS.items()}
    return seeds.read([Run(name, seed, (str(path),)) for name, seed, path in runs], methods, folds=folds)


def table(folder, runs, folds=3):
    """Table II and the comparisons of these runs, by the commands."""
    config = ["--config-json", json.dumps({"methods": METHODS, "split": {"folds": folds}})]
    given = [word for name, seed, path in runs for word in ("--single", name, str(seed), str(path))]
    compare_methods.main([*config, *given, f"--out={folder}/comparisons.csv"])
    outputs = [f"--out-table-{number}={folder}/table_{number}.csv" for number in (2, 3, 4, 5)]
    tabulate_results.main([*config, *given, f"--comparisons={folder}/comparisons.csv", *outputs])
    result = paper_tables.read(folder / "table_2.csv")
    ours = result[result["source"] == "ours"].set_index("name").to_dict("index")
    return ours, comparisons.read(folder / "comparisons.csv").to_dict("records")


def test_the_images_are_those_of_all_seeds_each_with_its_mean(files):
    found = read(files([0, 1, 2, 3]))["plain"]
    np.testing.assert_allclose(
        seeds.image_means(found, "infection", "dice"), [0.4, 0.4, 0.6, 0.6, 0.1, 0.5]
    )  # u: (.2 + .6) / 2, w: (.8 + .4) / 2, z: of seed 3 alone
    assert seeds.image_groups(found).tolist() == [GROUP_OF[name] for name in IMAGES]
    constants = seeds.image_means(found, "infection", "everything", "constant")
    np.testing.assert_allclose(constants, [CONSTANT[name] for name in IMAGES])


def test_the_order_of_the_seeds_on_the_command_line_does_not_matter(files):
    for name, found in read(files([2, 0, 1])).items():
        expected = read(files([0, 1, 2]))[name]
        assert [one["seed"] for one in found] == [0, 1, 2]
        np.testing.assert_array_equal(seeds.image_groups(found), seeds.image_groups(expected))
    mixed = [*files([0, 1, 2], ["plain"]), *files([2, 1, 0], ["pretext"])]
    by_method = read(mixed)
    difference = np.subtract(
        *(seeds.image_means(by_method[name], "infection", "dice") for name in ("pretext", "plain"))
    )
    np.testing.assert_allclose(difference, [0.3, -0.1, 0.1, 0.1, 0.2, np.nan])


def test_a_cross_validation_is_scored_on_all_of_its_slices(files, tmp_path):
    ours, compared = table(tmp_path, files([0, 1, 2]))
    row = ours["plain"]
    assert (row["n"], row["groups"], row["undefined"], row["seeds"]) == ("5", "3", "1", "3")
    assert float(row["mean"]) == pytest.approx((0.2 + 0.4 + 0.6 + 0.8 + 0.1) / 5)
    values = np.array([0.2, 0.4, 0.6, 0.8, 0.1])
    interval = bootstrap(values, np.array(list("aabbc")), resamples=200, seed=0)
    assert (float(row["low"]), float(row["high"])) == pytest.approx(interval, abs=1e-5)
    assert float(row["chance"]) == pytest.approx(sum(CONSTANT.values()) / 6)
    assert row["seed_sd"] == ""  # the means of the seeds are of different slices
    (pair,) = compared
    assert (pair["name"], pair["reference"], pair["n"], pair["groups"]) == ("pretext", "plain", "5", "3")
    difference = np.array([0.3, -0.1, 0.1, 0.1, 0.2])
    found = paired.compare(difference, np.array(list("aabbc")), resamples=200, seed=0)
    assert float(pair["difference"]) == pytest.approx(0.6 / 5)
    assert [float(pair[name]) for name in ("low", "high", "p")] == pytest.approx(
        [found[name] for name in ("low", "high", "p")], abs=1e-5
    )
    assert ours["pretext"]["difference"] == pair["difference"]
    assert ours["pretext"]["n"] == "6"


def test_a_slice_that_is_tested_more_often_counts_once(files, tmp_path):
    row = table(tmp_path, files([0, 1, 2, 3]))[0]["plain"]
    assert (row["n"], row["seeds"]) == ("6", "4")
    assert float(row["mean"]) == pytest.approx((0.4 + 0.4 + 0.6 + 0.6 + 0.1 + 0.5) / 6)
    assert float(row["chance"]) == pytest.approx(sum(CONSTANT.values()) / 6)
    assert row["seed_sd"] == ""  # of the second division two folds are missing


def test_the_spread_is_that_of_whole_divisions(files, tmp_path):
    for name in METHODS:
        write(tmp_path / f"{name}4.json", {"v": 0.2, "x": 0.5})
        write(tmp_path / f"{name}5.json", {"y": 0.4})
    row = table(tmp_path, files(range(6)))[0]["pretext"]
    first, second = np.mean([0.5, 0.3, 0.7, 0.9, 0.3, 0.2]), np.mean([0.5, 0.5, 0.9, 0.2, 0.5, 0.4])
    assert float(row["seed_sd"]) == pytest.approx(np.std([first, second], ddof=1), abs=1e-5)


def test_a_target_that_some_seeds_cannot_test_is_said(files, tmp_path):
    for name in METHODS:
        write(tmp_path / f"{name}2.json", {"y": None, "z": None}, infected=False)
    row = table(tmp_path, files([0, 1, 2]))[0]["plain"]
    assert (row["n"], row["undefined"]) == ("4", "2")
    assert row["note"].startswith("no test slice of seed 2 has infection")


def test_runs_of_one_seed_must_have_the_same_images(files, tmp_path):
    write(tmp_path / "pretext1.json", PRETEXT[0])
    with pytest.raises(InputError, match=r"pretext1.json: scored on other images than .*plain1.json; evaluate both"):
        read(files([0, 1]))


def test_methods_need_the_same_seeds(files):
    with pytest.raises(InputError, match="method pretext has no seed 1, whose test slices others are scored on"):
        read([*files([0, 1], ["plain"]), *files([0], ["pretext"])])


def test_without_folds_other_images_are_an_error(files):
    with pytest.raises(InputError, match=r"plain1.json: scored on other images than .*plain0.json"):
        read(files([0, 1]), folds=None)
