import json

import numpy as np
import pandas as pd
import pytest

import calibrate_share
from ssinfnet.config.cleaning import Cleaning
from ssinfnet.errors import InputError
from ssinfnet.evaluation import shares
from ssinfnet.lungs.slice_methods import METHODS
from ssinfnet.slices import parts
from ssinfnet.slices import store as slices

SIZE = 128


def picture():
    """A body with two lungs that the method finds."""
    image = np.full((SIZE, SIZE), 10, np.uint8)
    image[20:110, 8:120] = 200
    image[35:95, 22:56] = image[35:95, 72:106] = 60
    return image


LUNGS = METHODS["closed"](picture()) > 0
BOX = np.zeros((SIZE, SIZE), bool)
BOX[50:70, 30:50] = True  # within a lung
WALL = np.zeros((SIZE, SIZE), bool)
WALL[60:70, 8:14] = True  # lesion where no lung is found


@pytest.fixture
def files(tmp_path):
    """Write stores of slices given as id, group, part, image, truth, found (and lungs), and return their paths."""

    def write(cases):
        rows = [case[:3] for case in cases]
        parts.write_split(tmp_path / "split.csv", pd.DataFrame(rows, columns=["id", "group", "part"]))
        names = ("slices.h5", "validation.h5", "test.h5")
        with (
            slices.create_store(tmp_path / names[0]) as store,
            slices.create_store(tmp_path / names[1]) as validation,
            slices.create_store(tmp_path / names[2]) as test,
        ):
            for slice_id, group, part, image, truth, found, *lungs in cases:
                where = {"group": group, "origin": "memory"}
                arrays = {"lungs": lungs[0].astype(np.uint8)} if lungs else {}
                store.add(slice_id, **where, image=image, mask=truth.astype(np.uint8), **arrays)
                if part != "train":
                    maps = {"validation": validation, "test": test}[part]
                    maps.add(slice_id, **where, infection=0.6 * found.astype(np.float16))
        (tmp_path / "metrics.json").write_text('{"threshold": {"value": 0.5}}')
        return [tmp_path / name for name in ("split.csv", *names[1:], "metrics.json")]

    return write


def measured(tmp_path, paths, seeds=(0,)):
    split, validation, test, _ = paths
    with slices.SliceStore(tmp_path / "slices.h5") as store:
        maps = {"validation": slices.SliceStore(validation), "test": slices.SliceStore(test)}
        predictions = [shares.Predictions(seed, parts.read_split(split), maps, 0.5) for seed in seeds]
        return shares.measure(store, predictions, (1, 2), method="closed", trust=Cleaning())


def test_shares_by_hand(files, tmp_path):
    """Two slices are pooled; the lesion at the wall is lung of the truth, and what is found there is not told."""
    assert LUNGS.sum() > 2000 and not (LUNGS & WALL).any() and LUNGS[BOX].all()
    none = np.zeros_like(BOX)
    cases = [("a", "g", "validation", picture(), BOX | WALL, BOX), ("b", "g", "validation", picture(), none, WALL)]
    cases += [("c", "h", "test", picture(), none, none), ("d", "i", "train", picture(), BOX, BOX)]
    rows = measured(tmp_path, files(cases)).set_index("group")
    assert list(rows.index) == ["h", "g"] and list(rows["slices"]) == [1, 2]
    assert rows.loc["g", "predicted"] == BOX.sum() / (2 * LUNGS.sum())
    assert rows.loc["g", "truth"] == (BOX | WALL).sum() / (2 * LUNGS.sum() + WALL.sum())
    assert rows.loc["h", ["predicted", "truth"]].tolist() == [0, 0]


def test_stored_lungs_are_those_of_the_truth_alone(files, tmp_path):
    true_lungs = np.zeros_like(LUNGS)
    true_lungs[30:100, 20:110] = True
    rows = measured(tmp_path, files([("a", "g", "validation", picture(), BOX, BOX, true_lungs)]))
    assert rows["predicted"][0] == BOX.sum() / LUNGS.sum()
    assert rows["truth"][0] == BOX.sum() / true_lungs.sum()


def test_slices_whose_lungs_are_rejected_count_on_neither_side(files, tmp_path):
    blank = np.zeros((SIZE, SIZE), np.uint8)
    cases = [("a", "g", "validation", picture(), BOX, BOX), ("b", "g", "validation", blank, BOX, BOX)]
    cases += [("c", "h", "validation", blank, BOX, BOX)]
    rows = measured(tmp_path, files(cases), seeds=(0, 1))
    assert list(rows["seed"]) == [0, 0, 1, 1] and list(rows["used"]) == [1, 0, 1, 0]
    assert rows["truth"][0] == BOX.sum() / LUNGS.sum() and rows.loc[[1, 3], ["predicted", "truth"]].isna().all(
        axis=None
    )


def test_a_map_of_another_size_is_refused(files, tmp_path):
    paths = files([("a", "g", "validation", picture(), BOX, BOX[:64])])
    with pytest.raises(InputError, match=r"a is \(64, 128\), not \(128, 128\); predict again"):
        measured(tmp_path, paths)


def test_the_command(files, tmp_path, capsys):
    paths = files([(f"v{number}", f"v{number}", "validation", picture(), BOX, BOX) for number in range(4)])
    out = ["--out-groups", str(tmp_path / "groups.csv"), "--out-json", str(tmp_path / "interval.json")]
    run = [["--run", "m", str(seed), *map(str, paths)] for seed in (0, 1)]
    calibrate_share.main(["--slices", str(tmp_path / "slices.h5"), *run[0], *run[1], *out])
    found = json.loads((tmp_path / "interval.json").read_text())
    assert [table["seeds"] for table in found["tables"]] == [[0, 1], [0], [1]] and found["torn"] == 0
    assert len(pd.read_csv(tmp_path / "groups.csv")) == 8
    assert "4 validation groups" in capsys.readouterr().err
    with pytest.raises(InputError, match="seed 0 is given twice"):
        calibrate_share.main(["--slices", str(tmp_path / "slices.h5"), *run[0], *run[0], *out])
    with pytest.raises(InputError, match=r"several methods \(m, n\)"):
        calibrate_share.main(
            ["--slices", str(tmp_path / "slices.h5"), *run[0], "--run", "n", "0", *map(str, paths), *out]
        )
