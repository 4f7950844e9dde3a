"""Tasks other than inpainting, measured and drawn round by round."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import plot_pretext
from ssinfnet import networks
from ssinfnet.config.denoising import Denoising
from ssinfnet.config.network import InfNet
from ssinfnet.config.rotation import Rotation
from ssinfnet.figures import pretraining as figure
from ssinfnet.inference import weights
from ssinfnet.inference.runtime import Runtime
from ssinfnet.pretraining import inspection
from ssinfnet.pretraining.task import make_task, task_class
from ssinfnet.training.data import SliceTensors

NETWORK = InfNet(backbone="test_resnet")
RUNTIME = Runtime("cpu", "float32", 1)
SIZES = {"size": 64, "crop": 32, "learning_rates": (0.1,), "milestones": ()}
TASKS = {"rotation": Rotation(augmentation={"crop": 0.7}, **SIZES), "denoising": Denoising(windows=20, **SIZES)}


@pytest.fixture(scope="module", params=TASKS)
def rounds(request, tmp_path_factory):
    """A task, and untrained weights of three of its rounds, the first twice."""
    folder, paths = tmp_path_factory.mktemp("rounds"), []
    task = make_task(TASKS[request.param])
    for number in range(3):
        torch.manual_seed(number // 2)
        network = task.add_heads(networks.create("infnet", backbone="test_resnet"))
        paths.append(folder / f"round{number}.safetensors")
        weights.save_weights(paths[-1], network.state_dict(), {})
    return TASKS[request.param], paths


def test_each_round_is_asked_the_same(rounds):
    config, paths = rounds
    images = torch.randint(0, 256, (5, 1, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    table, seen = inspection.inspect(SliceTensors(images), paths, NETWORK, config, RUNTIME)
    measure = {"rotation": "accuracy", "denoising": "error"}[config.kind]
    assert list(table.columns) == ["round", "phase", "loss", measure]
    assert table["phase"].tolist() == ["network"] * 3
    assert table["loss"][0] == table["loss"][1] != table["loss"][2]  # the same weights, then others
    assert [one.title for one in seen] == ["round 0", "round 1", "round 2"]
    if config.kind == "rotation":
        assert seen[0].shown.counts.sum(axis=1).tolist() == [5] * 4  # each slice in every turn
        assert table["accuracy"][0] == np.trace(seen[0].shown.counts) / 20
    else:
        assert seen[0].shown.original.shape == seen[0].shown.restored.shape == (5, 32, 32)
        assert (seen[0].shown.corrupted == seen[2].shown.corrupted).all()
        error = np.abs(seen[0].shown.restored - seen[0].shown.original).mean()
        assert table["error"][0] == pytest.approx(error, abs=1e-5)


def test_the_command_draws_and_tabulates(rounds, labelled, tmp_path):
    config, paths = rounds
    sections = {"network": {"backbone": "test_resnet"}, "pretext": config.model_dump(mode="json")}
    argv = ["--config-json", json.dumps(sections), "--task", "a"]
    argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"]), "--rounds", *map(str, paths)]
    outputs = [tmp_path / "pretext.png", tmp_path / "pretext.csv"]
    plot_pretext.main([*argv, "--out-figure", str(outputs[0]), "--out-table", str(outputs[1])])
    assert pd.read_csv(outputs[1])["round"].tolist() == [0, 1, 2]
    with Image.open(outputs[0]) as picture:
        assert np.asarray(picture.convert("L")).std() > 10


def test_a_task_that_shows_nothing_has_its_measures_drawn():
    drawn = figure.draw([], pd.DataFrame({"round": [0, 1], "phase": "network", "loss": [2.0, 1.0]}), "a")
    (axis,) = drawn.axes
    assert axis.get_title("left") == "Loss" and list(axis.lines[0].get_ydata()) == [2, 1]


def test_a_kind_that_there_is_not_is_one_line():
    for kind in ("jigsaw", "losses"):
        with pytest.raises(Exception, match=f"there is no pretext task of kind {kind}"):
            task_class({"kind": kind})
