"""Section `evaluation`: metrics, intervals and what the empty mask counts."""

from typing import Literal

from pydantic import Field, field_validator

from ssinfnet.config.base import Section


class Evaluation(Section):
    """How predictions are scored."""

    threshold: Literal["validation"] | float = Field(
        "validation", description="of the infection map: best mean Dice on validation, or a number"
    )
    empty: Literal["one", "skip"] = Field(
        "one", description="score of an image without foreground in truth and prediction: 1, or left out"
    )
    bootstrap: int = Field(1000, ge=100, description="resamples of groups for the 95 % intervals")
    seed: int = Field(0, ge=0, description="seed of the resampling")

    @field_validator("threshold")
    @classmethod
    def _share(cls, threshold: str | float) -> str | float:
        if isinstance(threshold, float) and not 0 <= threshold <= 1:
            raise ValueError("a threshold lies between 0 and 1")
        return threshold
