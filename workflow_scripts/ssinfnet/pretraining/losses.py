"""Losses of tasks that reconstruct (equations 1 to 3 of the paper). All are scalars, float32."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from ssinfnet.networks.inpainting import reconstructions


class Reconstruction(NamedTuple):
    """L_rec and its parts, scalars: loss = erased_weight * erased_loss + (1 - erased_weight) * kept_loss."""

    loss: torch.Tensor
    erased_loss: torch.Tensor
    kept_loss: torch.Tensor


def reconstruct(
    network: torch.nn.Module, outputs: Any, image: torch.Tensor, mask: torch.Tensor, kind: str, erased_weight: float
) -> Reconstruction:
    """L_rec of the whole `image` (N, 1, H, W), summed over the network's outputs; the rest as `reconstruction_loss`."""
    parts = [
        reconstruction_loss(prediction, target, mask, kind=kind, erased_weight=erased_weight)
        for prediction, target in reconstructions(network, outputs, image)
    ]
    return Reconstruction(*(sum(values) for values in zip(*parts, strict=True)))


def reconstruction_loss(
    prediction: torch.Tensor,
    target: torch.Tensor,
    mask: torch.Tensor,
    *,
    kind: str = "cross_entropy",
    erased_weight: float = 0.99,
) -> Reconstruction:
    """L_rec of one output; all tensors are (N, 1, H, W), the target in [0, 1], the mask 1 where the image was kept.

    `kind` "cross_entropy" takes the prediction as logits, "mse" as intensities. Erased and kept pixels are averaged
    apart, by the weights 1 - mask and mask, so a soft mask works and its gradient is whole. A part without pixels is 0.
    """
    if kind == "cross_entropy":
        error = F.binary_cross_entropy_with_logits(prediction, target, reduction="none")
    elif kind == "mse":
        error = (prediction - target).square()
    else:
        raise ValueError(f"unknown reconstruction loss {kind!r}")
    erased = _mean(error, 1 - mask)
    kept = _mean(error, mask)
    return Reconstruction(erased_weight * erased + (1 - erased_weight) * kept, erased, kept)


def shown(output: torch.Tensor, kind: str) -> torch.Tensor:
    """The intensities, in [0, 1], that an output reconstructs under the loss `kind`."""
    return output.sigmoid() if kind == "cross_entropy" else output.clamp(0, 1)


def coach_loss(reconstruction: torch.Tensor) -> torch.Tensor:
    """Equation 1: 1 - L_rec; the coach gains where the network fails."""
    return 1 - reconstruction


def _mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=torch.finfo(values.dtype).eps)
