"""Which training slices keep their labels, and what is checked of them before the first training."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import check_inputs
from ssinfnet.errors import InputError
from ssinfnet.slices import budget, parts, split
from ssinfnet.slices import store as slices


def table_of(sizes, *, shuffled=None):
    """A split whose training part has groups of these sizes; two slices are held out."""
    rows = [(f"g{group}_{number}", f"g{group}", "train") for group, size in enumerate(sizes) for number in range(size)]
    rows += [("v", "v", "validation"), ("t", "t", "test")]
    table = pd.DataFrame(rows, columns=["id", "group", "part"])
    return table if shuffled is None else table.sample(frac=1, random_state=shuffled, ignore_index=True)


SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=20)


@given(SIZES, st.integers(0, 50), st.data())
def test_whole_groups_as_few_as_hold_enough_and_nested(sizes, seed, data):
    table = table_of(sizes)
    small, large = sorted(data.draw(st.tuples(*[st.integers(1, sum(sizes))] * 2)))
    drawn = {labels: set(budget.labelled_ids(table, labels, seed)) for labels in (small, large)}
    assert drawn[small] <= drawn[large]
    groups = table.set_index("id")["group"]
    for labels, ids in drawn.items():
        assert len(ids) >= labels
        assert ids == set(groups.index[groups.isin(groups[list(ids)])])
        # Without the group that came last there were too few.
        assert len(ids) - max(groups[list(ids)].value_counts()) < labels


@given(st.integers(1, 12), st.integers(0, 50))
def test_single_slices_give_exactly_as_many(labels, seed):
    assert len(budget.labelled_ids(table_of([1] * 12), labels, seed)) == labels


def test_all_are_all_and_only_of_the_training_part():
    table = table_of([1] * 4 + [3], shuffled=0)
    every = parts.part_ids(table, "train")
    assert budget.labelled_ids(table, None, 5) == budget.labelled_ids(table, 7, 5) == every
    assert [name for name in every if name in budget.labelled_ids(table, 3, 5)] == budget.labelled_ids(table, 3, 5)


def test_the_draw_does_not_depend_on_the_order_of_the_table_and_stays_what_it_was():
    table = table_of([1] * 30)
    first = budget.labelled_ids(table, 5, 0)
    assert first == ["g3_0", "g17_0", "g20_0", "g24_0", "g27_0"]
    assert set(budget.labelled_ids(table_of([1] * 30, shuffled=1), 5, 0)) == set(first)


def test_seeds_draw_differently_and_every_slice_has_its_turn():
    drawn = [tuple(budget.labelled_ids(table_of([1] * 10), 3, seed)) for seed in range(300)]
    counts = pd.Series([name for ids in drawn for name in ids]).value_counts()
    assert len(set(drawn)) > 60
    assert len(counts) == 10 and counts.min() > 60 and counts.max() < 120


@pytest.mark.parametrize(
    ("labels", "said"), [(6, "6 labels are asked for, .* 5 slices; lower split.labels"), (0, "1 or")]
)
def test_too_many_or_none_are_an_error(labels, said):
    with pytest.raises(InputError, match=said):
        budget.labelled_ids(table_of([1] * 5), labels, 0)


# --- folds --------------------------------------------------------------------------------------------------------


@given(SIZES.filter(lambda sizes: len(sizes) >= 6), st.integers(0, 20))
def test_each_fold_has_labelled_slices_and_every_training_slice_a_fold(sizes, seed):
    table = table_of(sizes)
    assume(max(sizes) * 3 <= sum(sizes))
    labelled = budget.labelled_ids(table, max(sizes) * 3, seed)  # of three groups or more
    folds = split.by_fold(table, 2, labelled)
    assert sorted(folds[0] + folds[1]) == sorted(parts.part_ids(table, "train"))
    assert all(set(fold) & set(labelled) for fold in folds)
    fold_of = split.assign_folds(table, 2, labelled)
    assert fold_of.groupby(fold_of.index.str.split("_").str[0]).nunique().eq(1).all()


def test_folds_of_all_slices_are_as_without_a_budget():
    table = table_of([3, 1, 1, 4, 2, 2])
    assert split.assign_folds(table, 2, parts.part_ids(table, "train")).equals(split.assign_folds(table, 2))


def test_too_few_labelled_groups_cannot_make_folds():
    table = table_of([1] * 8)
    with pytest.raises(InputError, match=r"2 training groups with labels cannot make 3 folds; lower priors\.folds"):
        split.assign_folds(table, 3, budget.labelled_ids(table, 2, 0))


# --- check_inputs -------------------------------------------------------------------------------------------------


@pytest.fixture
def check(tmp_path):
    """Run check_inputs on eight training slices, of which `codes` says what the masks hold; returns the notes."""

    def run(codes, *options, **config):
        table = table_of([1] * len(codes))
        parts.write_split(tmp_path / "split.csv", table)
        with slices.create_store(tmp_path / "slices.h5") as store:
            for name, found in zip(table["id"], [*codes, {1, 2}, {1, 2}], strict=True):
                mask = np.zeros((8, 8), dtype=np.uint8)
                mask.flat[: len(found)] = sorted(found)
                store.add(name, group=name, origin="memory", image=mask, mask=mask)
        part = {"slices": 8, "groups": 8, "infected_slices": 8}
        pixels = {"ggo": 9, "consolidation": 9, "effusion": 0}
        content = {"parts": dict.fromkeys(parts.PARTS, part | {"lesion_pixels": pixels})}
        content["total"] = {"infected_slices": 8, "lesion_pixels": pixels}
        (tmp_path / "fingerprint.json").write_text(json.dumps(content))
        argv = ["--config-json", json.dumps(config), "--split", str(tmp_path / "split.csv"), *map(str, options)]
        argv += ["--fingerprint", str(tmp_path / "fingerprint.json"), "--slices", str(tmp_path / "slices.h5")]
        check_inputs.main([*argv, "--out", str(tmp_path / "found.json")])
        return json.loads((tmp_path / "found.json").read_text())["notes"]

    return run


FEW = {"priors": {"mode": "in_sample"}}


def test_a_budget_that_can_be_learned_from_passes(check):
    assert check([{1, 2}] * 8, "--labels", 3, 8, "--seeds", 0, 1, **FEW) == []


def test_more_labels_than_slices_are_an_error_before_any_training_said_once(check):
    with pytest.raises(InputError, match="9 labels are asked for, and the training part has 8 slices") as error:
        check([{1, 2}] * 8, "--labels", 9, "--seeds", 0, 1, **FEW)
    assert str(error.value).count("9 labels") == 1


def test_a_draw_without_infection_is_an_error_and_without_a_class_a_note(check):
    drawn = budget.labelled_ids(table_of([1] * 8), 3, 1)
    contents = [set() if name in drawn else {1, 2} for name in table_of([1] * 8)["id"][:8]]
    with pytest.raises(InputError, match="the 3 slices that seed 1 draws for 3 labels hold no infection"):
        check(contents, "--labels", 3, "--seeds", 1, **FEW)
    contents = [{1} if name in drawn else {1, 2} for name in table_of([1] * 8)["id"][:8]]
    [note] = check(contents, "--labels", 3, "--seeds", 1, **FEW)
    assert note.endswith("the 3 slices that seed 1 draws for 3 labels hold no consolidation")
    assert check(contents, "--labels", 3, "--seeds", 1, labelled={"classes": False}, **FEW) == []


def test_folds_and_batches_are_those_of_the_labelled_slices(check):
    with pytest.raises(InputError, match=r"2 training groups with labels cannot make 3 folds.*\(2 labels, seed 0\)"):
        check([{1, 2}] * 8, "--labels", 2, priors={"folds": 3})
    small = {"training": {"scales": [32], "batch_size": 4}}
    check([{1, 2}] * 8, "--labels", 3, single=small, priors={"folds": 2, "mode": "in_sample"})
    with pytest.raises(InputError, match=r"there is one slice to learn from.*\(3 labels, seed 0\)"):
        check([{1, 2}] * 8, "--labels", 3, single=small, priors={"folds": 2})
