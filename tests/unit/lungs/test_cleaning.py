import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import clean_parenchyma
from ssinfnet.config.cleaning import Cleaning
from ssinfnet.errors import InputError
from ssinfnet.lungs import cleaning
from ssinfnet.slices import store
from ssinfnet.slices.shards import Shards

GOOD = {"area": 0.15, "components": 2, "balance": 0.9, "border": 0.0, "solidity": 0.9}
EMPTY = dict.fromkeys(GOOD, 0)


def table(*measures):
    rows = [
        {"id": f"s{number}", "group": f"g{number // 2}", "spine": "below", **GOOD, **row}
        for number, row in enumerate(measures)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("measures", "reason"),
    [
        ({}, ""),
        (EMPTY, "no lungs found"),
        ({"area": 0.0099}, "area below 0.01"),
        ({"area": 0.61}, "area above 0.6"),
        ({"components": 5}, "more than 4 components"),
        ({"balance": 0.39}, "left/right balance below 0.4"),
        ({"border": 0.021}, "border contact above 0.02"),
        ({"solidity": 0.52}, "solidity below 0.53"),
        ({"area": 0.01, "components": 4, "balance": 0.4, "border": 0.02, "solidity": 0.53}, ""),
        ({"balance": 0.1, "solidity": 0.1}, "left/right balance below 0.4"),
    ],
)
def test_each_limit_rejects_with_its_reason_and_a_limit_itself_is_kept(measures, reason):
    judged = cleaning.judge(table(measures), Cleaning(), {})
    assert judged.loc[0, ["verdict", "reason"]].tolist() == ["rejected" if reason else "kept", reason]


def test_the_hand_kept_list_always_wins_and_is_counted_as_one_reason():
    judged = cleaning.judge(table({}, {}, EMPTY, {}), Cleaning(), {"s0": "blurred: moved", "s1": "", "s2": "neck"})
    by_hand = "excluded by hand"
    assert judged["reason"].tolist() == [f"{by_hand}: blurred: moved", by_hand, f"{by_hand}: neck", ""]
    assert cleaning.count(judged) == {
        "before": 4,
        "after": 1,
        "patients_before": 2,
        "patients_after": 1,
        "by_reason": {by_hand: 3},
        "patients_by_spine": {"below": 2},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,reason\nnobody,x\n", "there is no slice 'nobody'"),
        ("id,reason\ns0,x\ns0,y\n", "s0 is listed more than once"),
        ("slice,reason\ns0,x\n", "no column 'id' among slice, reason"),
        ("", "cannot be read as a table"),
    ],
)
def test_a_wrong_exclusion_list_is_an_error_that_names_it(tmp_path, text, message):
    path = tmp_path / "exclusions.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)) as error:
        cleaning.read_exclusions(path, ["s0"])
    assert str(path) in str(error.value)


def test_all_unknown_exclusions_are_listed_at_once(tmp_path):
    (tmp_path / "e.csv").write_text("id,reason\nx,1\ny,2\ns0,3\n")
    with pytest.raises(InputError, match=r"2 defects[^$]*'x'[^$]*'y'"):
        cleaning.read_exclusions(tmp_path / "e.csv", ["s0"])


def test_limits_that_exclude_everything_are_refused():
    with pytest.raises(ValueError, match="min_area must be below max_area"):
        Cleaning(min_area=0.7)


@pytest.fixture
def inputs(tmp_path):
    """Six slices in two shards; the third has no lungs."""
    lungs = np.zeros((32, 32), np.uint8)
    lungs[8:20, 4:12] = lungs[8:20, 18:26] = 1
    quality = table({}, {}, EMPTY, {"balance": 0.2}, {}, {})
    with store.create_store(tmp_path / "slices.h5") as writer:
        for row in quality.itertuples():
            writer.add(row.id, group=row.group, origin="memory", image=np.full((32, 32), 100, np.uint8))
    for shard in range(2):
        part = quality.iloc[shard::2]
        part.to_csv(tmp_path / f"{shard}.csv", index=False)
        with store.create_store(tmp_path / f"{shard}.h5") as writer:
            for row in part.itertuples():
                writer.add(row.id, group=row.group, origin="memory", lungs=lungs * np.uint8(row.area > 0))
    return tmp_path


