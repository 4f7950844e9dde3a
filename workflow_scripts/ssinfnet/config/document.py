"""The config as a table for people, made from the models' descriptions."""

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import PydanticUndefined

from ssinfnet.config.base import Section
from ssinfnet.config.tagged import alternatives

CHOICES = """## Networks

Each network has keys of its own. A method says its own network as a whole, and what it leaves out has the default of
that network, not the value of the section: `single_network: {name: plain_unet, width: 16}`. An overlay that names
another network in a section takes the keys away that this one has not: `backbone: null`."""


def keys(model: type[Section], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield key, type, default and description of every leaf below `model`; `<name>` stands for a free name.

    Of sections of which `name` chooses one the leaves are those of the default; `choices` has the others.
    """
    for name, field in model.model_fields.items():
        if field.exclude:
            continue  # it has but one value
        key, annotation = prefix + name, field.annotation
        named = typing.get_args(annotation)[1] if typing.get_origin(annotation) is dict else None
        if isinstance(named, type) and issubclass(named, Section):
            yield from keys(named, f"{key}.<name>.")
        elif isinstance(annotation, type) and issubclass(annotation, Section):
            yield from _with_defaults(annotation, f"{key}.", field.default)
        elif (tagged := alternatives(annotation)) and isinstance(field.default, Section):
            what = "; ".join(f"{tag}: {section.model_fields['name'].description}" for tag, section in tagged.items())
            for leaf, kind, default, description in _with_defaults(type(field.default), f"{key}.", field.default):
                yield (
                    (leaf, ", ".join(tagged), default, what)
                    if leaf == f"{key}.name"
                    else (leaf, kind, default, description)
                )
        else:
            default = "required" if field.default is PydanticUndefined else _show(field.default)
            yield key, _type(annotation), default, field.description or ""
            yield from _of_alternatives(model, alternatives(named), f"{key}.<name>.")


def _of_alternatives(
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


def choices(model: type[Section], prefix: str = "") -> Iterator[tuple[str, str, str, str, str]]:
    """Yield section, name, key, type, default and description: the options of all sections that a name chooses."""
    for name, field in model.model_fields.items():
        key, annotation = prefix + name, field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from choices(annotation, f"{key}.")
        elif isinstance(field.default, Section):
            for tag, section in alternatives(annotation).items():
                for row in keys(section):
                    yield (key, tag, *row)


def markdown(model: type[Section]) -> str:
    """The tables as Markdown: all keys, and the options of each network."""
    lines = [*_rows(("key", "type", "default", "meaning"), keys(model)), "", CHOICES, ""]
    named = ((f"{section}` {name} `{key}", *row) for section, name, key, *row in choices(model) if key != "name")
    lines += _rows(("section, name and key", "type", "default", "meaning"), named)
    return "\n".join(lines) + "\n"


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| {} |".format(" | ".join(head))
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| `{}` | {} | {} | {} |".format(*(cell.replace("|", "\\|") for cell in row))


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
    if alternatives(annotation):
        return "a network"
    if origin is typing.Literal:
        return ", ".join(map(str, args))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not type(None))
    if origin is typing.Annotated:
        return _type(args[0])
    if origin is tuple:
        return f"list of {_type(args[0])}"
    if origin is dict:
        return f"map to {'keys of the section' if alternatives(args[1]) else _type(args[1])}"
    return {"int": "integer", "float": "number", "str": "text", "bool": "true or false"}[annotation.__name__]
