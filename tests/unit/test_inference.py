"""The commands that predict: each slice at its own size, by a network that has not seen it."""

import json

import numpy as np
import pytest
import torch

import predict_prior
import predict_test
import segment_ictcf_classes
from ssinfnet import networks, splits
from ssinfnet.errors import InputError
from ssinfnet.slices import SliceStore
from ssinfnet.training import checkpoint

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


def predict(labelled, out, weights, part="train"):
    argv = ["--config-json", json.dumps(SINGLE), "--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    predict_prior.main([*argv, "--part", part, "--weights", *map(str, weights), "--out", str(out)])
    return SliceStore(out)


def test_each_fold_is_predicted_by_the_network_that_left_it_out(labelled, single_weights, tmp_path):
    table = splits.read(labelled["split"])
    fold_of = splits.folds(table, 2)
    with predict(labelled, tmp_path / "p.h5", single_weights) as maps:
        assert set(maps.ids) == set(splits.ids(table, "train"))
        for slice_id in maps.ids:
            found = maps.read("infection", slice_id)
            assert found.shape == (64, 64) and found.dtype == np.float16
            assert (found > 0.99).all() if fold_of[slice_id] == 1 else (found < 0.01).all()


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
    argv = ["--config-json", json.dumps(MULTI), "--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    argv += ["--prior", str(labelled["truth"]), "--weights", str(tmp_path / "w.safetensors")]
    predict_test.main([*argv, "--out", str(tmp_path / "c.h5")])
    with SliceStore(tmp_path / "c.h5") as maps:
        assert maps.ids == ["s10", "s11"]
        values = maps.read("classes", "s10")
        assert values.shape == (3, 64, 64)
        assert 0 <= values.min() < values.max() <= 1


def test_classes_of_a_shard_are_the_most_probable_ones_of_its_slices(labelled, tmp_path):
    """The prior holds the slices of the shard; here the truth of the test part stands for it."""
    torch.manual_seed(0)
    checkpoint.save_weights(tmp_path / "w.safetensors", networks.create("unet", width=4).state_dict(), {})
    common = ["--config-json", json.dumps(MULTI), "--slices", str(labelled["slices"])]
    common += ["--prior", str(labelled["truth"]), "--weights", str(tmp_path / "w.safetensors")]
    segment_ictcf_classes.main([*common, "--out", str(tmp_path / "m.h5")])
    predict_test.main([*common, "--split", str(labelled["split"]), "--out", str(tmp_path / "c.h5")])
    with (
        SliceStore(tmp_path / "m.h5") as masks,
        SliceStore(tmp_path / "c.h5") as maps,
        SliceStore(labelled["truth"]) as priors,
    ):
        assert masks.ids == priors.ids and set(maps.ids) <= set(masks.ids)
        for slice_id in maps.ids:
            found = masks.read("mask", slice_id)
            assert found.dtype == np.uint8
            assert (found != maps.read("classes", slice_id).argmax(axis=0)).mean() < 0.02  # ties of half precision


def test_weights_of_another_network_are_an_error(labelled, tmp_path):
    checkpoint.save_weights(tmp_path / "w.safetensors", {"a": torch.zeros(1)}, {})
    with pytest.raises(InputError, match=r"w\.safetensors: the weights do not fit"):
        predict(labelled, tmp_path / "p.h5", [tmp_path / "w.safetensors"])
    assert not (tmp_path / "p.h5").exists()
