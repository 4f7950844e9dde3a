"""What every network of the registry must do, and the backbones."""

import pytest
import small_networks
import torch
from small_networks import INPUTS, inputs, without_zeros
from torch import nn

from ssinfnet import networks
from ssinfnet.config.network import MultiNetwork, SingleNetwork
from ssinfnet.config.tagged import alternatives
from ssinfnet.errors import InputError
from ssinfnet.networks import backbone, torchvision_operators
from ssinfnet.networks.blocks import ConvBN
from ssinfnet.networks.infnet import InfNetOutputs, ReverseAttention


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


KINDS = {"single": alternatives(SingleNetwork), "multi": alternatives(MultiNetwork)}
SECTIONS = [(kind, name) for kind, sections in KINDS.items() for name in sections]


@pytest.fixture(scope="module")
def full() -> dict[tuple[str, str], nn.Module]:
    """The networks of either kind as the config has them by default, without memory."""
    with torch.device("meta"):
        return {(kind, name): networks.from_config(KINDS[kind][name](), pretrained=False) for kind, name in SECTIONS}


def test_registry_is_covered():
    assert set(networks.MODULES) == set(INPUTS) == {name for _, name in SECTIONS}
    with pytest.raises(KeyError):
        networks.create("segnet")


@pytest.mark.parametrize("size", [(128, 128), (352, 352), (131, 200)])
@pytest.mark.parametrize(("kind", "name"), SECTIONS)
def test_logits_come_at_input_size(full, kind, name, size):
    network, image = full[kind, name], torch.empty(2, 3, *size, device="meta")
    shapes = [tuple(output.shape) for output in tuple(networks.apply(network, image, image))]
    outputs, channels = 5 if name == "infnet" else 1, 1 if kind == "single" else 3
    assert shapes == [(2, channels, *size)] * outputs


@pytest.mark.parametrize(("kind", "name"), SECTIONS)
def test_a_section_says_whether_its_network_takes_a_prior(full, kind, name):
    assert full[kind, name].takes_prior == (kind == "multi" and KINDS[kind][name]().prior)


@pytest.mark.parametrize("name", [name for name in KINDS["multi"] if "prior" in KINDS["multi"][name].model_fields])
@pytest.mark.parametrize("prior", [True, False])
def test_a_class_network_takes_a_prior_or_not(name, prior):
    torch.manual_seed(0)
    network = networks.create(name, **small_networks.OPTIONS[name], classes=3, prior=prior).eval()
    image, one, other = torch.randn(3, 1, 3, 64, 64)
    with torch.no_grad():
        first, second = (networks.apply(network, image, each).segmentation for each in (one, other))
    assert first.shape == (1, 3, 64, 64)
    assert torch.equal(first, second) != prior


# Of Inf-Net as this project reads it, of U-Net and U-Net++ as in Table II of Inf-Net (7.853 M and 9.163 M), of FCN-8s
# those of VGG-16 (138,357,544) without its last layer, with our scores. COVID-SegNet's are published nowhere.
COUNTS = {
    ("single", "infnet"): 31_072_721,
    ("single", "covid_segnet"): 23_162_497,
    ("single", "plain_unet"): 7_852_545,
    ("single", "unetplusplus"): 9_163_329,
    ("multi", "unet"): 17_269_251,
    ("multi", "covid_segnet"): 23_162_497 + 2 * 65,
    ("multi", "plain_unet"): 7_852_545 + 2 * 33,
    ("multi", "unetplusplus"): 9_163_329 + 2 * 33,
    ("multi", "fcn8s"): 138_357_544 - 4_097_000 + 3 * 64 * 9 + 3 * (4096 + 512 + 256) + 3,
}


@pytest.mark.parametrize(("kind", "name"), COUNTS)
def test_parameter_counts(full, kind, name):
    assert count(full[kind, name]) == COUNTS[kind, name]


