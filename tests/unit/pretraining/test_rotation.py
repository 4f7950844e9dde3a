"""Rotation: turns that are even and right, and that nothing but the content tells."""

import pytest
import torch
from small_networks import create

from ssinfnet import networks
from ssinfnet.config.rotation import Rotation
from ssinfnet.errors import InputError
from ssinfnet.inference.runtime import Runtime
from ssinfnet.networks.intensity import normalise
from ssinfnet.networks.trunk import load_trunk, trunk_state
from ssinfnet.pretraining import rotation
from ssinfnet.pretraining.crops import Crops, make_crops
from ssinfnet.pretraining.loop import train_round
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.state import State

RUNTIME = Runtime("cpu", "float32", 1)
CONFIG = Rotation(
    size=64, crop=64, batch_size=8, learning_rates=(0.05,), milestones=(), **{"augmentation": {"horizontal_flip": 0.5}}
)


def batch(count, *, priors=False, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 1, 32, 32, generator=generator)
    return Crops(images, images, 1 - images if priors else None, None, generator)


@pytest.mark.parametrize("count", [1, 4, 7, 16])
def test_each_turn_is_as_frequent_as_the_others(count):
    turns = rotation.Task(CONFIG).corrupt(batch(count)).targets
    often = turns.bincount(minlength=4)
    assert often.sum() == count and often.max() - often.min() <= 1


def test_which_slice_is_turned_how_is_drawn():
    first, again, other = (rotation.Task(CONFIG).corrupt(batch(16, seed=seed)).targets for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    # With one slice, which turn it has: each must come up.
    assert {rotation.Task(CONFIG).corrupt(batch(1, seed=seed)).targets.item() for seed in range(40)} == {0, 1, 2, 3}


def test_targets_say_how_the_inputs_were_turned_and_no_pixel_is_made_up():
    crops = batch(8, priors=True)
    (images, priors), turns, weights = rotation.Task(CONFIG).corrupt(crops)
    for image, prior, turn, seen in zip(images, priors, turns.tolist(), crops.seen, strict=True):
        # Counter-clockwise: what was at the right comes to the top.
        assert torch.equal(image, torch.rot90(normalise(seen[None])[0], turn, (1, 2)))
        assert torch.equal(prior, torch.rot90(normalise(1 - seen[None])[0], turn, (1, 2)))
    assert weights.tolist() == [1.0] * 8
    step = torch.zeros(1, 1, 4, 4)
    step[..., -1] = 1
    assert rotation.turned(step, None, torch.tensor([1])).inputs[0][0, 0, 0].unique().numel() == 1


def test_held_out_slices_are_asked_in_every_turn():
    task, crops = rotation.Task(CONFIG), batch(3, priors=True)
    asked = task.held_out(crops)
    assert asked.targets.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert torch.equal(asked.inputs[0][6], torch.rot90(normalise(crops.seen)[0], 2, (1, 2)))
    right = torch.nn.functional.one_hot(asked.targets, 4).float()
    told = task.show(right.roll(3, dims=0), asked)  # the first three slices of every turn say the turn before
    assert told.counts.tolist() == [[0, 0, 0, 3], [3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0]]
    assert task.measure(None, 50 * right, asked)["accuracy"] == 1


@pytest.mark.parametrize("name", networks.MODULES)
def test_the_trunk_is_handed_on_and_the_classifier_left(name):
    pretrained, network = rotation.Task(CONFIG).add_heads(create(name, 0)), create(name, 1)
    load_trunk(network, pretrained.state_dict())
    assert "pretext_head.weight" in pretrained.state_dict()
    for key, value in trunk_state(network).items():
        assert torch.equal(value, pretrained.state_dict()[key]), key


def test_a_network_without_a_deepest_level_is_refused():
    with pytest.raises(InputError, match="the network Linear does not give its deepest features"):
        rotation.Task(CONFIG).add_heads(torch.nn.Linear(1, 1))


def test_turns_are_learned_and_the_decoder_stays():
    # Bright above and dark below, with a spot of chance: up and down differ, and so do the sides once turned.
    generator = torch.Generator().manual_seed(0)
    shade = torch.linspace(220, 30, 64)[:, None].expand(64, 64) + 20 * torch.rand(16, 64, 64, generator=generator)
    slices = SliceTensors(shade.byte()[:, None])
    torch.manual_seed(0)
    task = rotation.Task(CONFIG)
    network = task.add_heads(create("infnet"))
    before = {key: value.clone() for key, value in network.state_dict().items() if not key.startswith("backbone")}
    crops = make_crops(slices, CONFIG, number=0, seed=0)
    history = train_round(network, task, crops, State(), number=0, until_epoch=8, runtime=RUNTIME).history
    assert history[-1]["loss"] < 0.5 * history[0]["loss"] and history[-1]["accuracy"] > 0.8
    after = network.state_dict()
    assert {key for key in before if not torch.equal(before[key], after[key])} == {
        "pretext_head.weight",
        "pretext_head.bias",
    }
