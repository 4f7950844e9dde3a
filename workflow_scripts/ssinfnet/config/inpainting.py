"""Pretext tasks of the kind inpainting: cells are erased, by chance or by a coach, and the network fills them in."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from ssinfnet.config.pretext import Pretext


class Inpainting(Pretext):
    """Masks and losses of a task that inpaints."""

    # The kind that is meant where none is named, and so not written down: tasks without it keep their parameters.
    kind: Literal["inpainting"] = Field("inpainting", exclude=True, description="what the network learns to do")
    masks: Literal["coach", "random", "mixed"] = Field(
        "coach",
        description="who chooses the erased cells after round 0: the coach; chance, and there are no coach rounds; or "
        "each for half of a batch's slices",
    )
    where: Literal["image", "lungs"] = Field(
        "image", description="cells that may be erased: all, or those at least half of which is lung"
    )
    loss: Literal["cross_entropy", "mse"] = Field("cross_entropy", description="reconstruction loss")
    keep_ratio: float = Field(
        0.75, gt=0, lt=1, description="share of the cells that is not erased; for lungs, of the cells in them"
    )
    erased_weight: float = Field(0.99, ge=0, le=1, description="weight of erased pixels; kept ones get the rest")
    coach_learning_rate: float = Field(1e-5, gt=0, description="learning rate of the coach's Adam")

    @classmethod
    def inherited(cls, section: Mapping[str, Any]) -> dict[str, Any]:
        """All of it, as the section is itself a task that inpaints."""
        return dict(section)

    @property
    def coached(self) -> bool:
        """Whether a coach chooses masks."""
        return self.masks != "random"
