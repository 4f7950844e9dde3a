"""Shards: every slice is in one of them, and one that does not exist is refused by every command."""

import pytest

import extract_parenchyma
import predict_infection
from ssinfnet.errors import InputError
from ssinfnet.slices.shards import members


@pytest.mark.parametrize("count", [0, 1, 7, 10])
@pytest.mark.parametrize("shards", [1, 2, 7])
def test_each_item_is_in_one_shard(count, shards):
    parts = [members(range(count), shard, shards) for shard in range(shards)]
    assert sorted(item for part in parts for item in part) == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(("shard", "shards"), [(7, 2), (2, 2), (-1, 2), (0, 0)])
@pytest.mark.parametrize(
    ("command", "outputs"),
    [
        (extract_parenchyma, ["--out-lungs=lungs.h5", "--out-quality=quality.csv"]),
        (predict_infection, ["--out=maps.h5", "--weights=none.safetensors"]),
    ],
    ids=["extract_parenchyma", "predict_infection"],
)
def test_a_shard_that_does_not_exist_is_refused(labelled, tmp_path, monkeypatch, command, outputs, shard, shards):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"there is no shard {shard} of {shards}; they are numbered from 0"):
        command.main([f"--slices={labelled['slices']}", f"--shard={shard}", f"--shards={shards}", *outputs])
    assert list(tmp_path.iterdir()) == []
