"""The table of unlabelled slices that show a held-out one, from the command that writes it."""

import numpy as np
import pandas as pd
import pytest
from alike import COPIES, scan

import screen_unlabelled
from ssinfnet.errors import InputError
from ssinfnet.slices.parts import write_split
from ssinfnet.slices.screening import read_screened, usable
from ssinfnet.slices.store import SliceStore, create_store

PARTS = {"0": "train", "2": "validation", "4": "test", "6": "test", "blank": "test"}


def store(path, images):
    with create_store(path) as writer:
        for name, image in images.items():
            writer.add(name, group="a", origin="m", image=np.ascontiguousarray(image))
    return path


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    """A split of every second slice of a scan; unlabelled: copies of them, what lies between, another scan."""
    folder, known = tmp_path_factory.mktemp("screened"), scan(0, 8)
    labelled = {name: known[int(name)] for name in PARTS if name.isdigit()} | {"blank": np.zeros((160, 160), np.uint8)}
    store(folder / "labelled.h5", labelled)
    write_split(folder / "split.csv", pd.DataFrame({"id": list(PARTS), "group": "a", "part": list(PARTS.values())}))
    copies = {f"{kind} of {name}": change(known[int(name)]) for name in "024" for kind, change in COPIES.items()}
    store(folder / "unlabelled.h5", copies | {str(number): known[number] for number in (1, 3, 5, 7)})
    store(
        folder / "patients.h5", dict(zip("ab", scan(2, 2), strict=True)) | {"0": known[6], "blank": labelled["blank"]}
    )
    argv = ["--slices", folder / "labelled.h5", "--split", folder / "split.csv", "--out", folder / "unlabelled.csv"]
    screen_unlabelled.main(list(map(str, [*argv, "--unlabelled", folder / "unlabelled.h5", folder / "patients.h5"])))
    return folder


def test_copies_of_held_out_slices_are_named_and_those_of_training_slices_are_usable(screened):
    table = read_screened(screened / "unlabelled.csv").set_index(["source", "id"])["copy_of"]
    found = table[table != ""].to_dict()
    assert found == {("patients", "0"): "6"} | {
        ("unlabelled", f"{kind} of {name}"): name for name in "24" for kind in COPIES
    }
    assert len(table) == 3 * len(COPIES) + 4 + 4


def test_what_is_usable_is_asked_store_by_store(screened):
    table = read_screened(screened / "unlabelled.csv")
    with SliceStore(screened / "unlabelled.h5") as unlabelled, SliceStore(screened / "patients.h5") as patients:
        assert usable(table, unlabelled) == [f"{kind} of 0" for kind in COPIES] + list("1357")
        assert usable(table, patients) == ["a", "b", "blank"]
        # An id of one store says nothing of the same id in another.
        with pytest.raises(InputError, match=r"unlabelled\.h5: slice the same of 0 was not screened; run screen_unl"):
            usable(table[table["source"] == "patients"], unlabelled)


def test_another_table_and_two_stores_of_one_name_are_refused(screened, tmp_path):
    with pytest.raises(InputError, match=r"split\.csv: not a table of screened slices \(columns source, id, copy_of\)"):
        read_screened(screened / "split.csv")
    same = store(tmp_path / "patients.h5", {"a": scan(3)[0]})
    argv = ["--slices", screened / "labelled.h5", "--split", screened / "split.csv", "--out", tmp_path / "out.csv"]
    with pytest.raises(InputError, match="patients: two stores of unlabelled slices have this name"):
        screen_unlabelled.main(list(map(str, [*argv, "--unlabelled", screened / "patients.h5", same])))
    assert not (tmp_path / "out.csv").exists()
