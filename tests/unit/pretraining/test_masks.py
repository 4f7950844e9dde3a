"""Inpainting measured round by round."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import plot_pretext
from ssinfnet import networks
from ssinfnet.config.inpainting import Inpainting
from ssinfnet.config.network import InfNet
from ssinfnet.inference import weights
from ssinfnet.inference.runtime import Runtime
from ssinfnet.networks import inpainting
from ssinfnet.networks.coach import Coach
from ssinfnet.pretraining import masks
from ssinfnet.training.data import SliceTensors

NETWORK = InfNet(backbone="test_resnet")
RUNTIME = Runtime("cpu", "float32", 1)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """Untrained weights of five rounds: network and coach in turn, each another."""
    folder, paths = tmp_path_factory.mktemp("rounds"), []
    for number in range(5):
        torch.manual_seed(number)
        network = Coach() if number % 2 else inpainting.to_inpainting(networks.create("infnet", backbone="test_resnet"))
        paths.append(folder / f"round{number}.safetensors")
        weights.save_weights(paths[-1], network.state_dict(), {})
    return paths


@pytest.fixture
def images():
    return torch.randint(0, 256, (2, 1, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_each_round_is_measured_on_both_kinds_of_mask(rounds, images):
    table, pictures = masks.inspect(SliceTensors(images), rounds, NETWORK, Inpainting(), RUNTIME)
    found = table[["round", "phase", "mask"]].values.tolist()
    expected = [[0, "network", "random"]]
    expected += [[n, ("network", "coach")[n % 2], mask] for n in range(1, 5) for mask in ("random", "coach")]
    assert found == expected
    by_mask = {kind: rows.set_index("round") for kind, rows in table.groupby("mask")}
    random, coach = by_mask["random"]["erased_loss"], by_mask["coach"]["erased_loss"]
    assert random[1] == random[0] != random[2] == random[3]  # a coach's round leaves the network as it is
    assert coach[2] != coach[3]  # and changes the coach's masks
    assert (table["erased_loss"] > table["least_loss"]).all()
    assert [picture.title for picture in pictures] == ["random masks, round 0", "coach of round 1", "coach of round 3"]
    for picture in pictures:
        assert picture.mask.sum(axis=(1, 2)).tolist() == [12 * 16 * 16] * 2
        assert picture.reconstruction.min() >= 0 and picture.reconstruction.max() <= 1


def test_a_task_without_a_coach_has_the_networks_rounds_alone(rounds, images):
    table, pictures = masks.inspect(
        SliceTensors(images), [rounds[0], rounds[2]], NETWORK, Inpainting(masks="random"), RUNTIME
    )
    assert table[["round", "phase", "mask"]].values.tolist() == [[0, "network", "random"], [1, "network", "random"]]
    assert [picture.title for picture in pictures] == ["random masks, round 0", "random masks, round 1"]
    assert (pictures[0].mask == pictures[1].mask).all()


def test_cells_outside_of_the_area_are_never_erased(rounds, images):
    area = torch.zeros(2, 64, 64, dtype=torch.uint8)
    area[:, :, :32] = 1
    _, pictures = masks.inspect(SliceTensors(images, area), rounds[:3], NETWORK, Inpainting(), RUNTIME)
    for picture in pictures:
        assert picture.mask[:, :, 32:].all()
        assert picture.mask.sum(axis=(1, 2)).tolist() == [14 * 16 * 16] * 2  # a quarter of the eight cells


def test_least_loss_by_hand(rounds):
    # No map can be better than the entropy of 51 / 255, and there are four; a flat slice has no edges for the fifth.
    images = torch.full((1, 1, 64, 64), 51, dtype=torch.uint8)
    table, _ = masks.inspect(SliceTensors(images), rounds[:1], NETWORK, Inpainting(), RUNTIME)
    entropy = -(0.2 * np.log(0.2) + 0.8 * np.log(0.8))
    assert table["least_loss"].item() == pytest.approx(4 * entropy, abs=1e-4)
    assert table["telea_error"].item() < 2 / 255  # it rounds on its way inwards
    squares, _ = masks.inspect(SliceTensors(images), rounds[:1], NETWORK, Inpainting(loss="mse"), RUNTIME)
    assert squares["least_loss"].item() == 0


def test_the_command_draws_and_tabulates(labelled, rounds, tmp_path):
    sections = {"network": {"backbone": "test_resnet"}, "pretext": {"size": 70, "where": "lungs"}}
    argv = ["--config-json", json.dumps(sections), "--task", "a"]
    argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"]), "--rounds", *map(str, rounds)]
    outputs = [tmp_path / "masks.png", tmp_path / "masks.csv"]
    plot_pretext.main([*argv, "--out-figure", str(outputs[0]), "--out-table", str(outputs[1])])
    assert pd.read_csv(outputs[1])["round"].max() == 4
    with Image.open(outputs[0]) as picture:
        assert np.asarray(picture.convert("L")).std() > 10
