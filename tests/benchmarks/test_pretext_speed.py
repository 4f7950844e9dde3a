"""A step of every kind of pretext task, with and without coach, beside the same step as a plain program takes it.

`pytest tests/benchmarks/test_pretext_speed.py -m slow`. The plain program cuts each crop with PIL out of its file, and
its network is not in channels_last. Task, loss and optimiser are the same.
"""

import bench_networks
import plain_loop
import pytest
import torch
from torch.utils.data import DataLoader

from ssinfnet import networks
from ssinfnet.inference.runtime import Runtime
from ssinfnet.networks.intensity import MEAN, STANDARD_DEVIATION
from ssinfnet.pretraining.crops import Crops, make_crops
from ssinfnet.pretraining.loop import train_round
from ssinfnet.pretraining.task import make_task
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.state import State

# Name of the row: kind or changes of the task, number of the round. A coach learns in odd rounds.
ROUNDS = {
    "inpainting, random cells": ("inpainting", {"masks": "random"}, 0),
    "inpainting, a coach's cells": ("inpainting", {}, 2),
    "inpainting, the coach": ("inpainting", {}, 1),
    "inpainting, cells in the lungs": ("inpainting", {"masks": "random", "where": "lungs"}, 0),
    "rotation": ("rotation", {}, 0),
    "denoising": ("denoising", {}, 0),
}


def plain_crops(slices, config):
    """The crops of an epoch, each cut from its file; grey values are taken back from the normalised picture."""
    pictures = plain_loop.Pictures(slices, config.size, config.augmentation)
    generator = torch.Generator().manual_seed(0)

    def crops(epoch):
        for image, _, _ in DataLoader(pictures, config.batch_size, shuffle=True):
            y, x = torch.randint(config.size - config.crop + 1, (2,), generator=generator).tolist()
            grey = (image[:, :1] * STANDARD_DEVIATION[0] + MEAN[0]).clamp(0, 1)
            grey = grey[..., y : y + config.crop, x : x + config.crop]
            yield Crops(grey, grey, None, None, generator)

    return crops


def one_round(task, network, crops, number, run):
    """A function that trains the network, or the coach, for an epoch."""

    def epoch():
        train_round(network, task, crops, State(), number=number, until_epoch=1, runtime=run)

    return epoch


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUNDS)
def test_pretext_steps(bench, slices, name):
    kind, changes, number = ROUNDS[name]
    default = bench_networks.parse(bench_networks.DEFAULT)
    config = default.pretext.tasks()[kind].model_copy(update=changes)
    run, steps = Runtime("cpu", "float32", bench.threads), []
    for place in (run.place, lambda module: module):
        task = make_task(config)
        network = place(task.add_heads(networks.from_config(default.single.network, pretrained=False)))
        if number:
            place(task.make_coach())
        steps.append((task, network))
    # Read and prepared once, as a round does.
    prepared = steps[0][0].prepare(SliceTensors(slices.tensors.images))
    ours = one_round(*steps[0], make_crops(prepared, config, number=number, seed=0), number, run)
    plain = one_round(*steps[1], plain_crops(slices, config), number, run)
    bench.compare(f"pretext: {name}", ours, plain, items=slices.count, baseline="plain loop")