def test_parameter_counts_of_the_parts_of_infnet(full):
    infnet = full["single", "infnet"]
    parts = [infnet.rfb_2, infnet.rfb_3, infnet.rfb_4, infnet.decoder, infnet.edge]
    parts += [infnet.reverse_4, infnet.reverse_3, infnet.reverse_2]
    assert [count(part) for part in parts] == [178_112, 260_032, 423_872, 277_473, 91_074, 5_851_394, 177_090, 144_322]


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "mobilenetv3_small_050"])
def test_infnet_takes_other_backbones(name):
    with torch.device("meta"):
        outputs = networks.create("infnet", backbone=name)(torch.empty(1, 3, 128, 96))
    assert [tuple(output.shape) for output in outputs] == [(1, 1, 128, 96)] * 5


def test_infnet_has_the_published_size_with_the_classifier(full):
    import timm

    with torch.device("meta"):
        classifier = timm.create_model("res2net50d").get_classifier()
    assert count(full["single", "infnet"]) + count(classifier) == 33_121_721


@pytest.mark.parametrize("name", networks.MODULES)
def test_heads_are_the_last_convolutions(name):
    network = small_networks.create(name)
    for path in network.HEADS.values():
        assert isinstance(network.get_submodule(path), nn.Conv2d | ConvBN)


@pytest.mark.parametrize("name", networks.MODULES)
def test_the_deepest_features_are_coarse(name):
    network = small_networks.create(name).eval()
    with torch.no_grad():
        features = network.deepest(*inputs(name, 1, 3, 64, 96))
    height, width = features.shape[2:]
    assert features.shape[1] == network.deepest_channels
    assert 64 / height == 96 / width >= 8


@pytest.mark.parametrize("name", networks.MODULES)
def test_gradient_reaches_every_parameter_in_a_batch_of_one(name):
    network = without_zeros(small_networks.create(name)).train()
    generator = torch.Generator().manual_seed(2)
    outputs = tuple(network(*inputs(name, 1, 3, 64, 64)))
    sum((output * torch.randn(output.shape, generator=generator)).sum() for output in outputs).backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        # The bias of a convolution before batch norm cancels out, so weights are what must move.
        if parameter.ndim > 1:
            assert parameter.grad.any(), key


@pytest.mark.parametrize("name", networks.MODULES)
def test_state_round_trip_and_deterministic_eval(name):
    first, second, images = small_networks.create(name, 0), small_networks.create(name, 1), inputs(name, 2, 3, 64, 64)
    first(*images)  # so that the running statistics are not the initial ones
    first.eval(), second.eval()
    with torch.no_grad():
        before = tuple(first(*images))
        assert not torch.equal(before[-1], tuple(second(*images))[-1])
        second.load_state_dict(first.state_dict())
        for one, two, again in zip(before, tuple(second(*images)), tuple(first(*images)), strict=True):
            assert torch.equal(one, two)
            assert torch.equal(one, again)


