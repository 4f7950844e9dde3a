"""Networks by name, part of the sections `single` and `multi`."""

from typing import ClassVar, Literal

from pydantic import Field

from ssinfnet.config.base import Section


class SingleNetwork(Section):
    """The infection network. Its deepest features lie `STRIDE` pixels of the input apart."""

    STRIDE: ClassVar[int] = 32

    name: Literal["infnet"] = Field("infnet", description="Inf-Net")
    backbone: str = Field("res2net50d", description="timm name of a backbone with features at strides 4 to 32")
    weights: str = Field(
        "none",
        description="imagenet (installed for tf_efficientnet_lite0, fetched from the model hub for others), none, or a "
        "safetensors file of the backbone",
    )


class MultiNetwork(Section):
    """The class network. Its deepest features lie `STRIDE` pixels of the input apart."""

    STRIDE: ClassVar[int] = 16

    name: Literal["unet"] = Field("unet", description="U-Net over image and prior")
    width: int = Field(64, ge=4, description="channels of the first level")
    initial_probability: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="probability of GGO and of consolidation before training; with one below their share of pixels, "
        "as RetinaNet has, rare classes are found in far fewer steps; none: near 0.5, as PyTorch initialises",
    )
