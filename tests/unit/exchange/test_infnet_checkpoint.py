"""Published Inf-Net checkpoints against a reference of our own that computes on their names alone."""

import hashlib
import json
from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F

import import_infnet
from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.exchange import infnet_checkpoint
from ssinfnet.inference import weights
from ssinfnet.networks import torchvision_operators

torchvision_operators.declare_missing()
import timm  # noqa: E402  (needs the operators)

BACKBONES = ("res2net50d", "resnet50")


def layout() -> dict[str, tuple[int, int, tuple[int, int]]]:
    """Every ConvBN of the published network beside its backbone: channels in, channels out, kernel."""
    one, three, five = (1, 1), (3, 3), (5, 5)
    units = {}
    for scale, channels in ((2, 512), (3, 1024), (4, 2048)):
        rfb = f"rfb{scale}_1"
        units[f"{rfb}.branch0.0"] = (channels, 32, one)
        for branch, edge in ((1, 3), (2, 5), (3, 7)):
            units[f"{rfb}.branch{branch}.0"] = (channels, 32, one)
            units[f"{rfb}.branch{branch}.1"] = (32, 32, (1, edge))
            units[f"{rfb}.branch{branch}.2"] = (32, 32, (edge, 1))
            units[f"{rfb}.branch{branch}.3"] = (32, 32, three)
        units[f"{rfb}.conv_cat"] = (128, 32, three)
        units[f"{rfb}.conv_res"] = (channels, 32, one)
    for number in (1, 2, 3, 4):
        units[f"ParDec.conv_upsample{number}"] = (32, 32, three)
    units["ParDec.conv_upsample5"] = units["ParDec.conv_concat2"] = (64, 64, three)
    units["ParDec.conv_concat3"] = units["ParDec.conv4"] = (96, 96, three)
    units["ra4_conv1"] = (2048, 256, one)
    units["ra4_conv2"] = (320, 256, five)
    units["ra4_conv3"] = units["ra4_conv4"] = (256, 256, five)
    units["ra4_conv5"] = (256, 1, one)
    for scale, channels in ((3, 1024), (2, 512)):
        units[f"ra{scale}_conv1"] = (channels, 64, one)
        units[f"ra{scale}_conv2"] = (128, 64, three)
        units[f"ra{scale}_conv3"] = (64, 64, three)
        units[f"ra{scale}_conv4"] = (64, 1, three)
    units["edge_conv1"] = (256, 64, one)
    units["edge_conv2"] = units["edge_conv3"] = (64, 64, three)
    units["edge_conv4"] = (64, 1, three)
    return units


def published(backbone: str) -> dict[str, torch.Tensor]:
    """A state dict of the published layout: random weights, and random statistics of batch norm."""
    random = torch.Generator().manual_seed(0)
    with torch.device("meta"):  # names and shapes only
        resnet = timm.create_model(backbone)
    state = {f"resnet.{name}": value for name, value in resnet.state_dict().items()}
    for name, (channels, out_channels, kernel) in layout().items():
        state[f"{name}.conv.weight"] = torch.empty(out_channels, channels, *kernel)
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"{name}.bn.{part}"] = torch.empty(out_channels)
        state[f"{name}.bn.num_batches_tracked"] = torch.tensor(0)
    state["ParDec.conv5.weight"], state["ParDec.conv5.bias"] = torch.empty(1, 96, 1, 1), torch.empty(1)

    def uniform(shape, low, high):
        return torch.rand(shape, generator=random) * (high - low) + low

    for name, value in state.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.randint(1, 1000, (), generator=random)
        elif value.ndim > 1:  # weights of variance 1 / inputs keep the features near 1
            state[name] = uniform(value.shape, -1, 1) * (3 / value[0].numel()) ** 0.5
        elif name.endswith("running_var"):
            state[name] = uniform(value.shape, 0.5, 1.5)
        elif name.endswith("weight"):
            state[name] = uniform(value.shape, 0.5, 1.3)
        else:
            state[name] = uniform(value.shape, -0.3, 0.3)
    return state


