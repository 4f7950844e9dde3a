"""What is wrong with a value of the config, in words for people who do not know Python."""

import difflib
import reprlib
import types
import typing
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from ssinfnet.config.tagged import alternatives, key_of

# What a value must be, by pydantic's type of error; the context of the error fills the braces.
_MUST = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "literal_error": "{expected}",
    "missing": "given",
    "tuple_type": "a list",
    "dict_type": "a section of keys and values",
    "model_type": "a section of keys and values",
    "union_tag_not_found": "a section of keys and values",
    "too_short": "longer, with {min_length} or more values",
    "too_long": "shorter, with {max_length} or fewer values",
}


def explain(model: type[BaseModel], errors: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each wrong value below `model`, from the `errors` that pydantic lists."""
    wrong: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for error in errors:
        if error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
            continue  # its values are wrong and listed
        path, annotation = _place(model, error["loc"])
        if error["type"] == "union_tag_invalid":
            path.append(key_of(annotation))
        reason = _of_another_kind(model, error) or _reason(error, annotation)
        wrong.setdefault(".".join(path), []).append((reason, error))
    return [_line(key, found) for key, found in wrong.items()]


def _of_another_kind(model: type[BaseModel], error: dict[str, Any]) -> str:
    """Who has an unknown key of a section, where a section of another kind has it; else empty."""
    location = error["loc"]
    if error["type"] != "extra_forbidden" or len(location) < 3:
        return ""
    sections = alternatives(_place(model, location[:-2])[1])
    owners = [kind for kind, section in sections.items() if location[-1] in section.model_fields]
    if not owners or location[-2] not in sections:
        return ""
    return f": it belongs to {' or '.join(owners)}, and this is {location[-2]}"


def near(name: str, known: Sequence[str]) -> str:
    """`; did you mean X?` for the name that is closest; empty where none is close."""
    by_case = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), by_case, 1)
    return f"; did you mean {by_case[found[0]]}?" if found else ""


def _line(key: str, found: list[tuple[str, dict[str, Any]]]) -> str:
    """One line for the errors of a key; several say in which ways it may be right."""
    error = found[0][1]
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return f"config: unknown key {key}{found[0][0]}"
    value = error["ctx"]["tag"] if error["type"] == "union_tag_invalid" else error["input"]
    got = "" if error["type"] == "missing" else f" (got {_show(value)})"
    if len(found) > 1:
        return f"config: {key}: must be {' or '.join(reason.removeprefix('must be ') for reason, _ in found)}{got}"
    return f"config: {key}: {found[0][0]}{got}" if key else f"config: {found[0][0]}"


def _reason(error: dict[str, Any], annotation: Any) -> str:
    kind, value = error["type"], error["input"]
    last = error["loc"][-1] if error["loc"] else ""
    if kind in ("extra_forbidden", "invalid_key"):
        return near(str(last), list(getattr(annotation, "model_fields", {})))
    if kind == "union_tag_invalid":
        names = list(alternatives(annotation))
        return f"must be {', '.join(names[:-1])} or {names[-1]}{near(error['ctx']['tag'], names)}"
    if value is None and kind in ("model_type", "dict_type"):
        return "the section is empty; give it keys, or leave its line out"
    if last == "[key]":
        return f"the name {_show(value)} must be text; put it in quotes"
    if kind == "string_type" and isinstance(value, int | float):
        return "must be text; put it in quotes"
    if kind == "tuple_type" and isinstance(value, bool | int | float | str):
        return f"must be a list, such as [{_show(value, quoted=False)}]"
    if kind == "missing" and isinstance(last, int):
        return "is missing; the list is too short"
    if kind in _MUST:
        context = {name: _plain(item) for name, item in error.get("ctx", {}).items()}
        reason = f"must be {_MUST[kind].format(**context)}"
        if kind == "literal_error" and isinstance(value, str) and len(options := typing.get_args(annotation)) > 1:
            reason += near(value, [one for one in options if isinstance(one, str)])
        return reason
    return error["msg"].removeprefix("Value error, ")


def _plain(item: Any) -> Any:
    """As people write it: 1 for 1.0, and names without Python's quotes."""
    if isinstance(item, float) and item.is_integer():
        return int(item)
    return item.replace("'", "") if isinstance(item, str) else item


def _show(value: Any, *, quoted: bool = True) -> str:
    """A value as YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str) and not quoted:
        return reprlib.repr(value)[1:-1]
    return reprlib.repr(value)


def _place(model: Any, location: Sequence[Any]) -> tuple[list[str], Any]:
    """The key at `location` below `model`, without pydantic's names of the members of a union, and its annotation.

    Of an unknown key it is the annotation of the section around.
    """
    path: list[str] = []
    for part in location:
        if tagged := alternatives(model):
            if part not in tagged:
                break
            model = tagged[part]
            continue
        options = [model]
        if typing.get_origin(model) in (types.UnionType, typing.Union):
            options = [one for one in typing.get_args(model) if one is not type(None)]
        section = next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
        container = next((one for one in options if typing.get_origin(one) in (dict, tuple)), None)
        if section is None and container is None:
            break  # the name of a union's member
        if container is not None and len(path) + 2 == len(location) and location[-1] == "[key]":
            break
        path.append(reprlib.repr(str(part))[1:-1])
        if section is not None:
            if part not in section.model_fields:
                model = section
                break
            model = section.model_fields[part].annotation
        else:
            arguments = [one for one in typing.get_args(container) if one is not Ellipsis]
            model = arguments[part if isinstance(part, int) and part < len(arguments) else -1]
    return path, model
