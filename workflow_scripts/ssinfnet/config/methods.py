"""Section `methods`: what is compared. A method is a pretext task, a student if it has one, and an augmentation."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.config.external import External
from ssinfnet.config.self_training import SelfTraining
from ssinfnet.config.split import LabelBudget


class Method(Section):
    """One row of the tables."""

    label: str = Field(description="name in tables and figures")
    pretext: str = Field(
        "none", description="self-supervised task before fine-tuning: none, inpainting, or a name in pretext.variants"
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
    # Left out of the values of a method without it, so that its results are those of before.
    external: External = Field(External(), exclude_if=lambda value: value == External())

    @field_validator("self_training", "external", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        # So an overlay can switch it off as a whole.
        return {} if value is None else value

    @property
    def is_external(self) -> bool:
        """Whether its maps are predicted by another program, so that nothing is trained."""
        return self.external.infection is not None

    @model_validator(mode="after")
    def _nothing_to_train(self) -> "Method":
        if self.is_external:
            trained = {
                "pretext": self.pretext != "none",
                "self_training": self.self_training.teacher is not None,
                "augmentation": self.augmentation != Augmentation(),
                "single_epochs": self.single_epochs is not None,
            }
            for key, said in trained.items():
                if said:
                    raise ValueError(f"is external, so nothing is trained; leave out its {key}")
        return self
