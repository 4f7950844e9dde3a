"""What all pretext tasks share: slices, batches, optimiser, rounds. Defaults are the paper's, batches its authors'."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.config.base import Section

TASK = "inpainting"
"""The name of the task that the section itself describes."""
Phase = Literal["network", "coach"]


class Rounds(Section):
    """Who trains how long; it decides how many jobs there are and is not part of any job's parameters."""

    first_network: int = Field(200, ge=1, description="epochs of round 0: the network, on random masks")
    first_coach: int = Field(200, ge=1, description="epochs of round 1: the coach")
    network: int = Field(100, ge=1, description="epochs of each later network round")
    coach: int = Field(100, ge=1, description="epochs of each later coach round")
    network_epochs: int = Field(2000, ge=1, description="epochs of the network over all of its rounds")

    segment: int = Field(100, ge=1, description="epochs of one job, each with its checkpoint file")

    def schedule(self, *, coached: bool = True) -> list[int]:
        """The epochs of each round, until the network has had its own.

        The last network round is cut short where needed, and no coach round follows it. If not `coached`, there are
        the network's rounds alone.
        """
        result = [min(self.first_network, self.network_epochs)]
        left = self.network_epochs - result[0]
        while left > 0:
            if coached:
                result.append(self.first_coach if len(result) == 1 else self.coach)
            result.append(min(self.network, left))
            left -= result[-1]
        return result


class Pretext(Section):
    """Slices, batches and optimiser of a pretext task of any kind; each kind adds `kind` and its own keys."""

    unlabelled: bool = Field(False, description="whether the single network's task sees the unlabelled slices as well")
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
    clip_norm: float = Field(1.0, ge=0, description="the norm of all gradients together is clipped to this; 0: never")
    augmentation: Augmentation = Augmentation(horizontal_flip=0.5, vertical_flip=0.5, crop=0.7)
    rounds: Rounds = Rounds()

    @model_validator(mode="after")
    def _check(self) -> "Pretext":
        if len(self.milestones) != len(self.learning_rates) - 1 or list(self.milestones) != sorted(self.milestones):
            raise ValueError("milestones must rise and be one fewer than learning_rates")
        return self

    @classmethod
    def inherited(cls, section: Mapping[str, Any]) -> dict[str, Any]:
        """What a task of this kind takes from the keys of the section `pretext` where it does not say its own."""
        return {name: section[name] for name in Pretext.model_fields}

    @property
    def coached(self) -> bool:
        """Whether rounds of a coach come between those of the network."""
        return False

    def phase(self, number: int) -> Phase:
        """Who trains in round `number`, counted from 0: network and coach take turns, if there is one."""
        return "coach" if self.coached and number % 2 else "network"

    def epochs(self) -> list[int]:
        """The epochs of each round."""
        return self.rounds.schedule(coached=self.coached)
