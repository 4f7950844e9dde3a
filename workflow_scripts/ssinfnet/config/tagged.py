"""Sections of which a key chooses one: unions that pydantic tells apart by tags."""

import types
import typing
from typing import Annotated, Any, Union

from pydantic import BaseModel, Tag

KIND = "kind"
"""The key that tells sections apart where they are of several kinds; networks have their name."""


def alternatives(annotation: Any) -> dict[str, type[BaseModel]]:
    """The sections of a tagged union by tag, also of one that may be None; empty for any other annotation."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        tag = next((one.tag for one in arguments[1:] if isinstance(one, Tag)), None)
        return {tag: arguments[0]} if tag else alternatives(arguments[0])
    if origin in (Union, types.UnionType):
        return {tag: section for part in arguments for tag, section in alternatives(part).items()}
    return {}


def key_of(annotation: Any) -> str:
    """The key by which the sections of a tagged union are told apart."""
    sections = alternatives(annotation).values()
    return KIND if all(KIND in section.model_fields for section in sections) else "name"
