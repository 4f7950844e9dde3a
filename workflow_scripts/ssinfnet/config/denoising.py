"""Pretext tasks of the kind denoising: the network undoes distortions (Models Genesis, Zhou et al., MICCAI 2019)."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.pretext import Pretext


class Denoising(Pretext):
    """Distortions of a crop; the defaults are those of Models Genesis."""

    kind: Literal["denoising"] = Field("denoising", description="what the network learns to do")
    loss: Literal["mse", "cross_entropy"] = Field("mse", description="reconstruction loss")
    curve: float = Field(
        0.9, ge=0, le=1, description="probability that the grey values of a crop go through a random curve"
    )
    shuffle: float = Field(
        0.5, ge=0, le=1, description="probability that the pixels of a crop are shuffled within small windows"
    )
    windows: int = Field(1000, ge=1, le=100_000, description="windows of a crop that is shuffled, one after the other")
    window: float = Field(0.1, gt=0, le=1, description="largest edge of a window, share of the crop's edge")
