import copy

import pytest
import small_networks
import torch
from torch import nn

from ssinfnet import networks
from ssinfnet.inference.folding import fold


def trained(network):
    """Batch norms as after a training, each another."""
    torch.manual_seed(3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    return network.eval()


def lite0():
    torch.manual_seed(0)
    return networks.create("infnet", backbone="tf_efficientnet_lite0")


@pytest.mark.parametrize("name", ["infnet", "unet", "lite0", "covid_segnet", "smp"])
def test_a_folded_network_gives_the_same_maps(name):
    network = trained(lite0() if name == "lite0" else small_networks.create(name))
    inputs = small_networks.inputs("infnet" if name == "lite0" else name, 2, 3, 64, 64)
    folded = fold(copy.deepcopy(network), *(one[:1, :, :32, :32] for one in inputs))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    with torch.no_grad():
        expected, found = network(*inputs).segmentation, folded(*inputs).segmentation
    assert expected.std() > 0.01
    assert (found - expected).abs().max() < 1e-4 * expected.std()
    masks = [one.sigmoid() >= expected.sigmoid().median() for one in (expected, found)]
    dice = 2 * (masks[0] & masks[1]).sum() / (masks[0].sum() + masks[1].sum())
    assert dice > 0.999


def test_what_is_used_twice_stays_as_it_is():
    convolution, norms = nn.Conv2d(3, 3, 1), [nn.BatchNorm2d(3), nn.BatchNorm2d(3)]
    network = trained(nn.Sequential(convolution, norms[0], convolution, norms[1]))
    image = torch.rand(1, 3, 4, 4)
    with torch.no_grad():
        expected = network(image)
        torch.testing.assert_close(fold(network, image)(image), expected)
    assert network[1] is norms[0]
