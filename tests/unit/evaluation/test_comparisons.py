import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import compare_methods
import plot_comparisons
from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError
from ssinfnet.evaluation import comparisons, paired, seeds
from ssinfnet.figures import comparisons as comparison_figure

METHODS = {
    "plain": {"label": "Plain"},
    "pretext": {"label": "Pretext", "pretext": "inpainting"},
    "augmented": {"label": "Augmented", "augmentation": {"cutout": 0.5}},
}
GROUPS = ["a", "a", "b", "b", "c", "d"]


def test_p_is_the_share_of_all_sign_flips_of_groups_that_are_as_extreme():
    difference = np.array([0.1, 0.3, -0.2, 0.1, 0.4, np.nan, 0.2])
    groups = np.array(["a", "a", "b", "b", "c", "c", "d"])
    found = paired.compare(difference, groups, resamples=200, seed=0)
    sums = np.array([0.4, -0.1, 0.4, 0.2])
    flipped = [abs(sums @ signs) for signs in itertools.product((1, -1), repeat=4)]
    expected = np.mean([value >= abs(sums.sum()) - 1e-12 for value in flipped])
    assert found["p"] == pytest.approx(expected) == pytest.approx(4 / 16)
    assert found["difference"] == pytest.approx(0.9 / 6)
    assert (found["n"], found["groups"]) == (6, 4)


def test_slices_of_one_group_are_no_evidence_of_their_own():
    one = paired.compare(np.full(30, 0.1), np.repeat(list("abc"), 10), resamples=200, seed=0)
    assert one["p"] == pytest.approx(2 / 8)  # the least that three groups can reach
    alone = paired.compare(np.full(30, 0.1), np.full(30, "a"), resamples=200, seed=0)
    assert (alone["p"], alone["low"]) == (None, None)
    nothing = paired.compare(np.full(3, np.nan), np.array(list("abc")), resamples=200, seed=0)
    assert (nothing["p"], nothing["difference"], nothing["n"]) == (None, None, 0)


def test_many_groups_are_sampled_and_agree_with_the_sign_of_the_difference():
    groups = np.arange(40).astype(str)
    noise = np.random.default_rng(0).normal(size=40)
    none, much = (
        paired.compare(noise - noise.mean() + shift, groups, resamples=200, seed=0)["p"] for shift in (0.0, 2.0)
    )
    assert none == pytest.approx(1, abs=0.05)
    assert much == pytest.approx(2 / (paired.PERMUTATIONS + 1))


def test_holm_by_hand():
    assert paired.holm([0.01, 0.04, None, 0.03]) == pytest.approx([0.03, 0.06, None, 0.06])
    assert paired.holm([0.5, 0.6]) == [1, 1]
    assert paired.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order(p_values):
    corrected = np.array(paired.holm(p_values))
    assert (corrected >= p_values).all()
    assert (corrected <= np.minimum(1, len(p_values) * np.array(p_values))).all()
    assert (np.diff(corrected[np.argsort(p_values, kind="stable")]) >= 0).all()


def write_summary(path, values, ids="uvwxyz"):
    content = {
        "bootstrap": {"resamples": 200, "seed": 0},
        "targets": {target: {"metrics": dict.fromkeys(metrics)} for target, metrics in values.items()},
        "per_image": {"id": list(ids), "group": GROUPS, "values": values},
    }
    path.write_text(json.dumps(content))


def compare(folder, *options, methods=METHODS):
    config = ["--config-json", json.dumps({"methods": methods, "severity": {"bootstrap": 200}})]
    compare_methods.main([*config, *map(str, options), f"--out={folder}/comparisons.csv"])
    return comparisons.read(folder / "comparisons.csv")


@pytest.fixture
def runs(tmp_path):
    """Six images, three methods, two seeds of the first; options of the command and the Dice by method and seed."""
    random = np.random.default_rng(0)
    options, dice = [], {}
    for method, seed in [("plain", 0), ("plain", 1), ("pretext", 0), ("augmented", 0)]:
        dice[method, seed] = random.random(6)
        values = {
            name: {"dice": (dice[method, seed] + shift).tolist(), "iou": random.random(6).tolist()}
            for name, shift in (("ggo", 0), ("consolidation", 0.1))
        }
        path = tmp_path / f"{method}{seed}.json"
        write_summary(path, values)
        options += ["--single", method, seed, path]
    return tmp_path, options, dice


