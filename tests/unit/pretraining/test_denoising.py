"""Denoising: what the distortions do to grey values and pixels, and that they can be undone."""

import pytest
import torch
from small_networks import create

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.denoising import Denoising
from ssinfnet.inference.runtime import Runtime
from ssinfnet.networks.intensity import normalise
from ssinfnet.pretraining import denoising
from ssinfnet.pretraining.crops import Crops, make_crops
from ssinfnet.pretraining.loop import train_round
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.state import State

RUNTIME = Runtime("cpu", "float32", 1)
WINDOWS = {"windows": 40, "window": 0.2}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(count, *, priors=False, seed=0):
    images = torch.rand(count, 1, 32, 32, generator=generator(seed))
    return Crops(images, images, 1 - images if priors else None, None, generator(seed))


def test_curves_run_from_end_to_end_and_never_turn_back():
    curves = denoising.random_curves(200, generator())
    assert curves.shape == (200, denoising.STEPS) and curves.min() >= 0 and curves.max() <= 1
    steps = curves.diff(dim=1)
    rising, falling = (steps >= 0).all(dim=1), (steps <= 0).all(dim=1)
    assert (rising ^ falling).all() and 70 < rising.sum() < 130
    ends = curves[:, [0, -1]]
    assert torch.equal(ends[rising], torch.tensor([0.0, 1.0]).expand(int(rising.sum()), 2))
    assert torch.equal(ends[falling], torch.tensor([1.0, 0.0]).expand(int(falling.sum()), 2))
    straight = torch.linspace(0, 1, denoising.STEPS)
    assert (curves[rising] - straight).abs().amax(dim=1).median() > 0.05  # they do bend


def test_a_curve_by_hand():
    curve = torch.linspace(0, 1, denoising.STEPS).square()[None]
    image = torch.tensor([0.0, 0.25, 0.5, 1.0]).view(1, 1, 2, 2)
    torch.testing.assert_close(denoising.through(curve, image), image.square(), atol=1e-5, rtol=0)


def test_shuffled_windows_keep_their_pixels_and_stay_local():
    places = denoising.shuffled_places(5, 32, 40, 4, generator())
    assert torch.equal(places.sort(dim=1).values, torch.arange(32 * 32).expand(5, -1))
    assert len({tuple(row.tolist()) for row in places}) == 5
    one = denoising.shuffled_places(3, 32, 1, 4, generator())
    for row in one:
        moved = (row != torch.arange(32 * 32)).nonzero()[:, 0]
        if len(moved):
            y, x = moved // 32, moved % 32
            assert y.max() - y.min() < 4 and x.max() - x.min() < 4
    assert torch.equal(denoising.shuffled_places(2, 8, 9, 1, generator()), torch.arange(64).expand(2, -1))
    assert denoising.shuffled_places(0, 8, 3, 2, generator()).shape == (0, 64)


def test_the_slice_is_the_target_and_only_what_is_asked_for_is_done():
    plain = denoising.Task(Denoising(curve=0, shuffle=0)).corrupt(batch(4, priors=True))
    images = batch(4).seen
    assert torch.equal(plain.targets, images) and plain.weights.min() == plain.weights.max() == 1
    torch.testing.assert_close(plain.inputs[0], normalise(images))
    assert torch.equal(plain.inputs[1], normalise(1 - images))  # a prior is never distorted

    shuffled = denoising.Task(Denoising(curve=0, shuffle=1, **WINDOWS)).corrupt(batch(4, priors=True))
    grey = denoising.grey(shuffled.inputs[0])
    torch.testing.assert_close(grey.flatten(1).sort().values, images.flatten(1).sort().values)
    assert (grey != images).flatten(1).float().mean(dim=1).min() > 0.2
    assert torch.equal(shuffled.inputs[1], plain.inputs[1])

    curved = denoising.grey(denoising.Task(Denoising(curve=1, shuffle=0)).corrupt(batch(4)).inputs[0])
    for image, made in zip(images.flatten(1), curved.flatten(1), strict=True):
        ordered = made[image.argsort()].diff()
        assert (ordered >= -1e-6).all() or (ordered <= 1e-6).all()


def test_each_crop_is_distorted_by_chance():
    asked = denoising.Task(Denoising(curve=0, shuffle=0.5, **WINDOWS)).corrupt(batch(200))
    changed = (asked.inputs[0] != normalise(asked.targets)).flatten(1).any(dim=1)
    assert 70 < changed.sum() < 130


def test_the_same_generator_distorts_alike():
    task = denoising.Task(Denoising(**WINDOWS))
    first, again, other = (task.corrupt(batch(6, seed=seed)).inputs[0] for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_what_the_network_sees_has_the_cutout_and_the_target_has_not():
    whole = torch.rand(2, 1, 32, 32, generator=generator())
    seen = whole.clone()
    seen[..., :8, :8] = 0.5
    asked = denoising.Task(Denoising(curve=0, shuffle=0)).corrupt(Crops(whole, seen, None, None, generator()))
    assert torch.equal(asked.targets, whole)
    torch.testing.assert_close(asked.inputs[0], normalise(seen))


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_the_loss_is_the_mean_over_all_pixels_summed_over_the_outputs(loss):
    task = denoising.Task(Denoising(loss=loss))
    network = task.add_heads(create("infnet"))
    asked = task.corrupt(batch(2))
    outputs = network(*asked.inputs)
    found = task.measure(network, outputs, asked)
    error = {"mse": torch.nn.functional.mse_loss, "cross_entropy": torch.nn.functional.binary_cross_entropy_with_logits}
    pairs = denoising.losses.reconstructions(network, outputs, asked.targets)
    torch.testing.assert_close(found["loss"], sum(error[loss](*pair) for pair in pairs))
    assert 0 < found["error"] < 1


def test_slices_are_restored():
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    phase = 6 * torch.rand(8, 3, 1, 1, generator=generator())
    pictures = 128 + 100 * torch.sin(phase[:, 0] + (phase[:, 1] * x + phase[:, 2] * y) / 64)
    sizes = {"size": 64, "crop": 64, "batch_size": 4, "learning_rates": (0.03,), "milestones": ()}
    config = Denoising(augmentation=Augmentation(), curve=0, shuffle=1, **WINDOWS, **sizes)
    torch.manual_seed(0)
    task = denoising.Task(config)
    network = task.add_heads(create("infnet"))
    crops = make_crops(SliceTensors(pictures.byte()[:, None]), config, number=0, seed=0)
    history = train_round(network, task, crops, State(), number=0, until_epoch=6, runtime=RUNTIME).history
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
