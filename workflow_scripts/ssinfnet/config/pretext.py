"""Section `pretext`: inpainting against a coach. The defaults are the paper's, batches its authors'."""

from typing import Literal

from pydantic import Field

from ssinfnet.config.base import Section


class Rounds(Section):
    """Who trains how long; it decides how many jobs there are and is not part of any job's parameters."""

    first_network: int = Field(200, ge=1, description="epochs of round 0: the network, on random masks")
    first_coach: int = Field(200, ge=1, description="epochs of round 1: the coach")
    network: int = Field(100, ge=1, description="epochs of each later network round")
    coach: int = Field(100, ge=1, description="epochs of each later coach round")
    network_epochs: int = Field(2000, ge=1, description="epochs of the network over all of its rounds")


class Pretext(Section):
    """Batches, optimisers and masks of the pretext task."""

    loss: Literal["cross_entropy", "mse"] = Field("cross_entropy", description="reconstruction loss")
    keep_ratio: float = Field(0.75, gt=0, lt=1, description="share of the cells that is not erased")
    erased_weight: float = Field(0.99, ge=0, le=1, description="weight of erased pixels; kept ones get the rest")
    batch_size: int = Field(128, ge=1, description="crops in a batch")
    crop: int = Field(128, ge=32, multiple_of=32, description="edge of the random crops, pixels")
    learning_rates: tuple[float, ...] = Field(
        (0.1, 0.01, 0.001, 0.0001), min_length=1, description="SGD, one after the other within a round"
    )
    milestones: tuple[int, ...] = Field(
        (40, 80, 90), description="epochs of a round at which the next learning rate begins"
    )
    momentum: float = Field(0.9, ge=0, lt=1, description="momentum of SGD")
    weight_decay: float = Field(5e-4, ge=0, description="weight decay of SGD")
    coach_learning_rate: float = Field(1e-5, gt=0, description="learning rate of the coach's Adam")
    rounds: Rounds = Rounds()
