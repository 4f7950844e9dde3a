"""Section `methods.X.self_training`: a student that learns from another method's maps of slices without masks."""

import operator
from collections.abc import Mapping

from pydantic import Field, model_validator

from ssinfnet.config.base import Section
from ssinfnet.config.training import Training

_RATE = "base learning rate; none: that of single.training"
_BATCH = "slices in a batch; none: as in single.training"


class Phase(Section):
    """What a training on pseudo labels has of its own; all else is `single.training`."""

    learning_rate: float | None = Field(None, gt=0, description=_RATE)
    batch_size: int | None = Field(None, ge=1, description=_BATCH)

    def of(self, training: Training) -> Training:
        """`training` with these values in the place of its own."""
        return training.model_copy(update=self.model_dump(exclude_none=True))


class GroupTraining(Phase):
    """The fine-tuning after each group."""

    learning_rate: float | None = Field(3e-4, gt=0, description=_RATE)
    batch_size: int | None = Field(16, ge=1, description=_BATCH)


class HybridTraining(Phase):
    """The training of the student on labels and pseudo labels."""

    learning_rate: float | None = Field(1e-4, gt=0, description=_RATE)
    batch_size: int | None = Field(24, ge=1, description=_BATCH)


class Progressive(Section):
    """Pseudo labels made group by group, each by a network that has learned from those before.

    The defaults are those of Semi-Inf-Net's authors (Fan et al. 2020) but for `groups`, of which they had 320. `groups`
    and `per_job` decide how many jobs there are and are not part of any job's parameters.
    """

    groups: int = Field(1, ge=1, description="groups of unlabelled slices; 1: the teacher marks all slices at once")
    group_size: int = Field(5, ge=1, description="slices of a group, drawn by the seed; the last one may be smaller")
    per_job: int = Field(20, ge=1, description="groups of one job, which ends with a checkpoint file")
    relabel: bool = Field(
        False, description="whether each group's network marks all groups before it anew; else no label ever changes"
    )
    epochs: int = Field(9, ge=1, description="epochs of fine-tuning after each group, on labels and pseudo labels")
    group_training: GroupTraining = GroupTraining()
    hybrid_training: HybridTraining = HybridTraining()

    def fine_tuning(self, training: Training) -> Training:
        """The settings after each group, from `single.training`; the rate is constant, as no group is to learn less."""
        return self.group_training.of(training).model_copy(update={"decay_every": 0})

    def ends(self) -> list[int]:
        """How many groups are done at the end of each job."""
        return [*range(self.per_job, self.groups, self.per_job), self.groups]


class SelfTraining(Section):
    """The student of a method; without a teacher there is none.

    `epochs` and `segment` decide how many jobs there are and are not part of any job's parameters.
    """

    teacher: str | None = Field(None, description="method whose single network marks the unlabelled slices; none: off")
    slices: int = Field(400, ge=0, description="unlabelled slices to mark, evenly spread over all; 0: all")
    stretch: bool = Field(False, description="whether each pseudo label is stretched to the range from 0 to 1")
    epochs: int = Field(10, ge=1, description="epochs of the student, before the fine-tuning on labels")
    segment: int = Field(10, ge=1, description="epochs of one job, each with its checkpoint file")
    # What came later is left out where it changes nothing: the parameters of jobs that were there stay as they were.
    confidence: bool = Field(
        False,
        description="whether the loss weighs each pixel of a pseudo label p by |2 p - 1|, its certainty",
        exclude_if=operator.not_,
    )
    progressive: Progressive = Field(Progressive(), exclude_if=lambda progressive: progressive.groups == 1)

    @property
    def by_groups(self) -> bool:
        """Whether the pseudo labels are made group by group."""
        return self.teacher is not None and self.progressive.groups > 1

    @model_validator(mode="after")
    def _no_empty_group(self) -> "SelfTraining":
        groups, size = self.progressive.groups, self.progressive.group_size
        if groups > 1 and self.slices and (groups - 1) * size >= self.slices:
            raise ValueError(
                f"{groups} groups of {size} need more than the {self.slices} slices of self_training.slices; set that"
                " to 0, which is all of them, or lower progressive.groups"
            )
        return self


def require_teachers(teachers: Mapping[str, str | None]) -> None:
    """Raise `ValueError` unless each method's teacher (None: none) is a method, and no chain of them is closed."""
    for name in teachers:
        chain = [name]
        while (teacher := teachers[chain[-1]]) is not None:
            key = f"methods.{chain[-1]}.self_training.teacher"
            if teacher not in teachers:
                known = [other for other in teachers if other != chain[-1]]
                remedy = f"name one of {', '.join(known)}" if known else "add the teacher to the methods"
                raise ValueError(f"{key} is {teacher!r}, which is no method of the config; {remedy}")
            chain.append(teacher)
            if teacher in chain[:-1]:
                circle = " taught by ".join(chain[chain.index(teacher) :])
                raise ValueError(f"{key}: the teachers go round in a circle ({circle}); name another method")
