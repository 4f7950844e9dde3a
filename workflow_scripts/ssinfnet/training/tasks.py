"""The two supervised tasks: infection by the single network, classes by the multi network."""

from typing import Any

import torch

from ssinfnet import networks
from ssinfnet.networks.intensity import normalise
from ssinfnet.slices.labels import LESIONS
from ssinfnet.training import losses
from ssinfnet.training.data import SliceTensors


class InfectionTask:
    """The single network: equations 4 and 5 of the paper; masks are 0 and 1, or soft labels between them.

    A network with one map and no edge learns from that map alone, by the same loss. With `confidence` a pixel counts
    less in L_seg the nearer its label is to 0.5.
    """

    def __init__(self, key: str = "single.training", *, confidence: bool = False):
        """`key` is that of the config section with its optimiser and batches."""
        self.key, self._confidence = key, confidence

    def forward(self, network: torch.nn.Module, batch: SliceTensors) -> Any:
        """The network's outputs, as Inf-Net's edge and four maps."""
        return network(normalise(batch.images))

    def loss(self, outputs: Any, batch: SliceTensors) -> torch.Tensor:
        """Deeply supervised segmentation loss and edge loss; of one map, its segmentation loss."""
        masks = batch.masks[:, None].float()
        trust = losses.confidence(masks) if self._confidence else None
        if hasattr(outputs, "edge"):
            return losses.single_loss(outputs, masks, trust)
        return losses.structure_loss(outputs.segmentation, masks, trust=trust)

    def overlap(self, outputs: Any, batch: SliceTensors) -> torch.Tensor:
        """Overlap of the finest map and the mask, both at 0.5."""
        return _overlap([(outputs.segmentation[:, 0] > 0, batch.masks >= 0.5)])


class ClassTask:
    """The multi network: equation 6 of the paper, masks with class codes, images with priors."""

    key = "multi.training"

    def forward(self, network: torch.nn.Module, batch: SliceTensors) -> Any:
        """Background, GGO, consolidation; a network that takes no prior is given none."""
        return networks.apply(network, normalise(batch.images), normalise(batch.priors))

    def loss(self, outputs: Any, batch: SliceTensors) -> torch.Tensor:
        """Binary cross-entropy per class channel."""
        return losses.multi_loss(outputs.segmentation, batch.masks)

    def overlap(self, outputs: Any, batch: SliceTensors) -> torch.Tensor:
        """Overlap of GGO and of consolidation, by the largest channel."""
        predicted = outputs.segmentation.argmax(dim=1)
        return _overlap([(predicted == code, batch.masks == code) for code in LESIONS.values()])


def _overlap(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    return torch.stack([torch.stack([2 * (a & b).sum(), a.sum() + b.sum()]).double() for a, b in pairs])
