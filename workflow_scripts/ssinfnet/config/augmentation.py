"""Keys of an augmentation, which methods and the pretext task have each of their own."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section


class Augmentation(Section):
    """Random changes of a training slice; one draw for image, masks and prior."""

    horizontal_flip: float = Field(0.0, ge=0, le=1, description="probability of a left-right flip")
    vertical_flip: float = Field(0.0, ge=0, le=1, description="probability of an up-down flip")
    rotations: tuple[Literal[0, 90, 180, 270], ...] = Field((0,), min_length=1, description="degrees, one is drawn")
    crop: float = Field(1.0, gt=0, le=1, description="least edge of the random crop, share of the slice's edge")
    cutout: float = Field(0.0, ge=0, le=1, description="largest edge of the grey patch, share of the shorter side")
