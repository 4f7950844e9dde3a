"""Inpainting heads: they come, reconstruct, and vanish again with everything else kept."""

import pytest
import torch
from small_networks import create, inputs, without_zeros
from torch import nn

from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.networks import inpainting
from ssinfnet.networks.trunk import load_trunk, trunk_state
from ssinfnet.pretraining import losses


@pytest.mark.parametrize("name", networks.MODULES)
def test_only_the_heads_are_replaced(name):
    network = create(name)
    before = {key: value.clone() for key, value in trunk_state(network).items()}
    heads = set(network.state_dict()) - set(before)
    assert heads and all(key.startswith(tuple(network.HEADS.values())) for key in heads)

    assert inpainting.to_inpainting(network) is network
    after = trunk_state(network)
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    for path in network.HEADS.values():
        head = network.get_submodule(path)
        assert isinstance(head, nn.Conv2d) and head.out_channels == 1 and head.bias is not None


@pytest.mark.parametrize("name", networks.MODULES)
def test_pretrained_weights_come_back_but_for_the_heads(name):
    pretrained = inpainting.to_inpainting(create(name, 0))
    pretrained(*inputs(name, 2, 3, 64, 64))  # the running statistics are part of what is kept
    network, untouched = create(name, 1), create(name, 1)
    load_trunk(network, pretrained.state_dict())

    trunk = trunk_state(network)
    for key, value in network.state_dict().items():
        source = pretrained if key in trunk else untouched
        assert torch.equal(value, source.state_dict()[key]), key
    shapes = [output.shape for output in tuple(network(*inputs(name, 1, 3, 64, 64)))]
    assert shapes == [output.shape for output in tuple(untouched(*inputs(name, 1, 3, 64, 64)))]


def test_trunk_that_does_not_fit_lists_every_defect():
    network = create("unet")
    state = trunk_state(network)
    state["inc.0.weight"] = torch.zeros(1)
    state["stray"] = torch.zeros(1)
    del state["inc.1.bias"]
    with pytest.raises(InputError) as error:
        load_trunk(network, state)
    for defect in ("inc.0.weight has shape (1,)", "unexpected stray", "no inc.1.bias"):
        assert defect in str(error.value)


@pytest.mark.parametrize("kind", ["cross_entropy", "mse"])
@pytest.mark.parametrize("name", networks.MODULES)
def test_gradient_reaches_every_weight(name, kind):
    network = inpainting.to_inpainting(without_zeros(create(name))).train()
    image = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(4))
    mask = (torch.arange(64) < 48).float().expand(2, 1, 64, 64)
    pairs = inpainting.reconstructions(network, network(*inputs(name, 2, 3, 64, 64)), image)
    sum(losses.reconstruction_loss(*pair, mask, kind=kind).loss for pair in pairs).backward()
    assert len(pairs) == len(network.HEADS)
    for key, parameter in network.named_parameters():
        assert parameter.ndim == 1 or parameter.grad.any(), key


def test_maps_reconstruct_the_image_and_the_edge_its_gradient():
    network = inpainting.to_inpainting(create("infnet"))
    image = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(5))
    outputs = network(*inputs("infnet", 2, 3, 64, 64))
    pairs = inpainting.reconstructions(network, outputs, image)
    assert pairs[0][0] is outputs.edge
    assert torch.equal(pairs[0][1], inpainting.edge_map(image))
    assert all(target is image for _, target in pairs[1:])
    assert [id(prediction) for prediction, _ in pairs] == [id(output) for output in outputs]


def test_edge_map_by_hand():
    step = torch.zeros(1, 1, 4, 4)
    step[..., 2:] = 1
    edges = inpainting.edge_map(step)[0, 0]
    expected = torch.tensor([0.0, 4.0, 4.0, 0.0]) / 20**0.5
    torch.testing.assert_close(edges, expected.expand(4, 4))
    torch.testing.assert_close(inpainting.edge_map(step.mT)[0, 0], edges.T)
    # The steepest patch there is: gradients of 4 and 2.
    patch = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.5, 1.0], [0.0, 1.0, 1.0]])
    torch.testing.assert_close(inpainting.edge_map(patch.view(1, 1, 3, 3))[0, 0, 1, 1], torch.tensor(1.0))


def test_edge_map_stays_in_range_and_ignores_flat_images():
    images = torch.randint(0, 2, (64, 1, 16, 16), generator=torch.Generator().manual_seed(6)).float()
    edges = inpainting.edge_map(images)
    assert edges.min() >= 0 and edges.max() <= 1 + 1e-6
    assert inpainting.edge_map(torch.full((1, 1, 8, 8), 0.7)).max() < 1e-6
