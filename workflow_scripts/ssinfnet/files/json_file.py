"""JSON that one stage writes and another reads."""

import json
from pathlib import Path
from typing import Any, NoReturn

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.files.atomic import write_text

MAX_BYTES = 32 * untrusted.MIB
REMEDY = "run the stage that writes it again"


def write_json(path: str | Path, value: object) -> None:
    """Write `value` as indented JSON with sorted keys, atomically; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The object in a JSON file; raises `InputError` when there is none, and later for a key that it lacks."""
    content = untrusted.read(path, MAX_BYTES)

    class Object(dict):
        def __missing__(self, key: str) -> NoReturn:
            raise InputError(f"{path}: no {key}; {REMEDY}")

    try:
        value = json.loads(content, object_hook=Object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error}); {REMEDY}") from None
    if not isinstance(value, Object):
        raise InputError(f"{path}: holds no JSON object; {REMEDY}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
