"""Decoders of segmentation-models-pytorch (Iakubovskii, 2019) over timm encoders with features at strides 2 to 32."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.errors import InputError
from ssinfnet.networks import backbone as backbones
from ssinfnet.networks.blocks import Segmentation, begin_at, beside

STRIDE = 32
DECODERS = {"unet": "Unet", "unetplusplus": "UnetPlusPlus"}


class SmpDecoder(nn.Module):
    """A `decoder` of `DECODERS` over the timm model `backbone`, on an image or, with `prior`, image and prior.

    `weights` of the backbone as in `backbone.create`. `initial_probability` as in `blocks.begin_at`.
    """

    HEADS: ClassVar[dict[str, str]] = {"segmentation": "network.segmentation_head.0"}

    def __init__(
        self,
        decoder: str = "unet",
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "none",
        classes: int = 1,
        prior: bool = False,
        initial_probability: float | None = None,
    ):
        super().__init__()
        self.takes_prior = prior
        channels = 6 if prior else 3
        # With its weights, which are taken here where Inf-Net's are, and its complaints.
        trained, _ = backbones.create(backbone, weights, in_channels=channels)
        import segmentation_models_pytorch as smp  # slow to import, and imports timm

        make = getattr(smp, DECODERS[decoder])
        try:
            self.network = make(f"tu-{backbone}", encoder_weights=None, in_channels=channels, classes=classes)
            self.backbone.load_state_dict(trained.state_dict())
        except Exception as error:  # encoders are many, and so are the ways in which one does not fit
            raise InputError(
                f"backbone {backbone}: segmentation-models-pytorch cannot take it as an encoder ({error}); take another"
            ) from error
        begin_at(self.network.segmentation_head[0], initial_probability)
        self.deepest_channels = self.network.encoder.out_channels[-1]

    @property
    def backbone(self) -> nn.Module:
        """The encoder, with timm's names."""
        return self.network.encoder.model

    def forward(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> Segmentation:
        """Normalised RGB (N, 3, H, W), edges of 32 or more, and the prior of the same kind, to (N, classes, H, W)."""
        height, width = image.shape[-2:]
        return Segmentation(self.network(_padded(image, prior))[..., :height, :width])

    def deepest(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> torch.Tensor:
        """The features of the encoder at stride 32, (N, deepest_channels, H / 32, W / 32)."""
        return self.network.encoder(_padded(image, prior))[-1]


def _padded(image: torch.Tensor, prior: torch.Tensor | None) -> torch.Tensor:
    """Image and prior with edges that are multiples of the stride, as the decoders double sizes."""
    height, width = image.shape[-2:]
    return F.pad(beside(image, prior), (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")


create = SmpDecoder
