"""Section `pretext`: the task inpainting, and further tasks of any kind by name."""

from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from ssinfnet.config.base import Section
from ssinfnet.config.denoising import Denoising
from ssinfnet.config.inpainting import Inpainting
from ssinfnet.config.pretext import TASK, Pretext
from ssinfnet.config.rotation import Rotation
from ssinfnet.config.tagged import KIND

KINDS: dict[str, type[Pretext]] = {
    "inpainting": Inpainting,
    "rotation": Rotation,
    "denoising": Denoising,
}
"""The keys of each kind of task. What such a task does is in the module of that name in `ssinfnet.pretraining`."""


def _kind(section: Any) -> str | None:
    if isinstance(section, Section):
        return getattr(section, KIND)
    return str(section.get(KIND)) if isinstance(section, dict) else None


_TAGGED = tuple(Annotated[section, Tag(kind)] for kind, section in KINDS.items())
Task = Annotated[Union[_TAGGED], Discriminator(_kind)]  # noqa: UP007


class PretextTasks(Inpainting):
    """The task `inpainting`, and others by name: of its kind with keys that differ, or of another kind."""

    variants: dict[str, Task] = Field(
        {},
        description="further tasks by name, each with its kind (the one that it is named after, else inpainting), its "
        "own keys, and those of the section that differ",
    )

    @field_validator("kind", mode="before")
    @classmethod
    def _kind(cls, kind: Any) -> Any:
        if kind != TASK:
            raise ValueError(f"the section itself is the task {TASK}; name a task of another kind in pretext.variants")
        return kind

    @field_validator("variants", mode="before")
    @classmethod
    def _fill(cls, variants: Any, info: ValidationInfo) -> Any:
        if not isinstance(variants, dict):
            return variants
        if set(info.data) != set(Inpainting.model_fields):
            return {}  # a key of the section is wrong; said once is enough
        section = {name: _plain(value) for name, value in info.data.items()}
        # As with methods, null takes away what another file has named.
        return {name: _complete(name, changes, section) for name, changes in variants.items() if changes is not None}

    @field_validator("variants")
    @classmethod
    def _names(cls, variants: dict[str, Pretext]) -> dict[str, Pretext]:
        for name, task in variants.items():
            if not name.replace("_", "").isalnum() or not name.isascii() or not name.islower():
                raise ValueError(f"the name {name!r} of a task must be lower-case letters, digits and _")
            if name in ("none", TASK):
                raise ValueError(f"{name} has a meaning already; give the task another name")
            if name in KINDS and task.kind != name:
                raise ValueError(f"{name} is the name of a kind, and the task is of kind {task.kind}; rename it")
        return variants

    def tasks(self) -> dict[str, Pretext]:
        """All tasks by name, each complete."""
        return {TASK: self, **self.variants}


def _complete(name: Any, changes: Any, section: Mapping[str, Any]) -> Any:
    """The values of the task `name`: `changes`, and from the `section` what its kind takes where they say nothing."""
    if not isinstance(changes, dict):
        return changes
    kind = changes.get("kind", name if name in KINDS else TASK)
    base = KINDS[kind].inherited(section) if isinstance(kind, str) and kind in KINDS else {}
    return _merge({**base, "kind": kind}, changes)


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
