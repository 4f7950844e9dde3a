"""The effects of an ablation: the numbers, the command and its figure, on results folders made by hand."""

import json

import numpy as np
import pytest

import plot_ablation
from ssinfnet.config.augmentation import Augmentation
from ssinfnet.errors import InputError
from ssinfnet.evaluation import ablation, paired
from ssinfnet.figures import ablation as figure
from ssinfnet.files.tables import read_csv

GROUPS = np.array(["a", "a", "b", "b", "c", "d", "e", "f"])
BOOTSTRAP = {"resamples": 200, "seed": 0}
CUTOUT = {"horizontal_flip": 0.5, "cutout": 0.5}
METHODS = {
    "plain": {"label": "Plain"},
    "plain_aug": {"label": "Plain, aug", "augmentation": CUTOUT},
    "turns": {"label": "Turns", "pretext": "rotation"},
    "turns_aug": {"label": "Turns, aug", "pretext": "rotation", "augmentation": CUTOUT},
    "other": {"label": "Masks", "pretext": "random"},
    "longer": {"label": "Longer", "pretext": "random", "single_epochs": 9},  # has no counterpart
    "nnunet": {"label": "nnU-Net", "external": {"infection": "predictions"}},  # has no parts to take away, nor files
}


def write_results(folder, prior, methods=METHODS, seeds=(0, 1, 2), *, classes=True, seed_of_values=0):
    """A results folder with random Dice; returns these by method, seed and target, each (images,)."""
    random, dice = np.random.default_rng(seed_of_values), {}
    config = {"methods": methods, "seeds": list(seeds), "priors": {"mode": prior}, "labelled": {"classes": classes}}
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps({"config": config}))
    for name in (name for name, method in methods.items() if "external" not in method):
        for seed in seeds:
            for stage, targets in ablation.TARGETS.items() if classes else [("single", ("infection",))]:
                values = {target: random.random(len(GROUPS)) for target in targets}
                dice |= {(name, seed, target): value for target, value in values.items()}
                path = folder / name / f"seed{seed}" / ablation.FILES[stage]
                path.parent.mkdir(parents=True)
                images = {
                    "id": [f"s{number}" for number in range(len(GROUPS))],
                    "group": GROUPS.tolist(),
                    "values": {target: {"dice": value.tolist()} for target, value in values.items()},
                }
                path.write_text(json.dumps({"bootstrap": BOOTSTRAP, "per_image": images}))
    return dice


def plot(folder, *results):
    outputs = [f"--out-figure={folder}/figure.png", f"--out-table={folder}/table.csv"]
    plot_ablation.main([*map(str, results), *outputs])
    return read_csv(folder / "table.csv", dtype=str, keep_default_na=False)


def row_of(table, **wanted):
    (row,) = [row for row in table.to_dict("records") if all(row[key] == value for key, value in wanted.items())]
    return row


def test_an_effect_is_the_mean_of_the_pairs_that_differ_in_nothing_else(tmp_path):
    dice = write_results(tmp_path / "one", "out_of_fold")
    table = plot(tmp_path, tmp_path / "one")
    assert set(table["factor"]) == {"pretext", "augmentation"}
    rotation = row_of(table, target="infection", level="rotation")
    assert (rotation["reference"], rotation["pairs"], rotation["seeds"], rotation["groups"]) == ("none", "2", "3", "6")
    by_seed = [
        (
            dice["turns", seed, "infection"]
            - dice["plain", seed, "infection"]
            + dice["turns_aug", seed, "infection"]
            - dice["plain_aug", seed, "infection"]
        )
        / 2
        for seed in range(3)
    ]
    found = paired.compare(np.mean(by_seed, axis=0), GROUPS, **BOOTSTRAP)
    for column in ("difference", "low", "high", "p"):
        assert float(rotation[column]) == pytest.approx(found[column], abs=1e-5)
    means = np.mean(by_seed, axis=1)
    assert [float(value) for value in rotation["by_seed"].split()] == pytest.approx(means, abs=1e-5)
    # Student's t of three seeds: 4.303 standard errors.
    reach = 4.302653 * means.std(ddof=1) / 3**0.5
    ends = [float(rotation[end]) for end in ("seeds_low", "seeds_high")]
    assert ends == pytest.approx([means.mean() - reach, means.mean() + reach], abs=1e-5)
    assert row_of(table, target="infection", level="random")["pairs"] == "1"
    assert row_of(table, target="infection", factor="augmentation")["level"] == "horizontal flip 0.5, cutout 0.5"
    assert (table["p_holm"].astype(float) >= table["p"].astype(float)).all()