def clean(folder, *more, quality=("0.csv", "1.csv"), lungs=("0.h5", "1.h5"), **config):
    arguments = ["--slices", folder / "slices.h5", "--lungs", *(folder / name for name in lungs)]
    arguments += ["--quality", *(folder / name for name in quality)]
    for option, name in (("quality", "q.csv"), ("counts", "c.json"), ("kept", "k.png"), ("rejected", "r.png")):
        arguments += [f"--out-{option}", folder / name]
    clean_parenchyma.main(["--config-json", json.dumps({"cleaning": config}), *map(str, [*arguments, *more])])
    return pd.read_csv(folder / "q.csv", keep_default_na=False), json.loads((folder / "c.json").read_text())


def test_the_command_merges_shards_in_the_order_of_the_store(inputs):
    judged, counts = clean(inputs)
    assert judged["id"].tolist() == [f"s{number}" for number in range(6)]
    assert judged["verdict"].tolist() == ["kept", "kept", "rejected", "rejected", "kept", "kept"]
    assert (counts["before"], counts["after"], counts["patients_before"], counts["patients_after"]) == (6, 4, 3, 2)
    assert counts["by_reason"] == {"no lungs found": 1, "left/right balance below 0.4": 1}
    with Image.open(inputs / "k.png") as kept, Image.open(inputs / "r.png") as rejected:
        assert kept.width > rejected.width


@pytest.mark.parametrize("by", ["option", "config"])
def test_the_command_takes_the_exclusion_list_as_option_or_from_the_config(inputs, by):
    (inputs / "e.csv").write_text("id,reason\ns5,metal\n")
    path = str(inputs / "e.csv")
    judged, counts = clean(inputs, "--exclusions", path) if by == "option" else clean(inputs, exclusions=path)
    assert judged.loc[5, "reason"] == "excluded by hand: metal" and counts["after"] == 3


def test_nothing_kept_still_gives_all_files(inputs):
    judged, counts = clean(inputs, min_balance=1.0)
    assert set(judged["verdict"]) == {"rejected"} and counts["after"] == counts["patients_after"] == 0
    with Image.open(inputs / "k.png") as sheet:
        assert np.asarray(sheet.convert("L")).min() < 128  # it says so


def test_the_same_inputs_give_the_same_bytes(inputs):
    outputs = []
    for _ in range(2):
        clean(inputs)
        outputs.append([(inputs / name).read_bytes() for name in ("q.csv", "c.json", "k.png", "r.png")])
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("quality", "lungs", "message"),
    [
        (["0.csv"], ["0.h5", "1.h5"], "s1 is there not at all"),
        (["0.csv", "1.csv", "0.csv"], ["0.h5", "1.h5"], "s0 is there more than once"),
        (["0.csv", "1.csv"], ["0.h5"], "no slice s1"),
        (["0.csv", "1.csv"], ["0.h5", "0.h5"], "s0 is in"),
        (["0.csv", "missing.csv"], ["0.h5", "1.h5"], "missing.csv: cannot be read (no such file)"),
    ],
)
def test_shards_that_do_not_fit_are_an_error(inputs, quality, lungs, message):
    with pytest.raises(InputError, match=re.escape(message)):
        clean(inputs, quality=quality, lungs=lungs)


def test_measures_of_unknown_slices_are_an_error(inputs):
    with pytest.raises(InputError, match="s5 is there but not in the store"):
        cleaning.read_quality([inputs / "0.csv", inputs / "1.csv"], [f"s{number}" for number in range(5)])


def test_shards_are_closed(inputs):
    with Shards([inputs / "0.h5", inputs / "1.h5"]) as shards:
        assert shards.read("lungs", "s1").any() and not shards.read("lungs", "s2").any()
    with pytest.raises(InputError):
        shards.read("lungs", "s1")


def test_patients_that_lie_turned_or_upside_down_are_counted_and_said(inputs, capsys):
    for shard in range(2):
        part = pd.read_csv(inputs / f"{shard}.csv")
        part["spine"] = part["group"].map({"g0": "below", "g1": "left", "g2": "above"})
        part.to_csv(inputs / f"{shard}.csv", index=False)
    judged, counts = clean(inputs)
    assert judged["verdict"].tolist() == ["kept", "kept", "rejected", "rejected", "kept", "kept"]
    assert counts["patients_by_spine"] == {"above": 1, "below": 1, "left": 1}
    said = capsys.readouterr().err
    assert "2 of 3 patients lie turned or upside down" in said and "g1 (left), g2 (above)" in said


def test_patients_that_lie_upright_are_not_said(inputs, capsys):
    clean(inputs)
    assert "warning" not in capsys.readouterr().err
