"""Section `methods.X.self_training`: a student that learns from another method's maps of slices without masks."""

from collections.abc import Mapping

from pydantic import Field

from ssinfnet.config.base import Section


class SelfTraining(Section):
    """The student of a method; without a teacher there is none.

    `epochs` and `segment` decide how many jobs there are and are not part of any job's parameters.
    """

    teacher: str | None = Field(None, description="method whose single network marks the unlabelled slices; none: off")
    slices: int = Field(400, ge=0, description="unlabelled slices to mark, evenly spread over all; 0: all")
    stretch: bool = Field(False, description="whether each pseudo label is stretched to the range from 0 to 1")
    epochs: int = Field(10, ge=1, description="epochs of the student, before the fine-tuning on labels")
    segment: int = Field(10, ge=1, description="epochs of one job, each with its checkpoint file")


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
