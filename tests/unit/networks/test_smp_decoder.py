"""Encoders of the packaged and of other weights below decoders of segmentation-models-pytorch."""

import pytest
import torch

from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.networks import backbone


@pytest.mark.parametrize("decoder", ["unet", "unetplusplus"])
def test_the_encoder_has_the_packaged_weights(decoder):
    network = networks.create("smp", decoder=decoder, weights="imagenet")
    expected, _ = backbone.create("tf_efficientnet_lite0", "imagenet")
    assert all(torch.equal(value, network.backbone.state_dict()[key]) for key, value in expected.state_dict().items())


def test_the_filters_of_the_prior_are_those_of_the_image():
    plain = networks.create("smp", weights="imagenet").backbone.conv_stem.weight
    weight = networks.create("smp", weights="imagenet", prior=True, classes=3).backbone.conv_stem.weight
    assert torch.equal(weight[:, :3], weight[:, 3:])
    torch.testing.assert_close(weight[:, :3], plain / 2)  # so that two equal pictures give what one gave


def test_unreachable_weights_and_unusable_encoders_are_errors(monkeypatch):
    with pytest.raises(InputError, match="did you mean res2net"):
        networks.create("smp", backbone="res2net5d")
    from timm.models import _builder

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(_builder, "load_state_dict_from_hf", offline)
    with pytest.raises(InputError, match=r"no network.*tf_efficientnet_lite0"):
        networks.create("smp", backbone="resnet18", weights="imagenet")
