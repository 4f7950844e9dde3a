"""Sections `single` and `multi`: supervised fine-tuning. The defaults are the paper's."""

from typing import Annotated, Literal

from pydantic import Field

from ssinfnet.config.base import Section
from ssinfnet.config.network import InfNet, MultiNetwork, SingleNetwork, UNet


class Schedule(Section):
    """Length of a training; it decides how many jobs there are and is not part of any job's parameters."""

    epochs: int = Field(500, ge=1, description="epochs in all")
    segment: int = Field(100, ge=1, description="epochs of one job, each with its checkpoint file")


class Training(Section):
    """Optimiser and batches."""

    optimizer: Literal["adam", "sgd"] = Field("adam", description="optimiser")
    learning_rate: float = Field(1e-4, gt=0, description="base learning rate")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum of SGD")
    weight_decay: float = Field(0.0, ge=0, description="weight decay")
    decay_every: int = Field(0, ge=0, description="epochs after which the rate is multiplied by decay; 0: never")
    decay: float = Field(0.1, gt=0, le=1, description="factor of the learning rate")
    clip: float = Field(0.5, ge=0, description="gradients are clipped to this value, each by itself; 0: never")
    batch_size: int = Field(24, ge=1, description="slices in a batch")
    size: int = Field(352, ge=32, multiple_of=32, description="edge of the input, pixels")
    scales: tuple[Annotated[int, Field(ge=32)], ...] = Field(
        (256, 352, 448), min_length=1, description="edges at which each batch is trained, one step each"
    )
    validate_every: int = Field(1, ge=1, description="epochs between validations; the best one is kept")


class Single(Section):
    """The single network."""

    network: SingleNetwork = InfNet()
    training: Training = Training()
    schedule: Schedule = Schedule()


class Multi(Section):
    """The multi network."""

    network: MultiNetwork = UNet()
    training: Training = Training(
        optimizer="sgd", learning_rate=0.01, momentum=0.7, clip=0, batch_size=16, scales=(352,)
    )
    schedule: Schedule = Schedule()
