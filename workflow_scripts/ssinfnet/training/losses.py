"""Losses of the paper. Predictions are logits, float32; a batch's loss is the mean over its images."""

from typing import Protocol

import torch
import torch.nn.functional as F

from ssinfnet.slices.labels import CLASSES


class SingleOutputs(Protocol):
    """What the single network gives, as logits: edge (N, 1, H, W) and the supervised maps (N, C, H, W)."""

    edge: torch.Tensor
    maps: torch.Tensor


def pixel_weights(mask: torch.Tensor) -> torch.Tensor:
    """1 + 5 |avgpool31(G) - G|, in [1, 6]: pixels near the lesion's outline count more (F3Net, AAAI 2020).

    `mask` G is (N, 1, H, W) with 0 and 1, or soft between them: what differs from its surroundings counts more.
    Outside of the image counts as background.
    """
    # A mean over a square is a mean over rows of a mean over columns: 62 instead of 961 additions a pixel.
    mean = F.avg_pool2d(mask, (31, 1), stride=1, padding=(15, 0))
    mean = F.avg_pool2d(mean, (1, 31), stride=1, padding=(0, 15))
    return 1 + 5 * (mean - mask).abs()


def confidence(mask: torch.Tensor) -> torch.Tensor:
    """|2 G - 1| of a soft mask G in [0, 1]: 1 where it is 0 or 1, as labels are, and 0 where it is 0.5."""
    return (2 * mask - 1).abs()


def structure_loss(
    logits: torch.Tensor, mask: torch.Tensor, bce_weight: float = 1.0, trust: torch.Tensor | None = None
) -> torch.Tensor:
    """L_seg = L_IoU + lambda L_BCE (equation 4), both with `pixel_weights`, lambda = `bce_weight`.

    `logits` is (N, C, H, W), C maps of the same mask (N, 1, H, W); the maps are summed. Within an image the weighted
    cross-entropy is divided by the sum of the weights. 1 is added to intersection and union, so that an empty mask
    and an empty prediction agree. Of a soft mask, with values between 0 and 1, the cross-entropy is least where the
    prediction equals it, and L_IoU at predictions of 0 and 1. `trust`, as `mask`, multiplies the weights of the pixels;
    an image without any trust adds no cross-entropy.
    """
    weights = pixel_weights(mask) if trust is None else pixel_weights(mask) * trust
    entropy = F.binary_cross_entropy_with_logits(logits, mask.expand_as(logits), reduction="none")
    bce = (weights * entropy).sum(dim=(2, 3)) / weights.sum(dim=(2, 3)).clamp(min=torch.finfo(weights.dtype).tiny)
    probability = logits.sigmoid()
    intersection = (weights * probability * mask).sum(dim=(2, 3))
    union = (weights * (probability + mask)).sum(dim=(2, 3)) - intersection
    iou = 1 - (intersection + 1) / (union + 1)
    return (iou + bce_weight * bce).sum(dim=1).mean()


def edge_targets(mask: torch.Tensor) -> torch.Tensor:
    """Outline of a mask (N, 1, H, W), two pixels wide: its morphological gradient with a 3 x 3 square.

    Made of the mask as the network sees it, after augmentation, so it can never disagree with it.
    """
    dilated = F.max_pool2d(mask, 3, stride=1, padding=1)
    eroded = -F.max_pool2d(-mask, 3, stride=1, padding=1)
    return dilated - eroded


def single_loss(outputs: SingleOutputs, mask: torch.Tensor, trust: torch.Tensor | None = None) -> torch.Tensor:
    """Equation 5: L_seg of the maps S_g, S_5, S_4 and S_3, and cross-entropy of the edge.

    `mask` is (N, 1, H, W) with 0 and 1, or soft in [0, 1]; the edge's target is the outline of where it is 0.5 or more.
    `trust` weighs the pixels of L_seg (see `structure_loss`), not those of the edge, which lies where a soft mask is
    least certain.
    """
    edge = F.binary_cross_entropy_with_logits(outputs.edge, edge_targets((mask >= 0.5).to(mask.dtype)))
    return structure_loss(outputs.maps, mask, trust=trust) + edge


def multi_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Equation 6: binary cross-entropy, mean over the class channels of `logits` (N, 3, H, W) and all pixels.

    `labels` (N, H, W) holds codes 0 to 3; effusion (3) is background.
    """
    labels = torch.where(labels < len(CLASSES), labels, 0).long()
    targets = F.one_hot(labels, len(CLASSES)).movedim(-1, 1)
    return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype))
