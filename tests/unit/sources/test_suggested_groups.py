"""Suggested groups: by the command, from pictures to the table that a folder of slices has beside them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alike import COPIES, scan
from PIL import Image

import prepare_folder
import suggest_groups
from ssinfnet.errors import InputError
from ssinfnet.slices.store import SliceStore, create_store

REAL = Path(__file__).parents[4] / "shared" / "data" / "covid-semiseg" / "labelled"


@pytest.fixture
def folder(tmp_path):
    """Three patients: two slices near each other and a cut copy of one; two slices near each other; one slice."""
    first, second, third = scan(0, 2, step=1), scan(1, 2, step=1), scan(2)
    cut = COPIES["cropped and JPEG"](first[0])
    pictures = {"s1": first[0], "s2": second[0], "s3": third[0], "s4": first[1], "s5": second[1], "s10": cut}
    for kind in ("images", "infection"):
        (tmp_path / "slices" / kind).mkdir(parents=True)
    for name, image in pictures.items():
        Image.fromarray(np.ascontiguousarray(image)).save(tmp_path / "slices/images" / f"{name}.png")
        Image.fromarray(np.uint8(image > 200) * np.uint8(255)).save(tmp_path / "slices/infection" / f"{name}.png")
    return tmp_path / "slices"


def run(*argv, threshold=0.96):  # made-up lungs are all much alike
    suggest_groups.main([*map(str, argv), "--threshold", str(threshold)])


def groups_of(path):
    table = pd.read_csv(path, dtype=str)
    assert list(table.columns) == ["id", "group"]
    return [sorted(part["id"]) for _, part in table.groupby("group", sort=False)]


def test_near_slices_and_copies_are_suggested_and_the_source_reads_the_table(folder, tmp_path, capsys):
    run(folder, "--out", tmp_path / "out", "--more", 3)
    expected = [["s1", "s10", "s4"], ["s2", "s5"], ["s3"]]
    assert groups_of(tmp_path / "out/groups.csv") == expected
    assert "6 slices in 3 groups, 2 of them of several slices\ns1, s4, s10\ns2, s5" in capsys.readouterr().err
    pairs = pd.read_csv(tmp_path / "out/pairs.csv", keep_default_na=False)
    assert list(pairs.columns) == ["one", "other", "similarity", "copy", "same"]
    assert pairs.iloc[0][["one", "other", "copy"]].tolist() == ["s1", "s10", "near"]
    assert pairs["copy"][1:].eq("").all() and pairs["similarity"][1:].is_monotonic_decreasing
    assert pairs["same"].tolist() == ["yes"] * 4 + ["no"] * 3
    with Image.open(tmp_path / "out/pairs.png") as picture:
        assert (picture.width, picture.height) > (600, 600)

    (folder / "groups.csv").write_bytes((tmp_path / "out/groups.csv").read_bytes())
    config = json.dumps({"labelled": {"classes": False}})
    prepare_folder.main(["--config-json", config, "--folder", str(folder), "--out", str(tmp_path / "slices.h5")])
    with SliceStore(tmp_path / "slices.h5") as store:
        assert [sorted(part["id"]) for _, part in store.index.groupby("group", sort=False)] == expected


def test_a_person_has_the_last_word(folder, tmp_path, capsys):
    run(folder, "--out", tmp_path, "--more", 9)
    lines = (tmp_path / "pairs.csv").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("s2,s5")]  # deleted
    (tmp_path / "mine.csv").write_text("\n".join([*kept, "s3.png,S02,,,Yes"]) + "\n")
    run(folder, "--out", tmp_path / "again", "--confirmed", tmp_path / "mine.csv")
    assert groups_of(tmp_path / "again/groups.csv") == [["s1", "s10", "s4"], ["s2", "s3"], ["s5"]]
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["groups.csv"]
    capsys.readouterr()
    (tmp_path / "mine.csv").write_text("one,other,same\ns1,s2,yes\ns2,s3,yes\ns1,s3,no\n")
    run(folder, "--out", tmp_path / "again", "--confirmed", tmp_path / "mine.csv")
    assert "s1 and s3: `same` is no, but other pairs put them into one group" in capsys.readouterr().err
    (tmp_path / "mine.csv").write_text("one,other,same\ns1,s9,yes\ns2,s3,perhaps\n")
    with pytest.raises(InputError, match=r"(?s)row 2: no slice 's9'.*row 3: 'perhaps' in column same; write yes or no"):
        run(folder, "--out", tmp_path / "again", "--confirmed", tmp_path / "mine.csv")


def test_groups_of_a_store_stay_together_and_are_not_asked_for(tmp_path):
    one, other = scan(0, 3, step=1), scan(1, 2, step=1)
    with create_store(tmp_path / "store.h5") as writer:
        for name, group, image in (
            ("a1", "v", one[0]),
            ("a2", "v", one[1]),
            ("a3", "a3", one[2]),
            ("b1", "b1", other[0]),
            ("far", "v", other[1]),
        ):
            writer.add(name, group=group, origin="m", image=image)
    run("--store", tmp_path / "store.h5", "--out", tmp_path, "--more", 0)
    pairs = pd.read_csv(tmp_path / "pairs.csv")
    assert set(zip(pairs["one"], pairs["other"], strict=True)) == {("a1", "a3"), ("a2", "a3"), ("b1", "far")}
    assert groups_of(tmp_path / "groups.csv") == [["a1", "a2", "a3", "b1", "far"]]
    run("--store", tmp_path / "store.h5", "--out", tmp_path, "--more", 0, threshold=1)
    assert groups_of(tmp_path / "groups.csv") == [["a1", "a2", "far"], ["a3"], ["b1"]]


@pytest.mark.parametrize("argv", [["--transform", "upright"], []])
def test_options_that_cannot_be(argv, folder, tmp_path):
    with pytest.raises(SystemExit):
        run(*([folder] if argv else []), "--out", tmp_path / "out", *argv)


def test_slices_of_covid_semiseg_that_look_like_one_patient_come_first(tmp_path):
    if not REAL.is_dir():
        pytest.skip("the real slices are not beside the repository")
    suggest_groups.main([str(REAL), "--out", str(tmp_path)])
    found = [group for group in groups_of(tmp_path / "groups.csv") if len(group) > 1]
    assert found == [["17", "4", "46", "5"], ["10", "43"], ["35", "67"]]
