"""Section `methods`: what is compared: a pretext task, networks, a student if there is one, and an augmentation."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.config.external import External
from ssinfnet.config.network import MultiNetwork, SingleNetwork
from ssinfnet.config.self_training import SelfTraining
from ssinfnet.config.split import LabelBudget


class Method(Section):
    """One row of the tables.

    Keys that came later are left out of the values of a method that does not use them, so its jobs are those of before.
    """

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
    single_network: SingleNetwork | None = Field(
        None,
        description="its infection network, with the keys of that; none: single.network",
        exclude_if=lambda network: network is None,
    )
    multi_network: MultiNetwork | None = Field(
        None,
        description="its class network, with the keys of that; none: multi.network",
        exclude_if=lambda network: network is None,
    )
    external: External = Field(External(), exclude_if=lambda external: external == External())

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
                "single_network": self.single_network is not None,
                "multi_network": self.multi_network is not None,
            }
            for key, said in trained.items():
                if said:
                    raise ValueError(f"is external, so nothing is trained; leave out its {key}")
        return self
