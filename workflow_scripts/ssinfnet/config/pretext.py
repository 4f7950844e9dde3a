"""Section `pretext`: inpainting against a coach. The defaults are the paper's, batches its authors'."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

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
    """Slices, masks, batches and optimisers of a pretext task."""

    unlabelled: bool = Field(False, description="whether the single network's task sees the unlabelled slices as well")
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
    coach_learning_rate: float = Field(1e-5, gt=0, description="learning rate of the coach's Adam")
    augmentation: Augmentation = Augmentation(horizontal_flip=0.5, vertical_flip=0.5, crop=0.7)
    rounds: Rounds = Rounds()

    @model_validator(mode="after")
    def _check(self) -> "Pretext":
        if len(self.milestones) != len(self.learning_rates) - 1 or list(self.milestones) != sorted(self.milestones):
            raise ValueError("milestones must rise and be one fewer than learning_rates")
        return self

    def phase(self, number: int) -> Phase:
        """Who trains in round `number`, counted from 0: network and coach take turns, if there is one."""
        return "coach" if self.masks != "random" and number % 2 else "network"

    def epochs(self) -> list[int]:
        """The epochs of each round."""
        return self.rounds.schedule(coached=self.masks != "random")


class PretextTasks(Pretext):
    """The task `inpainting`, and others by name that differ from it in some keys."""

    variants: dict[str, Pretext] = Field({}, description="further tasks by name, each with the keys that differ")

    @field_validator("variants", mode="before")
    @classmethod
    def _fill(cls, variants: Any, info: ValidationInfo) -> Any:
        if not isinstance(variants, dict):
            return variants
        if set(info.data) != set(Pretext.model_fields):
            return {}  # a key of the section is wrong; said once is enough
        base = {name: _plain(value) for name, value in info.data.items()}
        # As with methods, null takes away what another file has named.
        return {name: _merge(base, changes) for name, changes in variants.items() if changes is not None}

    @field_validator("variants")
    @classmethod
    def _names(cls, variants: dict[str, Pretext]) -> dict[str, Pretext]:
        for name in variants:
            if not name.replace("_", "").isalnum() or not name.isascii() or not name.islower():
                raise ValueError(f"the name {name!r} of a task must be lower-case letters, digits and _")
            if name in ("none", TASK):
                raise ValueError(f"{name} has a meaning already; give the task another name")
        return variants

    def tasks(self) -> dict[str, Pretext]:
        """All tasks by name, each complete."""
        return {TASK: self, **self.variants}


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Section) else value


def _merge(base: Mapping[str, Any], changes: Any) -> Any:
    """`base` with `changes` laid over it, section by section."""
    if not isinstance(changes, dict):
        return changes
    merged = {
        key: _merge(base[key], value) if isinstance(base.get(key), dict) else value for key, value in changes.items()
    }
    return {**base, **merged}