def test_priors_are_of_a_folder_and_the_single_network_does_not_see_them(tmp_path):
    sound = write_results(tmp_path / "sound", "out_of_fold")
    paper = write_results(tmp_path / "paper", "in_sample", seed_of_values=1)
    table = plot(tmp_path, tmp_path / "sound", tmp_path / "paper")
    priors = table[table["factor"] == "prior"]
    assert list(priors["target"]) == ["overall_without_background", "ggo", "consolidation"]
    assert set(priors["level"]) == {"out_of_fold"} and set(priors["reference"]) == {"in_sample"}
    assert set(priors["pairs"]) == {"6"}
    differences = [(sound[run] - paper[run]).mean() for run in sound if run[-1] == "ggo"]
    assert float(row_of(priors, target="ggo")["difference"]) == pytest.approx(np.mean(differences), abs=1e-5)
    assert row_of(table, target="infection", level="rotation")["pairs"] == "2"
    assert row_of(table, target="ggo", level="rotation")["pairs"] == "4"


def test_without_classes_infection_alone_is_shown(tmp_path):
    write_results(tmp_path / "one", "out_of_fold", classes=False)
    table = plot(tmp_path, tmp_path / "one")
    assert set(table["target"]) == {"infection"}
    drawn = figure.draw(table)
    (axis,) = drawn.axes
    words = [label.get_text() for label in axis.get_yticklabels()]
    assert words == [
        "Pretext task, minus none",
        "Augmentation, minus none",
        "rotation",
        "random",
        "horizontal flip 0.5, cutout\n0.5",
    ]


def test_one_seed_has_no_interval_over_seeds(tmp_path):
    write_results(tmp_path / "one", "out_of_fold", seeds=(4,), classes=False)
    row = plot(tmp_path, tmp_path / "one").iloc[0]
    assert (row["seeds"], row["seeds_low"], row["seeds_high"]) == ("1", "", "") and row["low"]


def test_results_that_cannot_be_compared_are_refused(tmp_path):
    write_results(tmp_path / "one", "out_of_fold")
    write_results(tmp_path / "seeds", "in_sample", seeds=(0, 1))
    with pytest.raises(InputError, match="seeds: method plain has other seeds or test slices than the first results"):
        plot(tmp_path, tmp_path / "one", tmp_path / "seeds")
    write_results(tmp_path / "alone", "in_sample", {"plain": METHODS["plain"]})
    with pytest.raises(InputError, match="there is no effect to show"):
        plot(tmp_path, tmp_path / "alone")
    with pytest.raises(InputError, match=r"summary\.json: cannot be read \(no such file\)"):
        plot(tmp_path, tmp_path / "nowhere")
    (tmp_path / "one/turns/seed1/single/metrics.json").unlink()
    with pytest.raises(InputError, match=r"turns/seed1/single/metrics\.json: cannot be read"):
        plot(tmp_path, tmp_path / "one")


def test_an_augmentation_is_told_by_what_it_changes():
    assert ablation.describe_augmentation(Augmentation()) == "none"
    changed = Augmentation(rotations=(0, 90), crop=0.7)
    assert ablation.describe_augmentation(changed) == "rotations 0 90, crop 0.7"