@pytest.mark.parametrize("name", networks.MODULES)
def test_one_slice_does_not_depend_on_its_batch(name):
    network, images = small_networks.create(name).eval(), inputs(name, 3, 3, 64, 64)
    with torch.no_grad():
        together = tuple(network(*images))
        alone = tuple(network(*(image[1:2] for image in images)))
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one[1:2], other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", networks.MODULES)
def test_channels_last_equals_contiguous(name):
    network, images = small_networks.create(name).eval(), inputs(name, 1, 3, 64, 96)
    with torch.no_grad():
        expected = tuple(network(*images))
        network.to(memory_format=torch.channels_last)
        outputs = tuple(network(*(image.to(memory_format=torch.channels_last) for image in images)))
    for output, reference in zip(outputs, expected, strict=True):
        torch.testing.assert_close(output, reference, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", networks.MODULES)
def test_creation_leaves_seeding_to_the_caller(name):
    first, second, other = (
        small_networks.create(name, 0),
        small_networks.create(name, 0),
        small_networks.create(name, 1),
    )
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_an_untrained_unet_gives_each_lesion_class_its_initial_probability():
    network = networks.create("unet", width=4, initial_probability=0.02).eval()
    nn.init.zeros_(network.head.weight)
    probability = network(*inputs("unet", 1, 3, 32, 32)).segmentation.sigmoid()
    torch.testing.assert_close(probability[:, 0], torch.full((1, 32, 32), 0.98))
    torch.testing.assert_close(probability[:, 1:], torch.full((1, 2, 32, 32), 0.02))


def test_unet_uses_the_prior():
    network, (image, prior) = small_networks.create("unet").eval(), inputs("unet", 1, 3, 64, 64)
    with torch.no_grad():
        with_prior, without = network(image, prior), network(image, torch.zeros_like(prior))
        assert not torch.equal(with_prior.segmentation, without.segmentation)


def test_reverse_attention_adds_to_the_coarse_map_what_it_has_not_found():
    torch.manual_seed(0)
    attention = ReverseAttention(8, 4, layers=2, kernel=3, head_kernel=3).eval()
    features, guidance = torch.randn(1, 8, 16, 16), torch.randn(1, 64, 32, 32)
    found, missed = torch.full((1, 1, 8, 8), 50.0), torch.full((1, 1, 8, 8), -50.0)
    with torch.no_grad():
        # Where the coarse map is sure of lesion, the features are shut out; where it sees none, they count.
        assert torch.equal(attention(features, found, guidance), attention(2 * features, found, guidance))
        assert not torch.equal(attention(features, missed, guidance), attention(2 * features, missed, guidance))
        nn.init.zeros_(attention.head.bn.weight)
        coarse = torch.randn(1, 1, 8, 8)
        expected = nn.functional.interpolate(coarse, scale_factor=2, mode="bilinear")
        torch.testing.assert_close(attention(features, coarse, guidance), expected)


@pytest.mark.parametrize("name", networks.MODULES)
def test_the_segmentation_is_one_of_the_outputs_and_the_heads_are_named_after_them(name):
    network = small_networks.create(name)
    outputs = network(*inputs(name, 2, 3, 64, 64))
    assert any(outputs.segmentation is output for output in outputs)
    assert tuple(network.HEADS) == outputs._fields


def test_the_finest_map_is_the_segmentation():
    outputs = InfNetOutputs(*(torch.full((1, 1, 2, 2), float(value)) for value in range(5)))
    assert outputs.segmentation is outputs.s_3
    assert outputs.maps[0, :, 0, 0].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", networks.MODULES)
def test_export(name):
    network, images = small_networks.create(name).eval(), inputs(name, 1, 3, 64, 96)
    exported = torch.export.export(network, tuple(images)).module()
    for output, reference in zip(tuple(exported(*images)), tuple(network(*images)), strict=True):
        torch.testing.assert_close(output, reference)


def test_unreachable_imagenet_weights_are_an_error_with_the_remedy(monkeypatch):
    torchvision_operators.declare_missing()
    from timm.models import _builder

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(_builder, "load_state_dict_from_hf", offline)
    with pytest.raises(InputError, match=r"no network.*safetensors file.*tf_efficientnet_lite0"):
        networks.create("infnet", backbone="resnet18", weights="imagenet")


@pytest.mark.parametrize(
    ("name", "message"), [("res2net5d", "did you mean res2net"), ("vit_tiny_patch16_224", "strides")]
)
def test_unusable_backbones(name, message):
    with pytest.raises(InputError, match=message):
        backbone.create(name)


def test_a_complete_torchvision_is_left_alone(monkeypatch):
    monkeypatch.setattr(torchvision_operators, "_library", None)
    monkeypatch.setattr(torchvision_operators, "_operators_load", lambda: True)
    torchvision_operators.declare_missing()
    assert torchvision_operators._library is None
