"""Losses against values computed by hand and against finite differences."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from ssinfnet.training import losses
from ssinfnet.training.data import SliceTensors
from ssinfnet.training.tasks import InfectionTask


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def block(size: int = 8) -> torch.Tensor:
    mask = torch.zeros(1, 1, size, size, dtype=torch.float64)
    mask[..., 2:5, 3:6] = 1
    return mask


class Outputs(NamedTuple):
    edge: torch.Tensor
    maps: torch.Tensor


def entropy(logit: float, target: float) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -target * math.log(probability) - (1 - target) * math.log(1 - probability)


def test_pixel_weights_are_those_of_a_31_pixel_mean():
    mask = (random(2, 1, 50, 40) > 0.5).double()
    mean = torch.nn.functional.avg_pool2d(mask, 31, stride=1, padding=15)
    torch.testing.assert_close(losses.pixel_weights(mask), 1 + 5 * (mean - mask).abs())


def test_structure_loss_of_one_pixel_by_hand():
    weight = 1 + 5 * (1 - 1 / 961)
    probability = 1 / (1 + math.exp(-0.3))
    iou = 1 - (weight * probability + 1) / (weight + 1)
    loss = losses.structure_loss(torch.full((1, 1, 1, 1), 0.3), torch.ones(1, 1, 1, 1), bce_weight=2)
    assert loss.item() == pytest.approx(iou + 2 * entropy(0.3, 1), rel=1e-5)


def test_structure_loss_by_hand_on_a_block():
    logits, mask = random(1, 1, 8, 8), block()
    area = mask.sum().item()
    weighted_entropy = weights = intersection = union = 0.0
    for y in range(8):
        for x in range(8):
            logit, target = logits[0, 0, y, x].item(), mask[0, 0, y, x].item()
            weight = 1 + 5 * abs(area / 961 - target)  # the whole picture lies within 15 pixels
            probability = 1 / (1 + math.exp(-logit))
            weighted_entropy += weight * entropy(logit, target)
            weights += weight
            intersection += weight * probability * target
            union += weight * (probability + target - probability * target)
    expected = 1 - (intersection + 1) / (union + 1) + weighted_entropy / weights
    assert losses.structure_loss(logits, mask).item() == pytest.approx(expected)


def test_cross_entropy_is_really_weighted():
    # A large disc-like lesion: a mistake at its outline costs more than the same mistake deep inside.
    mask = torch.zeros(1, 1, 128, 128)
    mask[..., 32:96, 32:96] = 1
    right = (mask * 2 - 1) * 6
    outline, inside = right.clone(), right.clone()
    outline[..., 32, 32] = -6
    inside[..., 64, 64] = -6

    def bce_part(logits):
        return (losses.structure_loss(logits, mask, 2.0) - losses.structure_loss(logits, mask, 1.0)).item()

    base = bce_part(right)
    ratio = (bce_part(outline) - base) / (bce_part(inside) - base)
    weights = losses.pixel_weights(mask)[0, 0]
    assert ratio == pytest.approx((weights[32, 32] / weights[64, 64]).item(), rel=1e-2)
    assert ratio > 3


def test_structure_loss_sums_maps_and_averages_images():
    logits, mask = random(2, 4, 8, 8), block().expand(2, 1, 8, 8)
    single = [losses.structure_loss(logits[i : i + 1, c : c + 1], mask[:1]) for i in range(2) for c in range(4)]
    torch.testing.assert_close(losses.structure_loss(logits, mask), sum(single) / 2)


def test_structure_loss_is_finite_and_small_for_an_empty_mask_found_empty():
    mask = torch.zeros(1, 1, 16, 16)
    assert losses.structure_loss(torch.full_like(mask, -20), mask).item() == pytest.approx(0, abs=1e-5)
    assert losses.structure_loss(torch.full_like(mask, 20), mask).item() > 1
    extreme = torch.full_like(mask, 1e4).requires_grad_()
    losses.structure_loss(extreme, mask).backward()
    assert extreme.grad.isfinite().all()


def test_edge_targets_by_hand():
    mask = torch.zeros(1, 1, 7, 7)
    mask[..., 2:5, 2:5] = 1
    expected = torch.zeros(7, 7)
    expected[1:6, 1:6] = 1
    expected[3, 3] = 0
    assert torch.equal(losses.edge_targets(mask)[0, 0], expected)
    # Neither an empty nor a full mask has an outline, so the picture's own border is none.
    assert not losses.edge_targets(torch.zeros(1, 1, 5, 5)).any()
    assert not losses.edge_targets(torch.ones(1, 1, 5, 5)).any()


def test_single_loss_is_equation_5():
    maps, edge, mask = random(2, 4, 8, 8), random(2, 1, 8, 8, seed=1), block().expand(2, 1, 8, 8)
    expected = sum(losses.structure_loss(maps[:, c : c + 1], mask) for c in range(4))
    target = losses.edge_targets(mask)
    expected += torch.nn.functional.softplus(edge).sub(edge * target).mean()
    torch.testing.assert_close(losses.single_loss(Outputs(edge, maps), mask), expected)


def test_soft_masks_are_learned_as_they_are_and_their_edge_is_that_at_one_half():
    soft = block() * 0.4 + 0.3  # 0.3 around, 0.7 inside
    soft[..., 0, 0] = 0.45  # not half, so no edge
    edge = random(1, 1, 8, 8, seed=1)
    maps = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    expected = losses.structure_loss(maps, soft) + losses.single_loss(Outputs(edge, maps), block())
    expected -= losses.structure_loss(maps, block())
    torch.testing.assert_close(losses.single_loss(Outputs(edge, maps), soft), expected)
    # The cross-entropy alone is least at the mask itself.
    logits = soft.logit().requires_grad_()
    (losses.structure_loss(logits, soft, 2.0) - losses.structure_loss(logits, soft, 1.0)).backward()
    assert logits.grad.abs().max() < 1e-12


def test_multi_loss_by_hand_with_effusion_as_background():
    logits = random(1, 3, 2, 2)
    labels = torch.tensor([[[0, 1], [2, 3]]], dtype=torch.uint8)
    expected = 0.0
    for (y, x), channel in {(0, 0): 0, (0, 1): 1, (1, 0): 2, (1, 1): 0}.items():
        expected += sum(entropy(logits[0, c, y, x].item(), float(c == channel)) for c in range(3))
    assert losses.multi_loss(logits, labels).item() == pytest.approx(expected / 12)


def test_gradients_equal_finite_differences():
    logits, mask = random(1, 2, 8, 8).requires_grad_(), block()
    assert gradcheck(lambda x: losses.structure_loss(x, mask), logits)
    labels = torch.randint(0, 4, (1, 4, 4), generator=torch.Generator().manual_seed(0))
    assert gradcheck(lambda x: losses.multi_loss(x, labels), random(1, 3, 4, 4).requires_grad_())
    edge = random(1, 1, 8, 8).requires_grad_()
    assert gradcheck(lambda e, m: losses.single_loss(Outputs(e, m), mask), (edge, logits))


def test_an_uncertain_pixel_counts_less_by_hand():
    # Two pixels: one is labelled 0.9 with confidence 0.8, the other 0.5 with none; the mean over 31 x 31 is 1.4 / 961.
    mask, logits = torch.tensor([[[[0.9, 0.5]]]]).double(), torch.tensor([[[[0.3, 2.0]]]]).double()
    trust = losses.confidence(mask)
    torch.testing.assert_close(trust, torch.tensor([[[[0.8, 0.0]]]]).double())
    weight = 0.8 * (1 + 5 * (0.9 - 1.4 / 961))
    probability = 1 / (1 + math.exp(-0.3))
    iou = 1 - (weight * probability * 0.9 + 1) / (weight * (probability + 0.9 - probability * 0.9) + 1)
    expected = iou + entropy(0.3, 0.9)  # the other pixel has no part in it
    assert losses.structure_loss(logits, mask, trust=trust).item() == pytest.approx(expected)
    assert losses.structure_loss(logits, mask).item() != pytest.approx(expected, rel=0.01)


def test_confidence_changes_nothing_for_labels_and_an_image_without_any_teaches_nothing():
    logits, mask = random(1, 4, 8, 8), block()
    plain = losses.structure_loss(logits, mask)
    torch.testing.assert_close(losses.structure_loss(logits, mask, trust=losses.confidence(mask)), plain)
    unsure = torch.full_like(mask, 0.5)
    assert losses.structure_loss(logits, unsure, trust=losses.confidence(unsure)) == 0


def test_the_task_weighs_pixels_by_confidence_but_not_the_edge():
    outputs = Outputs(edge=random(1, 1, 8, 8), maps=random(1, 4, 8, 8))
    masks = (block()[0] * 0.6 + 0.1).half()
    batch = SliceTensors(torch.zeros(1, 1, 8, 8, dtype=torch.uint8), masks)
    soft = masks[:, None].float()
    edge = torch.nn.functional.binary_cross_entropy_with_logits(
        outputs.edge, losses.edge_targets((soft >= 0.5).double())
    )
    expected = losses.structure_loss(outputs.maps, soft.double(), trust=(2 * soft.double() - 1).abs()) + edge
    found = InfectionTask(confidence=True).loss(outputs, batch)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0, check_dtype=False)


def test_the_outline_of_a_soft_label_is_where_threshold_and_canny_find_an_edge():
    # Inf-Net's authors: more than 128 of 255, then Canny with thresholds 10 and 150, which any step of 255 passes.
    y, x = np.mgrid[:64, :64]
    soft = np.clip(1.5 - np.hypot(y - 30, (x - 28) / 1.5) / 14, 0, 1)
    canny = cv2.Canny(np.where(soft * 255 > 128, 255, 0).astype(np.uint8), 10, 150) > 0
    ours = losses.edge_targets(torch.from_numpy(soft >= 0.5)[None, None].float())[0, 0].numpy() > 0
    assert canny.sum() > 50
    assert ours[canny].all()  # ours is two pixels wide, theirs one
    assert (cv2.dilate(canny.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)[ours].all()
