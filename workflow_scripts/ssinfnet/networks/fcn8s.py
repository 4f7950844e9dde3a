"""FCN-8s (Long et al., CVPR 2015): VGG-16 made convolutional, with scores at strides 32, 16 and 8 added up.

Unlike the paper's, its layer fc6 pads by 3 where theirs pads the picture by 100 pixels, all upsampling is bilinear and
fixed, and there is no dropout, whose draws would depend on where a training is cut into segments.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.networks import backbone as backbones
from ssinfnet.networks.blocks import Segmentation, begin_at, beside, resize


class FCN8s(nn.Module):
    """FCN-8s over `backbone` "vgg16" or "vgg16_bn", and over an image or, with `prior`, image and prior.

    `channels` are those of the two layers that were fully connected: with the paper's 4,096 the network has 134,275,139
    parameters for three classes without prior. `weights` of the backbone as in `backbone.create`; of ImageNet's, the
    filters of the image are those of the prior as well. `initial_probability` as in `blocks.begin_at`.
    """

    HEADS: ClassVar[dict[str, str]] = {"segmentation": "head"}

    def __init__(
        self,
        backbone: str = "vgg16",
        weights: str = "none",
        channels: int = 4096,
        classes: int = 3,
        prior: bool = True,
        initial_probability: float | None = None,
    ):
        super().__init__()
        self.takes_prior = prior
        self.backbone, (pool3, pool4, _, pool5) = backbones.create(backbone, weights, in_channels=6 if prior else 3)
        self.fc6 = nn.Conv2d(pool5, channels, 7, padding=3)
        self.fc7 = nn.Conv2d(channels, channels, 1)
        self.deepest_channels = pool5
        # The score layers of the three strides, of stride 32 first, are one convolution of three blocks of channels, so
        # that a pretext task can replace it as it does other heads.
        self.parts = [channels, pool4, pool3]
        self.head = nn.Conv2d(sum(self.parts), classes, 1)
        begin_at(self.head, initial_probability)

    def forward(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> Segmentation:
        """Normalised RGB (N, 3, H, W), edges of 32 or more, and the prior of the same kind, to (N, classes, H, W)."""
        # timm gives the features before each pooling, but for the last one.
        conv3, conv4, _, pool5 = self.backbone(beside(image, prior))
        deep = torch.relu(self.fc7(torch.relu(self.fc6(pool5))))
        fc7, pool4, pool3 = self.head.weight.split(self.parts, dim=1)
        score = F.conv2d(deep, fc7, self.head.bias)
        for features, weight in ((conv4, pool4), (conv3, pool3)):
            skip = F.conv2d(F.max_pool2d(features, 2), weight)
            score = skip + resize(score, skip)
        return Segmentation(resize(score, image))

    def deepest(self, image: torch.Tensor, prior: torch.Tensor | None = None) -> torch.Tensor:
        """The features of the backbone at stride 32, (N, deepest_channels, H / 32, W / 32)."""
        return self.backbone(beside(image, prior))[-1]


create = FCN8s
