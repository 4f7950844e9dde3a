import json

import numpy as np
import pandas as pd
import pytest

import plot_worst_cases
from ssinfnet.errors import InputError
from ssinfnet.figures import worst_cases
from ssinfnet.slices import store as slices

IDS = ["missed", "alarm", "elsewhere", "much", "little", "healthy"]


def mask(*boxes):
    result = np.zeros((20, 20), dtype=bool)
    for top, left, height, width in boxes:
        result[top : top + height, left : left + width] = True
    return result


TRUTH = {
    "missed": mask((2, 2, 5, 5)),
    "alarm": mask(),
    "elsewhere": mask((2, 2, 2, 2)),
    "much": mask((5, 5, 4, 4)),
    "little": mask((5, 5, 6, 6)),
    "healthy": mask(),
}
FOUND = {
    "missed": mask(),
    "alarm": mask((0, 0, 2, 4)),
    "elsewhere": mask((15, 15, 2, 2)),
    "much": mask((4, 4, 6, 6)),
    "little": mask((6, 6, 3, 3)),
    "healthy": mask(),
}


def scores(target="infection"):
    rows = []
    for name in IDS:
        truth, found, both = TRUTH[name].sum(), FOUND[name].sum(), (TRUTH[name] & FOUND[name]).sum()
        whole = 1.0 if not truth + found else None
        row = {"id": name, "group": f"group {name}", "target": target, "foreground": truth, "predicted": found}
        row["dice"] = whole or 2 * both / (truth + found)
        row["recall"], row["precision"] = (whole or (both / part if part else 0.0) for part in (truth, found))
        rows.append(row)
    return pd.DataFrame(rows)


def test_worst_first_and_of_equal_dice_the_larger_mistake():
    found = worst_cases.worst(scores(), "single")
    assert list(found["id"]) == ["missed", "alarm", "elsewhere", "little", "much", "healthy"]
    assert list(found["reason"]) == ["missed", "false alarm", "elsewhere", "too little", "too much", "rightly none"]
    assert list(found["truth"]) == [25, 0, 4, 36, 16, 0]
    assert list(found["found"]) == [0, 8, 4, 9, 36, 0]
    assert list(found["rank"]) == [1, 2, 3, 4, 5, 6]


def test_slices_without_a_dice_are_left_out():
    table = scores()
    table.loc[table["id"] == "healthy", "dice"] = np.nan
    assert "healthy" not in set(worst_cases.worst(table, "single")["id"])


def test_the_multi_network_is_ranked_by_the_mean_of_the_lesions():
    ggo, consolidation, mean = scores("ggo"), scores("consolidation"), scores("overall_without_background")
    mean[["foreground", "predicted"]] = np.nan
    mean["dice"] = [0.9, 0.8, 0.1, 0.7, 0.6, 0.5]
    found = worst_cases.worst(pd.concat([ggo, consolidation, mean]), "multi")
    assert list(found["id"][:2]) == ["elsewhere", "elsewhere"]
    assert list(found["target"][:2]) == ["ggo", "consolidation"]
    assert list(found.drop_duplicates("id")["id"]) == ["elsewhere", "healthy", "little", "much", "alarm", "missed"]


@pytest.fixture
def case(tmp_path):
    pd.DataFrame({"id": IDS, "group": IDS, "part": "test"}).to_csv(tmp_path / "split.csv", index=False)
    grey = np.full((20, 20), 90, dtype=np.uint8)
    for name, arrays in (
        ("slices", lambda name: {"image": grey, "mask": TRUTH[name].astype(np.uint8)}),
        ("infection", lambda name: {"infection": FOUND[name].astype(np.float16)}),
        ("classes", lambda name: {"classes": np.stack([~FOUND[name], FOUND[name], mask()]).astype(np.float16)}),
    ):
        with slices.create_store(tmp_path / f"{name}.h5") as writer:
            for slice_id in IDS:
                writer.add(slice_id, group=slice_id, origin="made here", **arrays(slice_id))
    scores().to_csv(tmp_path / "single.csv", index=False)
    targets = ("ggo", "consolidation", "overall_without_background")
    pd.concat(map(scores, targets)).to_csv(tmp_path / "multi.csv", index=False)
    (tmp_path / "metrics.json").write_text(json.dumps({"threshold": {"value": 0.5}}))
    return tmp_path


def run(folder, *seeds, multi=True):
    arguments = [f"--slices={folder}/slices.h5", f"--split={folder}/split.csv", f"--out-table={folder}/worst.csv"]
    arguments += [f"--out-single={folder}/single.png", f"--out-multi={folder}/multi.png"]
    for seed in seeds:
        arguments += ["--single", "net", seed, f"{folder}/single.csv", f"{folder}/infection.h5"]
        arguments += ["--thresholds", "net", seed, f"{folder}/metrics.json"]
        if multi:
            arguments += ["--multi", "net", seed, f"{folder}/multi.csv", f"{folder}/classes.h5"]
    plot_worst_cases.main(arguments)
    return pd.read_csv(folder / "worst.csv")


def test_the_command_lists_every_seed_and_draws(case):
    table = run(case, "4", "2")
    assert set(table["seed"]) == {2, 4}
    assert table["truth"].dtype == table["found"].dtype == int
    assert list(table.groupby("network").size().sort_index()) == [2 * 2 * len(IDS), 2 * len(IDS)]
    with_classes = (case / "multi.png").read_bytes()
    assert set(run(case, "4", multi=False)["network"]) == {"single"}
    assert (case / "multi.png").read_bytes() != with_classes  # a notice instead


def test_the_picture_says_what_went_wrong(case):
    table = worst_cases.worst(scores(), "single")
    split = pd.read_csv(case / "split.csv")
    with slices.SliceStore(case / "slices.h5") as store:
        figure = worst_cases.single_figure(store, split, (1,), {"Net": table}, {"Net": (case / "infection.h5", 0.5)})
    texts = [axis.get_xlabel() for axis in figure.axes]
    assert texts[:2] == [
        "missed\ninfection: missed, Dice 0.00\ntruth 6.25%, found 0.00%",
        "alarm\ninfection: false alarm, Dice 0.00\ntruth 0.00%, found 2.00%",
    ]
    assert figure.axes[0].get_ylabel() == "Net"


def test_a_table_that_evaluation_did_not_write_is_named(case):
    scores().drop(columns="recall").to_csv(case / "single.csv", index=False)
    with pytest.raises(InputError, match=r"single.csv: no column recall"):
        run(case, "0")
