"""What a network learns from, by what it gives and takes."""

import small_networks
import torch
from small_networks import INPUTS

from ssinfnet.training import losses
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.tasks import ClassTask, InfectionTask

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand((2, 1, 64, 64), generator=GENERATOR)
BATCH = SliceTensors(
    IMAGES,
    torch.randint(0, 2, (2, 64, 64), generator=GENERATOR),
    torch.rand((2, 1, 64, 64), generator=GENERATOR),
)


def test_infnet_learns_from_its_maps_and_its_edge():
    task, network = InfectionTask(), small_networks.create("infnet")
    outputs, mask = task.forward(network, BATCH), BATCH.masks[:, None].float()
    assert torch.equal(task.loss(outputs, BATCH), losses.single_loss(outputs, mask))
    assert task.loss(outputs, BATCH) > losses.structure_loss(outputs.segmentation, mask)


def test_a_network_with_one_map_learns_from_that():
    task, network = InfectionTask(), small_networks.create("plain_unet")
    outputs = task.forward(network, BATCH)
    expected = losses.structure_loss(outputs.segmentation, BATCH.masks[:, None].float())
    assert torch.equal(task.loss(outputs, BATCH), expected)
    assert task.overlap(outputs, BATCH).shape == (1, 2)


def test_a_class_network_is_given_a_prior_if_it_takes_one():
    other = SliceTensors(BATCH.images, BATCH.masks, 1 - BATCH.priors)
    for name, takes in (("unet", True), ("plain_unet", False), ("fcn8s", True)):
        assert (INPUTS[name] == 2) == takes
        network = small_networks.create(name).eval()
        with torch.no_grad():
            one, two = (ClassTask().forward(network, batch).segmentation for batch in (BATCH, other))
        assert torch.equal(one, two) != takes
