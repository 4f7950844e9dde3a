"""Section `methods`: what is compared: a pretext task, networks, a student if there is one, and an augmentation."""

from typing import Any

from pydantic import Field, field_validator

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section
from ssinfnet.config.network import MultiNetwork, SingleNetwork
from ssinfnet.config.self_training import SelfTraining
from ssinfnet.config.split import LabelBudget


def _is_none(value: Any) -> bool:
    # What jobs are given of a method without networks of its own is what it was before there could be any.
    return value is None


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
    single_network: SingleNetwork | None = Field(
        None, description="its infection network, with the keys of that; none: single.network", exclude_if=_is_none
    )
    multi_network: MultiNetwork | None = Field(
        None, description="its class network, with the keys of that; none: multi.network", exclude_if=_is_none
    )

    @field_validator("self_training", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        # So an overlay can switch it off as a whole.
        return {} if value is None else value
