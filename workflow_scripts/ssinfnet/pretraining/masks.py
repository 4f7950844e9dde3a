"""What inpainting learned, round by round: what is erased of held-out slices and how well it is filled in.

Losses of a training mix two changes, as the coach learns through soft masks and the network on hard ones. Here every
round is measured alike: on hard masks, on slices that neither has seen, by the network and coach that stood after it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
import torch

from ssinfnet import networks
from ssinfnet.config.inpainting import Inpainting
from ssinfnet.config.network import Network
from ssinfnet.inference.runtime import Runtime, to_float
from ssinfnet.inference.weights import load_into
from ssinfnet.networks.coach import Coach, hard_mask, upsample
from ssinfnet.networks.inpainting import reconstructions, to_inpainting
from ssinfnet.pretraining import losses
from ssinfnet.pretraining.crops import uncut
from ssinfnet.pretraining.inpainting import erase, make_scores
from ssinfnet.training.data import SliceTensors


class Inpainted(NamedTuple):
    """Masks and reconstructions after a round, (N, S, S): masks bool, True where kept, reconstructions in [0, 1]."""

    title: str
    mask: np.ndarray
    reconstruction: np.ndarray


def inspect(
    slices: SliceTensors,
    rounds: Sequence[Path],
    network_config: Network,
    config: Inpainting,
    runtime: Runtime,
) -> tuple[pd.DataFrame, list[Inpainted]]:
    """Measure the weights of all `rounds`, in order, on `slices` (edge a multiple of 32).

    Their masks, where they have any, are the area in which cells are erased, as the task has it.
    The table has a row per round and kind of mask (random, coach): L_rec on erased pixels, the least that it can be
    (cross-entropy ends at the entropy of the grey values), and the mean absolute error of the erased pixels in grey
    values from 0 to 1, beside that of Telea's inpainting, which learns nothing. Random masks are the same in every
    round. The pictures are of each network round, on random masks as long as there is no coach, and then on the
    coach's.
    """
    network = to_inpainting(networks.from_config(network_config, pretrained=False))
    network, coach = runtime.place(network).eval(), runtime.place(Coach()).eval()
    batch = uncut(slices.to(runtime.device))
    image = batch.target
    masks = {"random": hard_mask(make_scores(None, batch, config), config.keep_ratio, batch.cells)}
    classical = {"random": _telea_error(slices.images, masks["random"])}
    rows, pictures = [], []
    for number, path in enumerate(rounds):
        phase = config.phase(number)
        if phase == "coach":
            load_into(coach, path)
            with torch.no_grad(), runtime.autocast():
                scores = to_float(make_scores(coach, batch, config, teaching=True))
            masks["coach"] = hard_mask(scores, config.keep_ratio, batch.cells)
            classical["coach"] = _telea_error(slices.images, masks["coach"])
        else:
            load_into(network, path)
        for kind, cells in masks.items():
            mask = upsample(cells, image.shape[-1])
            with torch.no_grad(), runtime.autocast():
                outputs = to_float(networks.apply(network, *erase(batch, mask).inputs))
            loss, least = (
                losses.reconstruct(network, made, image, mask, config.loss, config.erased_weight).erased_loss
                for made in (outputs, _perfect(network, outputs, image, config))
            )
            shown = losses.shown(outputs.segmentation, config.loss)
            error = ((shown - image).abs() * (1 - mask)).sum() / (1 - mask).sum()
            rows.append(
                {
                    "round": number,
                    "phase": phase,
                    "mask": kind,
                    "erased_loss": loss.item(),
                    "least_loss": least.item(),
                    "erased_error": error.item(),
                    "telea_error": classical[kind],
                }
            )
        if phase == "network":
            title = f"coach of round {number - 1}" if kind == "coach" else f"random masks, round {number}"
            pictures.append(Inpainted(title, mask[:, 0].bool().cpu().numpy(), shown[:, 0].cpu().numpy()))
    return pd.DataFrame(rows), pictures


def _perfect(network: torch.nn.Module, outputs: Any, image: torch.Tensor, config: Inpainting) -> Any:
    """Outputs that reconstruct their targets."""
    targets = (target for _, target in reconstructions(network, outputs, image))
    return type(outputs)(*(target.logit(eps=1e-6) if config.loss == "cross_entropy" else target for target in targets))


def _telea_error(images: torch.Tensor, cells: torch.Tensor) -> float:
    """Mean absolute error, in [0, 1], of Telea's inpainting (2004) of the erased pixels; NaN where there are none."""
    erased = (upsample(cells, images.shape[-2:]) == 0)[:, 0].cpu().numpy()
    filled = [
        cv2.inpaint(image, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        for image, mask in zip(images[:, 0].cpu().numpy(), erased, strict=True)
    ]
    difference = np.abs(np.stack(filled).astype(float) - images[:, 0].cpu().numpy()) / 255
    return float(difference[erased].mean()) if erased.any() else float("nan")
