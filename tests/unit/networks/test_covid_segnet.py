"""The blocks of COVID-SegNet as we read them."""

import pytest
import torch
from torch import nn

from ssinfnet.networks.covid_segnet import FeatureVariation, ProgressivePooling

GENERATOR = torch.Generator().manual_seed(0)


def test_a_block_whose_join_says_nothing_gives_back_its_input():
    block, x = FeatureVariation(8).eval(), torch.randn(2, 8, 12, 12, generator=GENERATOR)
    nn.init.zeros_(block.join.bn.weight)
    with torch.no_grad():
        assert torch.equal(block(x), x)


def test_the_gates_are_of_channels_and_of_places_and_lie_between_0_and_1():
    block, x = FeatureVariation(8).eval(), torch.randn(2, 8, 12, 12, generator=GENERATOR)
    with torch.no_grad():
        contrast, position = block.contrast(x), block.position(x)
    assert contrast.shape == (2, 8, 1, 1) and position.shape == x.shape
    for gate in (contrast, position):
        assert gate.min() > 0 and gate.max() < 1
    assert block.join.conv.in_channels == 3 * 8


@pytest.mark.parametrize(("branch", "reach"), [(0, 1), (1, 2), (2, 4), (3, 8)])
def test_a_dilated_branch_sees_both_inputs_of_its_pair_as_far_as_its_dilation(branch, reach):
    torch.manual_seed(0)
    block = ProgressivePooling(16).eval()
    x = torch.randn(1, 16, 33, 33, generator=GENERATOR, requires_grad=True)
    seen = []
    block.dilated[branch].register_forward_hook(lambda module, inputs, output: seen.append(output))
    block(x)
    seen[0][..., 16, 16].sum().backward()
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert (rows.min(), rows.max()) == (16 - reach, 16 + reach)
    own = branch // 2 * 2
    for number, one in enumerate(block.inputs):
        assert (one.conv.weight.grad is not None and one.conv.weight.grad.any()) == (number in (own, own + 1))
