"""A training step of every network beside a plain loop with the same network, loss, augmentation and batch.

`pytest tests/benchmarks/test_training_speed.py -m slow`. An epoch of ours is two batches of the infection networks and
eight of the class networks, as the default has them. Slices are read before, as a training does once; the plain loop
opens their files every time, as such loops do.
"""

import bench_networks
import plain_loop
import pytest

from ssinfnet import networks
from ssinfnet.inference.runtime import Runtime
from ssinfnet.training import loop
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.loop import SupervisedState
from ssinfnet.training.start import make_augment
from ssinfnet.training.tasks import ClassTask, InfectionTask

TASKS = {"single": InfectionTask(), "multi": ClassTask()}


@pytest.mark.slow
@pytest.mark.parametrize("stage", TASKS)
def test_training_steps(bench, slices, stage):
    default, task = bench_networks.parse(bench_networks.DEFAULT), TASKS[stage]
    augmentation = default.methods["ssinfnet_aug"].augmentation
    # Validation is left out: plain loops differ in how often they do it.
    training = getattr(default, stage).training.model_copy(update={"validate_every": 10**6})
    data, run = slices.tensors, Runtime("cpu", "float32", bench.threads)
    if stage == "single":
        data = SliceTensors(data.images, (data.masks > 0).byte())
    augment = make_augment(augmentation, 0)
    pictures = plain_loop.Pictures(slices, training.size, augmentation)

    def loss(outputs, masks):
        return task.loss(outputs, SliceTensors(masks, masks if stage == "multi" else (masks > 0).byte()))

    for name, section in bench_networks.sections(stage).items():
        network = run.place(networks.from_config(section, pretrained=False))
        plain = networks.from_config(section, pretrained=False)

        def ours(network=network):
            state = SupervisedState()
            loop.train(network, task, data, data, training, augment, state, seed=0, until_epoch=1, runtime=run)

        def theirs(plain=plain):
            plain_loop.train(plain, pictures, loss, training.batch_size, training.clip)

        bench.compare(f"train {stage}: {name}", ours, theirs, items=slices.count, baseline="plain loop")
