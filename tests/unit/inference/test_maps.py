"""The commands that predict: each slice at its own size, by a network that has not seen it."""

import json

import numpy as np
import pytest
import torch

import predict_classes
import predict_infection
from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.inference import weights as checkpoint
from ssinfnet.slices import parts, split
from ssinfnet.slices.budget import labelled_ids
from ssinfnet.slices.store import SliceStore

SINGLE = {"single": {"network": {"backbone": "resnet18", "weights": "none"}, "training": {"size": 32}}}
MULTI = {"multi": {"network": {"width": 4}, "training": {"size": 32}}}


@pytest.fixture(scope="module")
def single_weights(tmp_path_factory):
    """Two single networks: one that finds infection nowhere, one that finds it everywhere."""
    folder = tmp_path_factory.mktemp("weights")
    network = networks.create("infnet", backbone="resnet18", weights="none")
    paths = []
    for name, bias in (("nowhere", -60.0), ("everywhere", 60.0)):
        state = {key: value.clone() for key, value in network.state_dict().items()}
        head = network.HEADS["s_3"]
        for key in state:
            if key.startswith(f"{head}.") and key.endswith("bias"):
                state[key].fill_(bias)
        paths.append(folder / f"{name}.safetensors")
        checkpoint.save_weights(paths[-1], state, {})
    return paths


def predict(labelled, out, weights, part="train", *options):
    argv = ["--config-json", json.dumps(SINGLE), "--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    predict_infection.main([*argv, "--part", part, "--weights", *map(str, weights), "--out", str(out), *options])
    return SliceStore(out)


def test_each_fold_is_predicted_by_the_network_that_left_it_out(labelled, single_weights, tmp_path):
    table = parts.read_split(labelled["split"])
    fold_of = split.assign_folds(table, 2)
    with predict(labelled, tmp_path / "p.h5", single_weights) as maps:
        assert set(maps.ids) == set(parts.part_ids(table, "train"))
        for slice_id in maps.ids:
            found = maps.read("infection", slice_id)
            assert found.shape == (64, 64) and found.dtype == np.float16
            assert (found > 0.99).all() if fold_of[slice_id] == 1 else (found < 0.01).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_a_label_budget_the_folds_are_those_of_the_trainings(labelled, single_weights, tmp_path, seed):
    """The unlabelled slices have a prior as well."""
    table = parts.read_split(labelled["split"])
    folds = split.by_fold(table, 2, labelled_ids(table, 4, seed))
    options = ("train", "--labels", "4", "--seed", str(seed))
    with predict(labelled, tmp_path / "p.h5", single_weights, *options) as maps:
        assert set(maps.ids) == set(parts.part_ids(table, "train"))
        everywhere = {name for name in maps.ids if (maps.read("infection", name) > 0.99).all()}
    assert everywhere == set(folds[1])


def test_one_network_predicts_a_whole_part_and_repeats(labelled, single_weights, tmp_path):
    for name in "ab":
        predict(labelled, tmp_path / f"{name}.h5", single_weights[:1], "test").close()
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with SliceStore(tmp_path / "a.h5") as maps:
        assert maps.ids == ["s10", "s11"]


def test_class_maps_follow_the_prior(labelled, tmp_path):
    torch.manual_seed(0)
    network = networks.create("unet", width=4)
    checkpoint.save_weights(tmp_path / "w.safetensors", network.state_dict(), {})
    argv = ["--config-json", json.dumps(MULTI), "--slices", str(labelled["slices"]), "--array", "classes"]
    argv += ["--prior", str(labelled["truth"]), "--weights", str(tmp_path / "w.safetensors")]
    predict_classes.main([*argv, "--out", str(tmp_path / "c.h5")])
    with SliceStore(tmp_path / "c.h5") as maps, SliceStore(labelled["truth"]) as priors:
        assert maps.ids == priors.ids
        values = maps.read("classes", "s10")
        assert values.shape == (3, 64, 64)
        assert 0 <= values.min() < values.max() <= 1


def test_a_mask_holds_the_most_probable_classes(labelled, tmp_path):
    torch.manual_seed(0)
    checkpoint.save_weights(tmp_path / "w.safetensors", networks.create("unet", width=4).state_dict(), {})
    common = ["--config-json", json.dumps(MULTI), "--slices", str(labelled["slices"])]
    common += ["--prior", str(labelled["truth"]), "--weights", str(tmp_path / "w.safetensors")]
    predict_classes.main([*common, "--array", "mask", "--out", str(tmp_path / "m.h5")])
    predict_classes.main([*common, "--array", "classes", "--out", str(tmp_path / "c.h5")])
    with (
        SliceStore(tmp_path / "m.h5") as masks,
        SliceStore(tmp_path / "c.h5") as maps,
        SliceStore(labelled["truth"]) as priors,
    ):
        assert masks.ids == maps.ids == priors.ids
        for slice_id in maps.ids:
            found = masks.read("mask", slice_id)
            assert found.dtype == np.uint8
            assert (found != maps.read("classes", slice_id).argmax(axis=0)).mean() < 0.02  # ties of half precision


@pytest.mark.parametrize(("shard", "ids"), [(0, ["s0", "s5", "s10"]), (1, ["s1", "s6", "s11"]), (4, ["s4", "s9"])])
def test_a_shard_is_every_nth_slice_of_the_store(labelled, single_weights, tmp_path, shard, ids):
    argv = ["--config-json", json.dumps(SINGLE), "--slices", str(labelled["slices"]), "--weights", single_weights[0]]
    argv += ["--shard", str(shard), "--shards", "5", "--out", str(tmp_path / "p.h5")]
    predict_infection.main(list(map(str, argv)))
    with SliceStore(tmp_path / "p.h5") as maps:
        assert maps.ids == ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--part", "test"], "--part needs --split"),
        ([], "one of the arguments --part --shard is required"),
        (["--part", "test", "--shard", "0"], "not allowed with argument"),
    ],
)
def test_which_slices_must_be_clear(labelled, single_weights, tmp_path, capsys, arguments, message):
    argv = ["--slices", labelled["slices"], "--weights", single_weights[0], "--out", tmp_path / "p.h5", *arguments]
    with pytest.raises(SystemExit):
        predict_infection.main(list(map(str, argv)))
    assert message in capsys.readouterr().err


def test_weights_of_another_network_are_an_error(labelled, tmp_path):
    checkpoint.save_weights(tmp_path / "w.safetensors", {"a": torch.zeros(1)}, {})
    with pytest.raises(InputError, match=r"w\.safetensors: the weights do not fit"):
        predict(labelled, tmp_path / "p.h5", [tmp_path / "w.safetensors"])
    assert not (tmp_path / "p.h5").exists()
