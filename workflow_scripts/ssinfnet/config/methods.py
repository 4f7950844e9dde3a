"""Section `methods`: what is compared. A method is a pretext task, a student if it has one, and an augmentation."""

from typing import Any

from pydantic import Field, field_validator

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.config.self_training import SelfTraining
from ssinfnet.config.split import LabelBudget


class Method(Section):
    """One row of the tables."""

    label: str = Field(description="name in tables and figures")
    pretext: str = Field(
        "none",
        description="self-supervised task before fine-tuning: none, inpainting, or a name in pretext.variants, such as "
        "rotation and denoising",
    )
    augmentation: Augmentation = Augmentation()
    single_epochs: int | None = Field(
        None, ge=1, description="fine-tuning epochs of its single network; none: single.schedule.epochs"
    )
    labels: LabelBudget | None = Field(
        None, description="training slices whose labels are used; none: as split.labels says"
    )
    family: str | None = Field(
        None, description="methods of one family are a line in the figure of label budgets; none: the label"
    )
    self_training: SelfTraining = SelfTraining()

    @field_validator("self_training", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        # So an overlay can switch it off as a whole.
        return {} if value is None else value