def test_all_pairs_once_with_seeds_averaged_first(runs):
    folder, options, dice = runs
    table = compare(folder, *options)
    chosen = table.query("target == 'ggo' and metric == 'dice'")
    assert list(zip(chosen["name"], chosen["reference"], strict=True)) == [
        ("pretext", "plain"),
        ("augmented", "plain"),
        ("augmented", "pretext"),
    ]
    row = chosen.iloc[0]
    expected = dice["pretext", 0] - (dice["plain", 0] + dice["plain", 1]) / 2
    assert float(row["difference"]) == pytest.approx(expected.mean(), abs=1e-5)
    assert (row["n"], row["groups"], row["seeds"]) == ("6", "4", "1")
    found = paired.compare(expected, np.array(GROUPS), resamples=200, seed=0)
    assert float(row["p"]) == pytest.approx(found["p"], abs=1e-5)


def test_holm_counts_pairs_and_targets_of_a_metric(runs):
    folder, options, _ = runs
    table = compare(folder, *options)
    assert set(table["family"]) == {"6"}  # three pairs, two targets
    for _, family in table.groupby("metric"):
        expected = paired.holm(list(family["p"].astype(float)))
        np.testing.assert_allclose(family["p_holm"].astype(float), expected, atol=1e-5)


def test_one_method_has_nobody_to_be_compared_with(runs):
    folder, options, _ = runs
    assert compare(folder, *options[:4]).empty


def test_pretext_minus_its_counterpart_in_either_order():
    methods = {name: Method(**METHODS[name]) for name in METHODS}
    assert list(comparisons.pairs(["pretext", "plain"], methods)) == [("pretext", "plain")]
    assert list(comparisons.pairs(["augmented", "pretext"], methods)) == [("pretext", "augmented")]


def test_a_counterpart_has_the_same_networks():
    unet = {"single_network": {"name": "plain_unet"}}
    methods = {
        "plain": Method(label="A"),
        "own": Method(label="B", **unet),
        "pretext": Method(label="C", pretext="inpainting", **unet),
    }
    assert seeds.reference("pretext", methods, list(methods)) == "own"
    assert seeds.reference("pretext", methods, ["plain", "pretext"]) is None


def patients(path, predicted, score=(0, 0, 0, 1)):
    table = pd.DataFrame({"patient": ["p1", "p2", "p3", "p4"], "score": score})
    table = table.assign(predicted_fitted=predicted, predicted_published=predicted)
    table.loc[len(table)] = ["p5", None, 1, 1]  # of no class: not scored
    table.to_csv(path, index=False)
    return path


def test_patients_are_compared_by_being_right(runs):
    folder, options, _ = runs
    options += ["--patients", "plain", 0, patients(folder / "a.csv", [0, 0, 0, 0])]
    options += ["--patients", "pretext", 0, patients(folder / "b.csv", [0, 0, 1, 1])]
    table = compare(folder, *options).query("table == '5' and target == 'patients_fitted'").set_index("metric")
    # Right: 3 of 4 each; by class 3/3 and 0/1 against 2/3 and 1/1.
    assert float(table.loc["micro_f1", "difference"]) == 0
    assert float(table.loc["balanced_accuracy", "difference"]) == pytest.approx(5 / 6 - 1 / 2, abs=1e-5)
    assert (table["n"] == "4").all()
    other = patients(folder / "b.csv", [0, 0, 1, 1], score=(0, 0, 1, 1))
    with pytest.raises(InputError, match=r"b.csv: scored other patients than .*a.csv"):
        compare(folder, *options[:-1], other)


def test_an_unknown_method_is_named(runs):
    folder, options, _ = runs
    with pytest.raises(InputError, match="method augmented is not in the config"):
        compare(folder, *options, methods={name: METHODS[name] for name in ("plain", "pretext")})


def drawn(table, cutoffs="fitted"):
    figure = comparison_figure.draw(table, cutoffs)
    return figure, [[text.get_text() for text in axis.texts] for axis in figure.axes]


def test_the_figure_has_a_row_per_pair_and_a_panel_per_table(runs):
    folder, options, _ = runs
    options += ["--patients", "plain", 0, patients(folder / "a.csv", [0, 0, 0, 0])]
    options += ["--patients", "pretext", 0, patients(folder / "b.csv", [0, 0, 1, 1])]
    table = compare(folder, *options)
    table = table.assign(target=table["target"].replace("ggo", "infection"))
    figure, texts = drawn(table)
    assert [axis.get_title("left").split(":")[0] for axis in figure.axes] == ["II", "V"]
    assert [len(panel) for panel in texts] == [3, 1]
    row = table.query("table == '5' and metric == 'balanced_accuracy'").iloc[0]
    assert texts[1] == [f"+0.333, p = {float(row['p_holm']):.2g}"]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


def test_with_one_method_the_figure_says_so(runs, tmp_path):
    folder, options, _ = runs
    figure = comparison_figure.draw(compare(folder, *options[:4]), "fitted")
    assert [text.get_text() for text in figure.texts] == [comparison_figure.ONE_METHOD]
    plot_comparisons.main([f"--comparisons={folder}/comparisons.csv", f"--out={folder}/picture.png"])
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")
