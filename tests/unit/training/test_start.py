"""How a training starts: the weights of a backbone."""

import pytest
import torch
from safetensors.torch import save_file

from ssinfnet.config.network import InfNet
from ssinfnet.errors import InputError
from ssinfnet.networks import backbone, torchvision_operators
from ssinfnet.training.start import load_backbone, make_network


@pytest.mark.parametrize("name", ["resnet18", "convnext_atto"])
def test_backbone_weights_from_a_file(tmp_path, name):
    torchvision_operators.declare_missing()
    import timm

    torch.manual_seed(3)
    # As timm stores it: with the classifier, and convnext's stem.0 where its feature extractor says stem_0.
    stored = timm.create_model(name).state_dict()
    save_file(stored, tmp_path / "weights.safetensors")
    network = InfNet(backbone=name, weights=str(tmp_path / "weights.safetensors"))
    own = make_network(network, 0, fresh=True).backbone.state_dict()
    assert len(own) > 0.9 * len(stored)
    for (key, value), reference in zip(own.items(), stored.values(), strict=False):
        assert torch.equal(value, reference), key


def test_backbone_file_that_does_not_fit_lists_all_defects(tmp_path):
    state = backbone.create("resnet18")[0].state_dict()
    state["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    del state["layer1.0.conv1.weight"]
    save_file(state, tmp_path / "wrong.safetensors")
    with pytest.raises(InputError) as error:
        load_backbone(backbone.create("resnet18")[0], tmp_path / "wrong.safetensors")
    assert "no layer1.0.conv1.weight" in str(error.value)
    assert "conv1.weight has shape (64, 1, 7, 7)" in str(error.value)


@pytest.mark.parametrize("content", [None, b"not safetensors"])
def test_backbone_file_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.safetensors: cannot be read"):
        load_backbone(backbone.create("resnet18")[0], path)


def test_weights_of_a_file_are_not_loaded_where_others_follow(tmp_path):
    network = InfNet(backbone="resnet18", weights=str(tmp_path / "none.safetensors"))
    fresh = make_network(InfNet(backbone="resnet18", weights="none"), 3, fresh=True)
    followed = make_network(network, 3, fresh=False)
    assert all(map(torch.equal, fresh.state_dict().values(), followed.state_dict().values()))
