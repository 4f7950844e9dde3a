"""Pretext tasks of the kind rotation: the network tells by how much a slice was turned (Gidaris et al., ICLR 2018)."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from ssinfnet.config.pretext import Pretext

_UPRIGHT = {"vertical_flip": 0.0, "rotations": (0,)}


class Rotation(Pretext):
    """Nothing but what all tasks have: the turns are 0, 90, 180 and 270 degrees."""

    kind: Literal["rotation"] = Field("rotation", description="what the network learns to do")

    @classmethod
    def inherited(cls, section: Mapping[str, Any]) -> dict[str, Any]:
        """What is shared, but slices stay upright: an augmentation that turns them would hide the answer."""
        shared = super().inherited(section)
        return shared | {"augmentation": shared["augmentation"] | _UPRIGHT}

    @model_validator(mode="after")
    def _upright(self) -> "Rotation":
        # Two flips are half a turn.
        if self.augmentation.vertical_flip or set(self.augmentation.rotations) != {0}:
            raise ValueError(
                "augmentation must leave slices upright, with vertical_flip: 0 and rotations: [0], as the network is to"
                " tell how they were turned"
            )
        return self
