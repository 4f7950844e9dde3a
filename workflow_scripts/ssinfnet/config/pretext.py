"""Section `pretext`: inpainting against a coach. The defaults are the paper's, batches its authors'."""

from typing import Literal

from pydantic import Field, model_validator

from ssinfnet.config.base import Section


def phase(number: int) -> Literal["network", "coach"]:
    """Who trains in round `number`, counted from 0: network and coach take turns, and the network begins."""
    return ("network", "coach")[number % 2]


class Rounds(Section):
    """Who trains how long; it decides how many jobs there are and is not part of any job's parameters."""

    first_network: int = Field(200, ge=1, description="epochs of round 0: the network, on random masks")
    first_coach: int = Field(200, ge=1, description="epochs of round 1: the coach")
    network: int = Field(100, ge=1, description="epochs of each later network round")
    coach: int = Field(100, ge=1, description="epochs of each later coach round")
    network_epochs: int = Field(2000, ge=1, description="epochs of the network over all of its rounds")

    segment: int = Field(100, ge=1, description="epochs of one job, each with its checkpoint file")

    def schedule(self) -> list[int]:
        """The epochs of each round, until the network has had its own.

        The last network round is cut short where needed, and no coach round follows it.
        """
        result = [min(self.first_network, self.network_epochs)]
        left = self.network_epochs - result[0]
        while left > 0:
            result.append(self.first_coach if len(result) == 1 else self.coach)
            result.append(min(self.network, left))
            left -= result[-1]
        return result


class Pretext(Section):
    """Batches, optimisers and masks of the pretext task."""

    loss: Literal["cross_entropy", "mse"] = Field("cross_entropy", description="reconstruction loss")
    keep_ratio: float = Field(0.75, gt=0, lt=1, description="share of the cells that is not erased")
    erased_weight: float = Field(0.99, ge=0, le=1, description="weight of erased pixels; kept ones get the rest")
    size: int = Field(352, ge=32, description="edge of the slices from which crops are cut, pixels")
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

    @model_validator(mode="after")
    def _check(self) -> "Pretext":
        if len(self.milestones) != len(self.learning_rates) - 1 or list(self.milestones) != sorted(self.milestones):
            raise ValueError("milestones must rise and be one fewer than learning_rates")
        return self
