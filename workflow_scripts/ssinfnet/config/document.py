"""The config as a table for people, made from the models' descriptions."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import PydanticUndefined

from ssinfnet.config.base import Section, kinds


def keys(model: type[Section], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield key, type, default and description of every leaf below `model`; `<name>` stands for a free name."""
    for name, field in model.model_fields.items():
        if field.exclude:
            continue  # it has but one value
        key, annotation = prefix + name, field.annotation
        named = typing.get_args(annotation)[1] if typing.get_origin(annotation) is dict else None
        if isinstance(named, type) and issubclass(named, Section):
            yield from keys(named, f"{key}.<name>.")
        elif isinstance(annotation, type) and issubclass(annotation, Section):
            yield from _with_defaults(annotation, f"{key}.", field.default)
        else:
            default = "required" if field.default is PydanticUndefined else _show(field.default)
            yield key, _type(annotation), default, field.description or ""
            yield from _of_kinds(model, kinds(named), f"{key}.<name>.")


def _of_kinds(
    model: type[Section], sections: Mapping[str, type[Section]], prefix: str
) -> Iterator[tuple[str, str, str, str]]:
    """The keys of `sections`, by kind, that neither all of them have nor `model`, in which they are named."""
    for kind, section in sections.items():
        if kind == next(iter(sections)):
            yield f"{prefix}kind", ", ".join(sections), f"`{kind}`", section.model_fields["kind"].description
        for key, annotation, default, description in keys(section, prefix):
            name = key.removeprefix(prefix)
            if name in section.__annotations__ and name != "kind" and not issubclass(model, section):
                yield key, annotation, default, f"{kind}: {description}"


def markdown(model: type[Section]) -> str:
    """The table as Markdown."""
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for row in keys(model):
        cells = (cell.replace("|", "\\|") for cell in row)
        lines.append("| `{}` | {} | {} | {} |".format(*cells))
    return "\n".join(lines) + "\n"


def _with_defaults(model: type[Section], prefix: str, instance: Any) -> Iterator[tuple[str, str, str, str]]:
    """The keys of a section whose defaults are those of `instance`, which may differ from the model's."""
    for key, kind, default, description in keys(model, prefix):
        value = instance
        for part in key.removeprefix(prefix).split("."):
            value = getattr(value, part, PydanticUndefined)
        yield key, kind, default if value is PydanticUndefined else _show(value), description


def _show(value: Any) -> str:
    return "empty" if value == "" else "none" if value is None else f"`{value}`"


def _type(annotation: Any) -> str:
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(map(str, args))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not type(None))
    if origin is typing.Annotated:
        return _type(args[0])
    if origin is tuple:
        return f"list of {_type(args[0])}"
    if origin is dict:
        return f"map to {'keys of the section' if kinds(args[1]) else _type(args[1])}"
    return {"int": "integer", "float": "number", "str": "text", "bool": "true or false"}[annotation.__name__]
