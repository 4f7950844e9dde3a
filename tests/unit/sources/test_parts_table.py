"""A split of one's own: what is read, and that every defect is listed."""

import json

import pandas as pd
import pytest

import prepare_parts
import split_slices
from ssinfnet.errors import InputError
from ssinfnet.slices.parts import read_split
from ssinfnet.slices.store import create_store
from ssinfnet.sources.parts_table import part_of, read_parts

IDS = ["s1", "s2", "s10", "x"]
ROWS = [("s1", "train"), ("s2", "validation"), ("s10", "test"), ("x", "test")]


def write(path, rows, header="id,part"):
    path.write_text("\n".join([header, *(",".join(row) for row in rows), ""]))
    return path


@pytest.mark.parametrize(
    ("word", "part"),
    [
        *((word, "train") for word in ("train", "Train", "TRAINING", "training set", "train_set", "Train-Set", "tr")),
        *((word, "validation") for word in ("val", "Valid", "validation", "validation split", "ValidationSet")),
        *((word, "test") for word in ("test", "Testing", "test data set", " TEST ")),
        *((word, None) for word in ("", "set", "dev", "none", "trian", "0", "train test", "testtrain")),
    ],
)
def test_spellings_of_parts(word, part):
    assert part_of(word) == part


def test_ids_are_matched_as_those_of_groups_are(tmp_path, capsys):
    rows = [("x", "Test"), ("S01.png", "Training"), ("s2", "val"), ("s10.JPG", "testing")]
    found = read_parts(write(tmp_path / "parts.csv", rows), IDS)
    assert list(found["id"]) == IDS
    assert list(found["part"]) == ["train", "validation", "test", "test"]
    said = capsys.readouterr().err
    assert "2 ids are not those of the pictures" in said and "'S01.png' as 's1'" in said


def test_a_row_twice_with_the_same_part_says_the_same(tmp_path):
    found = read_parts(write(tmp_path / "parts.csv", [*ROWS, ("s1", "Train")]), IDS)
    assert list(found["part"]) == [part for _, part in ROWS]


def test_all_defects_are_listed(tmp_path):
    rows = [("S1.png", "train"), ("s01", "test"), ("s2", "trian"), ("s3", "test"), ("x", "")]
    with pytest.raises(InputError, match="5 defects in") as error:
        read_parts(write(tmp_path / "parts.csv", rows), IDS)
    lines = str(error.value).splitlines()[1:]
    assert [line.split("parts.csv: ")[1] for line in lines] == [
        "row 4: 'trian' is no part; the parts are train, validation, test",
        "row 5: there is no slice 's3'",
        "row 6: slice x has no part; the parts are train, validation, test",
        "slice s1 is in train (row 2) and test (row 3); keep one of them",
        "no row for slice s10",
    ]


def test_a_part_that_stays_empty_is_named(tmp_path):
    with pytest.raises(InputError, match=r"2 defects(.|\n)*part validation has no slice(.|\n)*part test has no slice"):
        read_parts(write(tmp_path / "parts.csv", [(name, "train") for name in IDS]), IDS)


def test_another_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no column 'part' among id, set"):
        read_parts(write(tmp_path / "parts.csv", ROWS, header="id,set"), IDS)


@pytest.fixture
def store(tmp_path):
    with create_store(tmp_path / "slices.h5") as writer:
        for name in IDS:
            writer.add(name, group="g" if name.startswith("s") else name, origin="made here")
    return tmp_path / "slices.h5"


def split(store, file, **config):
    folder = store.parent
    prepare_parts.main([f"--slices={store}", f"--file={file}", f"--out={folder}/parts.csv"])
    options = ["--config-json", json.dumps({"split": {"by": "file", **config}})]
    split_slices.main([*options, f"--slices={store}", f"--parts={folder}/parts.csv", f"--out={folder}/split.csv"])
    return read_split(folder / "split.csv")


def test_the_commands_write_the_split_as_it_is_given_groups_torn_or_not(store, tmp_path):
    table = split(store, write(tmp_path / "given.csv", reversed(ROWS)))
    expected = {"id": IDS, "group": ["g", "g", "g", "x"], "part": [part for _, part in ROWS]}
    pd.testing.assert_frame_equal(table, pd.DataFrame(expected), check_dtype=False)


def test_parts_of_another_store_are_refused(store, tmp_path):
    pd.DataFrame(ROWS[:3], columns=["id", "part"]).to_csv(tmp_path / "parts.csv", index=False)
    options = ["--config-json", json.dumps({"split": {"by": "file"}}), f"--slices={store}", f"--out={tmp_path}/o.csv"]
    with pytest.raises(InputError, match="of other slices than the store; run prepare_parts again"):
        split_slices.main([*options, f"--parts={tmp_path}/parts.csv"])
    with pytest.raises(InputError, match=r"--parts goes with split\.by: file"):
        split_slices.main(options)


def test_the_seed_goes_with_folds_alone(store, tmp_path):
    options = [f"--slices={store}", f"--out={tmp_path}/o.csv"]
    for arguments in (["--seed", "0"], ["--config-json", json.dumps({"split": {"folds": 3, "by": "slice"}})]):
        with pytest.raises(InputError, match=r"--seed goes with split\.folds"):
            split_slices.main([*options, *arguments])