def reference(state: dict[str, torch.Tensor], backbone: str, image: torch.Tensor) -> list[torch.Tensor]:
    """Inf-Net as method.md words it, on the published state dict: edge, S_g, S_5, S_4, S_3 as logits at input size."""

    def unit(name, x, dilation=1):
        weight = state[f"{name}.conv.weight"]
        x = F.conv2d(x, weight, padding=[dilation * (edge // 2) for edge in weight.shape[2:]], dilation=dilation)
        mean, variance, scale, shift = (
            state[f"{name}.bn.{part}"].view(1, -1, 1, 1) for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (variance + 1e-5).sqrt() * scale + shift

    def zoom(x, factor, align_corners=False):
        return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=align_corners)

    def up(x):
        return zoom(x, 2, align_corners=True)

    def rfb(name, x):
        branches = [unit(f"{name}.branch0.0", x)]
        for branch, dilation in ((1, 3), (2, 5), (3, 7)):
            y = unit(f"{name}.branch{branch}.0", x)
            y = unit(f"{name}.branch{branch}.1", y)
            y = unit(f"{name}.branch{branch}.2", y)
            branches.append(unit(f"{name}.branch{branch}.3", y, dilation))
        return F.relu(unit(f"{name}.conv_cat", torch.cat(branches, 1)) + unit(f"{name}.conv_res", x))

    def reverse_attention(name, last, x, coarse, guidance):
        y = unit(f"{name}_conv1", (1 - coarse.sigmoid()) * x)
        y = torch.cat([y, guidance], 1)
        for number in range(2, last):
            y = F.relu(unit(f"{name}_conv{number}", y))
        return unit(f"{name}_conv{last}", y) + coarse

    resnet = timm.create_model(backbone).eval()
    resnet.load_state_dict({n.removeprefix("resnet."): v for n, v in state.items() if n.startswith("resnet.")})
    x1 = resnet.layer1(resnet.maxpool(resnet.act1(resnet.bn1(resnet.conv1(image)))))
    x2 = resnet.layer2(x1)
    x3 = resnet.layer3(x2)
    x4 = resnet.layer4(x3)

    d3, d4, d5 = rfb("rfb2_1", x2), rfb("rfb3_1", x3), rfb("rfb4_1", x4)
    m4 = unit("ParDec.conv_upsample1", up(d5)) * d4
    m3 = unit("ParDec.conv_upsample2", up(up(d5))) * unit("ParDec.conv_upsample3", up(d4)) * d3
    n4 = unit("ParDec.conv_concat2", torch.cat([m4, unit("ParDec.conv_upsample4", up(d5))], 1))
    n3 = unit("ParDec.conv_concat3", torch.cat([m3, unit("ParDec.conv_upsample5", up(n4))], 1))
    s_g = F.conv2d(unit("ParDec.conv4", n3), state["ParDec.conv5.weight"], state["ParDec.conv5.bias"])

    e = unit("edge_conv3", unit("edge_conv2", unit("edge_conv1", x1)))
    edge = unit("edge_conv4", e)
    s_5 = reverse_attention("ra4", 5, x4, zoom(s_g, 0.25), zoom(e, 1 / 8))
    s_4 = reverse_attention("ra3", 4, x3, zoom(s_5, 2), zoom(e, 1 / 4))
    s_3 = reverse_attention("ra2", 4, x2, zoom(s_4, 2), zoom(e, 1 / 2))
    return [zoom(edge, 4), zoom(s_g, 8), zoom(s_5, 32), zoom(s_4, 16), zoom(s_3, 8)]


@pytest.fixture(scope="module")
def states() -> dict[str, dict[str, torch.Tensor]]:
    return {backbone: published(backbone) for backbone in BACKBONES}


@pytest.fixture
def hollow(states) -> dict[str, torch.Tensor]:
    """The published layout with zeros, each tensor one stored number: files of kilobytes."""
    return {name: value.new_zeros(()).expand(value.shape) for name, value in states["res2net50d"].items()}


@pytest.fixture
def convert(tmp_path):
    """Save an object with PyTorch, import it, and return the weights with their metadata."""

    def run(saved, *options):
        source, out = tmp_path / "published.pth", tmp_path / "imported.safetensors"
        torch.save(saved, source)
        import_infnet.main(["--checkpoint", str(source), "--out", str(out), *options])
        return weights.load_weights(out)

    return run


@pytest.fixture
def load(tmp_path):
    """Save an object with PyTorch and return its tensors in our names."""

    def run(saved):
        torch.save(saved, tmp_path / "published.pth")
        return infnet_checkpoint.load(tmp_path / "published.pth")

    return run


def defects(convert, saved, tmp_path) -> str:
    """The message of the one error of an import that must fail and write nothing."""
    with pytest.raises(InputError) as caught:
        convert(saved)
    assert not (tmp_path / "imported.safetensors").exists()
    assert str(tmp_path / "published.pth") in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("backbone", BACKBONES)
@torch.no_grad()
def test_imported_network_computes_what_the_published_one_does(states, convert, tmp_path, backbone):
    _, metadata = convert(states[backbone], "--backbone", backbone)
    network = networks.create("infnet", backbone=backbone).eval()
    weights.load_into(network, tmp_path / "imported.safetensors")
    image = torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(1))
    for ours, theirs in zip(network(image), reference(states[backbone], backbone, image), strict=True):
        assert 0.1 < theirs.std() < 10  # neither flat nor saturated, so that a difference would show
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)

    assert json.loads(metadata["network"]) == {"name": "infnet", "backbone": backbone, "weights": "none"}
    assert metadata["source_sha256"] == hashlib.sha256((tmp_path / "published.pth").read_bytes()).hexdigest()


@torch.no_grad()
def test_every_published_tensor_is_taken(states, load):
    imported = load(states["res2net50d"])
    taken = [value for name, value in states["res2net50d"].items() if not name.startswith("resnet.fc.")]
    assert len(imported) == len(taken) == 944
    assert sorted(value.double().sum().item() for value in imported.values()) == sorted(
        value.double().sum().item() for value in taken
    )


def test_leftovers_of_saving_are_ignored(hollow, load):
    wrapped = OrderedDict((f"module.{name}", value) for name, value in hollow.items())
    for level in ("", "ParDec.", "resnet.layer1.0.conv1."):
        wrapped[f"module.{level}total_ops"] = torch.zeros(1, dtype=torch.float64)
        wrapped[f"module.{level}total_params"] = torch.zeros(1, dtype=torch.float64)
    wrapped["total_ops"] = torch.zeros(1)  # counted outside the wrapper
    without_classifier = {name: value for name, value in hollow.items() if not name.startswith("resnet.fc.")}
    plain = load(hollow)
    for saved in (wrapped, without_classifier):
        imported = load(saved)
        assert imported.keys() == plain.keys()
        assert all(torch.equal(imported[name], plain[name]) for name in plain)


def test_half_precision_becomes_single(hollow, load):
    halves = {name: value.half() if value.is_floating_point() else value for name, value in hollow.items()}
    for name, value in load(halves).items():
        assert value.dtype == (torch.int64 if name.endswith("num_batches_tracked") else torch.float32)


def test_all_defects_are_listed_at_once(hollow, convert, tmp_path):
    del hollow["rfb3_1.branch2.1.conv.weight"], hollow["resnet.bn1.running_mean"]
    hollow["ra4_conv2.conv.weight"] = torch.zeros(256, 320, 3, 3)
    hollow["ra5_conv1.conv.weight"] = torch.zeros(1)
    message = defects(convert, hollow, tmp_path)
    assert message.startswith("4 defects in ")
    assert "no rfb3_1.branch2.1.conv.weight" in message
    assert "no resnet.bn1.running_mean" in message
    assert "ra4_conv2.conv.weight has shape (256, 320, 3, 3), Inf-Net's with res2net50d is (256, 320, 5, 5)" in message
    assert "ra5_conv1.conv.weight is not of Inf-Net" in message


@pytest.mark.parametrize("name", ["ParDec.conv5.bias", "edge_conv4.bn.num_batches_tracked"])
def test_one_missing_tensor_is_an_error(hollow, convert, tmp_path, name):
    del hollow[name]
    assert defects(convert, hollow, tmp_path).endswith(f": no {name}")


def test_a_prefix_on_some_names_only_is_an_error(hollow, convert, tmp_path):
    hollow["module.edge_conv1.conv.weight"] = hollow.pop("edge_conv1.conv.weight")
    message = defects(convert, hollow, tmp_path)
    assert message.startswith("2 defects")
    assert "no edge_conv1.conv.weight" in message
    assert "module.edge_conv1.conv.weight is not of Inf-Net" in message


def test_the_other_backbone_is_named(hollow, convert):
    with pytest.raises(InputError, match=r"published\.pth: these are the weights .*; give --backbone res2net50d$"):
        convert(hollow, "--backbone", "resnet50")


def test_another_network_is_one_line(hollow, convert, tmp_path):
    half = dict(list(hollow.items())[::3])
    message = defects(convert, half, tmp_path)
    assert "not the weights of Inf-Net with res2net50d" in message
    assert "\n" not in message


def test_a_state_dict_beside_other_things_is_taken_and_said(hollow, load, capsys):
    imported = load({"epoch": 3, "optimizer": {"state": {}, "param_groups": []}, "state_dict": hollow})
    assert imported.keys() == load(hollow).keys()
    assert "took its entry state_dict" in capsys.readouterr().err


def test_of_two_state_dicts_none_is_guessed(hollow, convert, tmp_path):
    assert "several state dicts (model, ema)" in defects(convert, {"model": hollow, "ema": hollow}, tmp_path)


@pytest.mark.parametrize(
    ("saved", "match"),
    [
        ([torch.zeros(1)], "holds list, not a state dict"),
        ({"conv.weight": torch.zeros(1)}, "holds no tensor of Inf-Net"),
        ({}, "holds no tensor of Inf-Net"),
        ({"state_dict": {}, "epoch": 3}, "epoch is no tensor"),
    ],
)
def test_something_else_is_an_error(convert, tmp_path, saved, match):
    assert match in defects(convert, saved, tmp_path)


def test_a_pickled_network_is_never_opened(convert, tmp_path):
    message = defects(convert, torch.nn.Conv2d(1, 1, 1), tmp_path)
    assert "whole pickled network (torch.nn.modules.conv.Conv2d); nothing is unpickled" in message


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"none\.pth: cannot be read \(no such file"):
        import_infnet.main(["--checkpoint", str(tmp_path / "none.pth"), "--out", str(tmp_path / "out.safetensors")])


@pytest.mark.parametrize("saved", ["torch", "legacy"])
def test_a_half_download_is_no_pickled_network(hollow, tmp_path, saved):
    source = tmp_path / "half.pth"
    torch.save(hollow, source, _use_new_zipfile_serialization=saved == "torch")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(InputError, match=r"half\.pth: cannot be read as a PyTorch state dict: .*download it again"):
        infnet_checkpoint.load(source)
