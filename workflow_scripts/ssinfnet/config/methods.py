"""Section `methods`: what is compared. A method is a pretext task, a student if it has one, and an augmentation."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ssinfnet.config.base import Section
from ssinfnet.config.self_training import SelfTraining


class Augmentation(Section):
    """Random changes of a training slice; one draw for image, masks and prior."""

    horizontal_flip: float = Field(0.0, ge=0, le=1, description="probability of a left-right flip")
    vertical_flip: float = Field(0.0, ge=0, le=1, description="probability of an up-down flip")
    rotations: tuple[Literal[0, 90, 180, 270], ...] = Field((0,), min_length=1, description="degrees, one is drawn")
    crop: float = Field(1.0, gt=0, le=1, description="least edge of the random crop, share of the slice's edge")
    cutout: float = Field(0.0, ge=0, le=1, description="largest edge of the grey patch, share of the shorter side")


class Method(Section):
    """One row of the tables."""

    label: str = Field(description="name in tables and figures")
    pretext: Literal["none", "inpainting"] = Field("none", description="self-supervised task before fine-tuning")
    unlabelled: bool = Field(
        False, description="whether the single network's pretext task sees the unlabelled slices as well"
    )
    augmentation: Augmentation = Augmentation()
    self_training: SelfTraining = SelfTraining()

    @field_validator("self_training", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        # So an overlay can switch it off as a whole.
        return {} if value is None else value

    @model_validator(mode="after")
    def _check(self) -> "Method":
        if self.unlabelled and self.pretext == "none":
            raise ValueError("unlabelled slices are of use to a method with a pretext task only")
        return self
