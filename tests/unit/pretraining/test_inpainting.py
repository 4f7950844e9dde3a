"""Rounds of inpainting: what is erased, with what, and steps that stay in bounds."""

import numpy as np
import pytest
import torch

from ssinfnet import networks
from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.inpainting import Inpainting
from ssinfnet.errors import InputError
from ssinfnet.inference.runtime import Runtime
from ssinfnet.networks.coach import Coach
from ssinfnet.pretraining import inpainting
from ssinfnet.pretraining.crops import Crops, make_crops
from ssinfnet.pretraining.loop import train_round
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.state import State

RUNTIME = Runtime("cpu", "float32", 1)
SMALL = {"size": 64, "crop": 64, "batch_size": 4, "augmentation": Augmentation()}


def pictures(count=8, size=64):
    """Smooth pictures, darker and brighter."""
    random = np.random.default_rng(0)
    y, x = np.indices((size, size)) / size
    greys = [
        128 + 100 * np.sin(6 * (random.random() * x + random.random() * y) + 6 * random.random()) for _ in range(count)
    ]
    return SliceTensors(torch.from_numpy(np.stack(greys).astype(np.uint8))[:, None])


def train(config, epochs):
    torch.manual_seed(0)
    task = inpainting.Task(config)
    network = task.add_heads(networks.create("infnet", backbone="test_resnet"))
    crops = make_crops(pictures(), config, number=0, seed=0)
    state = train_round(network, task, crops, State(), number=0, until_epoch=epochs, runtime=RUNTIME)
    return [row["erased_loss"] for row in state.history]


@pytest.mark.parametrize("mask", [torch.tensor([0.0, 1.0]), torch.tensor([0.25, 0.75])], ids=["hard", "soft"])
def test_what_is_erased_becomes_the_mean_grey(mask):
    image = torch.tensor([[0.9, 0.2]]).view(1, 1, 1, 2)
    batch = Crops(image, image, None, None, torch.Generator())
    (seen,), target, weights = inpainting.erase(batch, mask.view(1, 1, 1, 2))
    assert torch.equal(target, image) and torch.equal(weights.flatten(), 1 - mask)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    filled = image[0, 0, 0] * mask + mean[:, None] * (1 - mask)
    torch.testing.assert_close(seen[0, :, 0], (filled - mean[:, None]) / deviation[:, None])


def test_with_the_papers_rate_of_a_tenth_a_clipped_network_learns_and_an_unclipped_one_diverges():
    config = {"loss": "mse", "learning_rates": (0.1,), "milestones": (), **SMALL}
    losses = train(Inpainting(**config), 5)
    assert losses[-1] < 0.7 * losses[0]
    with pytest.raises(InputError, match=r"training diverged; lower pretext\.learning_rates"):
        train(Inpainting(clip_norm=0, **config), 5)


def batch_of(count):
    images = torch.rand(count, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    return lambda: Crops(images, images, None, None, torch.Generator().manual_seed(7))


@pytest.mark.parametrize("count", [1, 5, 6])
def test_mixed_masks_are_the_coachs_for_half_of_a_batch(count):
    torch.manual_seed(0)
    coach, new = Coach(width=4).eval(), batch_of(count)
    with torch.no_grad():
        mixed = inpainting.make_scores(coach, new(), Inpainting(masks="mixed"))
        by_coach = inpainting.make_scores(coach, new(), Inpainting(masks="coach"))
        by_chance = inpainting.make_scores(None, new(), Inpainting(masks="mixed"))
        taught = inpainting.make_scores(coach, new(), Inpainting(masks="mixed"), teaching=True)
    half = count // 2
    assert torch.equal(mixed[:half], by_coach[:half]) and torch.equal(mixed[half:], by_chance[half:])
    assert torch.equal(taught, by_coach)
