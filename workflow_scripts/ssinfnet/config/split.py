"""Section `split`: training, validation and test."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section


class Split(Section):
    """Target shares of the parts; the defaults are the slices of the paper's Table I."""

    by: Literal["group", "slice"] = Field(
        "group", description="group keeps volumes and patients together; slice is the leaky variant"
    )
    train: float = Field(698, gt=0, description="share of the training part, in any unit")
    validation: float = Field(114, gt=0, description="share of the validation part")
    test: float = Field(117, gt=0, description="share of the test part")
    seed: int = Field(0, ge=0, description="seed of the assignment")
