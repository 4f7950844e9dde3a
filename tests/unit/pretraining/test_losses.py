"""The losses of the pretext task against values computed by hand and against finite differences."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from ssinfnet.pretraining import losses


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def entropy(logit: float, target: float) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -target * math.log(probability) - (1 - target) * math.log(1 - probability)


@pytest.mark.parametrize(("kind", "erased", "kept"), [("mse", 0.25, 4.0), ("cross_entropy", None, None)])
def test_reconstruction_loss_by_hand(kind, erased, kept):
    target = torch.tensor([0.5, 0.5, 0.0, 1.0]).view(1, 1, 2, 2)
    prediction = torch.tensor([1.0, 0.0, 2.0, 3.0]).view(1, 1, 2, 2)
    mask = torch.tensor([0.0, 0.0, 1.0, 1.0]).view(1, 1, 2, 2)
    if kind == "cross_entropy":
        erased = (entropy(1, 0.5) + entropy(0, 0.5)) / 2
        kept = (entropy(2, 0) + entropy(3, 1)) / 2
    result = losses.reconstruction_loss(prediction, target, mask, kind=kind, erased_weight=0.99)
    assert result.erased_loss.item() == pytest.approx(erased)
    assert result.kept_loss.item() == pytest.approx(kept)
    assert result.loss.item() == pytest.approx(0.99 * erased + 0.01 * kept)
    assert losses.coach_loss(result.loss).item() == pytest.approx(1 - result.loss.item(), abs=1e-6)


def test_few_erased_pixels_count_as_much_as_many():
    target, prediction = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    for erased in (1, 32):
        mask = (torch.arange(64).view(1, 1, 8, 8) >= erased).float()
        assert losses.reconstruction_loss(prediction, target, mask, kind="mse").erased_loss.item() == pytest.approx(1)


def test_a_part_without_pixels_is_zero():
    target, prediction = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    result = losses.reconstruction_loss(prediction, target, torch.ones(1, 1, 4, 4), kind="mse")
    assert (result.erased_loss.item(), result.kept_loss.item()) == (0, 1)


def test_unknown_reconstruction_loss():
    ones = torch.ones(1, 1, 2, 2)
    with pytest.raises(ValueError, match="l1"):
        losses.reconstruction_loss(ones, ones, ones, kind="l1")


@pytest.mark.parametrize("kind", ["mse", "cross_entropy"])
def test_reconstruction_gradient_through_prediction_and_soft_mask(kind):
    prediction, mask = random(1, 1, 4, 4).requires_grad_(), random(1, 1, 4, 4, seed=1).sigmoid().requires_grad_()
    target = random(1, 1, 4, 4, seed=2).sigmoid()
    assert gradcheck(lambda p, m: losses.reconstruction_loss(p, target, m, kind=kind).loss, (prediction, mask))
