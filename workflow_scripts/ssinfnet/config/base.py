"""What all sections share."""

import typing
from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, ValidationInfo, field_validator


class Section(BaseModel):
    """A frozen part of the config that refuses unknown keys, infinite numbers, and truth values for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _truth(cls, value: Any, info: ValidationInfo) -> Any:
        # Pydantic takes true for 1; and YAML reads yes, no, on and off as truth values.
        items = value if isinstance(value, list | tuple) else [value]
        if cls.model_fields[info.field_name].annotation is not bool and any(isinstance(item, bool) for item in items):
            raise ValueError("must not be true or false, as which YAML reads yes, no, on and off too; quote a name")
        return value


KIND = "kind"
"""The key by which a section says of which kind it is, where there are several with keys of their own."""


def one_of(sections: Mapping[str, type[Section]]) -> Any:
    """The annotation of a section that is one of these `sections`, as its key `kind` says."""
    members = tuple(Annotated[section, Tag(kind)] for kind, section in sections.items())
    return Annotated[Union[members], Discriminator(_kind)]  # noqa: UP007


def kinds(annotation: Any) -> dict[str, type[Section]]:
    """The sections of an annotation of `one_of`, by kind; empty for any other annotation."""
    if typing.get_origin(annotation) is not Annotated or not isinstance(typing.get_args(annotation)[1], Discriminator):
        return {}
    members = map(typing.get_args, typing.get_args(typing.get_args(annotation)[0]))
    return {tag.tag: section for section, tag in members}


def _kind(section: Any) -> str | None:
    if isinstance(section, Section):
        return getattr(section, KIND)
    return str(section.get(KIND)) if isinstance(section, dict) else None
