from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ssinfnet.config.split import Split
from ssinfnet.errors import InputError
from ssinfnet.slices import parts, split

ROOT = Path(__file__).parents[3]


def index(sizes):
    rows = [(f"g{group}_{number}", f"g{group}") for group, size in enumerate(sizes) for number in range(size)]
    return pd.DataFrame(rows, columns=["id", "group"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=12, max_size=40), st.integers(0, 9))
def test_no_group_is_on_two_sides_and_no_slice_is_lost(sizes, seed):
    table = split.split_slices(index(sizes), Split(train=6, validation=2, test=2, seed=seed))
    assert (table.groupby("group")["part"].nunique() == 1).all()
    assert list(table["id"]) == list(index(sizes)["id"])
    assert set(table["part"]) == set(parts.PARTS)


@pytest.mark.parametrize("seed", range(5))
def test_the_papers_config_gives_its_table_1(seed):
    """MedSeg's 100 single slices and nine volumes, their slices counted by others: slices and groups, all exact."""
    config = yaml.safe_load((ROOT / "experiments/paper.yaml").read_text())["split"] | {"seed": seed}
    sizes = [39, 418, 39, 66, 42, 42, 45, 93, 45] + [1] * 100
    table = split.split_slices(index(sizes), Split(**config))
    assert table["part"].value_counts().to_dict() == {"train": 698, "validation": 114, "test": 117}
    groups = table.groupby("part")["group"].nunique()
    assert groups.to_dict() == {"train": 39, "validation": 35, "test": 35}


def test_other_volumes_come_near_the_shares_of_the_paper():
    sizes = [100, 95, 92, 92, 90, 90, 90, 90, 90] + [1] * 100
    counts = split.split_slices(index(sizes), Split())["part"].value_counts()
    assert abs(counts["train"] - 698) <= 5
    assert abs(counts["validation"] - 114) <= 5
    assert abs(counts["test"] - 117) <= 5


def test_by_slice_reaches_the_shares_exactly_and_tears_groups():
    table = split.split_slices(index([50, 50]), Split(by="slice", train=80, validation=10, test=10))
    assert table["part"].value_counts().to_dict() == {"train": 80, "validation": 10, "test": 10}
    assert table.groupby("group")["part"].nunique().max() > 1


def test_seed_decides_and_is_enough():
    first, again, other = (split.split_slices(index([1] * 30), Split(seed=seed)) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)


def test_too_few_groups_are_an_error():
    with pytest.raises(InputError, match="cannot be split"):
        split.split_slices(index([5, 5]), Split())


def test_another_way_to_split_is_named_only_where_it_helps():
    with pytest.raises(InputError, match=r"2 group.* cannot be split .*split\.by: slice would"):
        split.split_slices(index([5, 5]), Split())
    for by in ("group", "slice"):
        with pytest.raises(InputError, match=r"2 slice\(s\) cannot be split into 3 parts; give more slices"):
            split.split_slices(index([1, 1]), Split(by=by))


def test_a_group_on_two_sides_is_named(tmp_path):
    (tmp_path / "split.csv").write_text("id,group,part\na,g,train\nb,g,test\n")
    assert len(parts.read_split(tmp_path / "split.csv", by="slice")) == 2
    with pytest.raises(InputError, match=r"two sides of the split: g"):
        parts.read_split(tmp_path / "split.csv", by="group")


def test_what_is_not_a_split_table_is_named(tmp_path):
    (tmp_path / "split.csv").write_text("id,group,part\na,g,training\n")
    with pytest.raises(InputError, match=r"split\.csv"):
        parts.read_split(tmp_path / "split.csv")


def test_folds_are_level_and_keep_groups():
    table = split.split_slices(index([3] * 20), Split())
    fold_of = split.assign_folds(table, 4)
    train = table[table["part"] == "train"]
    assert list(fold_of.index) == list(train["id"])
    assert fold_of.groupby(list(train["group"])).nunique().eq(1).all()
    assert fold_of.value_counts().max() - fold_of.value_counts().min() <= 3


FOLDS = Split(folds=4, train=3, validation=1)
SIZES = [9, 7, 6, 5, 4, 3, 2] + [1] * 12


def held_out(sizes, seed, config=FOLDS):
    table = split.split_slices(index(sizes), config, seed=seed)
    assert (table.groupby("group")["part"].nunique() == 1).all() or config.by == "slice"
    assert set(table["part"]) == set(parts.PARTS)
    return set(table.loc[table["part"] == "test", "id"])


@pytest.mark.parametrize("by", ["group", "slice"])
@pytest.mark.parametrize("division", [0, 1, 5])
def test_the_seeds_of_a_division_test_every_slice_once(by, division):
    config = FOLDS.model_copy(update={"by": by})
    folds = [held_out(SIZES, 4 * division + fold, config) for fold in range(4)]
    assert sum(map(len, folds)) == sum(SIZES)
    assert set().union(*folds) == set(index(SIZES)["id"])
    assert max(map(len, folds)) - min(map(len, folds)) <= 1  # many single slices level the folds out


def test_divisions_are_drawn_anew_even_where_no_two_volumes_are_alike():
    sizes = [20, 19, 17, 16, 15, 13, 12, 11, 9, 8]
    divisions = [{frozenset(held_out(sizes, 4 * number + fold)) for fold in range(4)} for number in range(4)]
    assert len(set(map(frozenset, divisions))) >= 3  # of ten volumes two draws may be alike


def test_the_seed_of_the_split_gives_other_folds_and_the_rest_has_the_shares():
    others = FOLDS.model_copy(update={"seed": 1})
    assert held_out([1] * 40, 0) != held_out([1] * 40, 0, others)
    counts = split.split_slices(index([1] * 40), FOLDS, seed=2)["part"].value_counts().to_dict()
    assert counts == {"test": 10, "train": 22, "validation": 8} or counts == {"test": 10, "train": 23, "validation": 7}


def test_fewer_groups_than_folds_are_an_error():
    with pytest.raises(InputError, match=r"3 group.* cannot be split into 4 folds; split\.by: slice would"):
        split.split_slices(index([5, 5, 5]), FOLDS)


def test_how_often_slices_are_tested():
    tables = [split.split_slices(index(SIZES), FOLDS, seed=seed) for seed in range(5)]
    assert parts.tested(tables[:4]) == {"slices": 48, "tested": 48, "least": 1, "most": 1}
    assert parts.tested(tables[:1]) == {"slices": 48, "tested": 12, "least": 0, "most": 1}
    assert parts.tested(tables) == {"slices": 48, "tested": 48, "least": 1, "most": 2}


def test_torn_groups_are_told_with_their_parts():
    table = pd.DataFrame({"id": list("abcd"), "group": list("gghh"), "part": ["test", "train", "test", "test"]})
    assert parts.torn_groups(table) == {"g": ["train", "test"]}
    assert "1 group lies on two sides of the split" in parts.describe_torn(table)
    assert parts.describe_torn(table).endswith("g (train and test)")
    assert parts.describe_torn(table[2:]) == ""
