"""What every command of the workflow shares: its parser, its config and its way of failing."""

import argparse
import json
import reprlib
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ssinfnet.errors import InputError

Model = TypeVar("Model")


def parser(description: str, *, config: str = "") -> argparse.ArgumentParser:
    """A parser whose `--help` shows `description`; `config` names the sections that `--config-json` holds."""
    result = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # as the provenance reads the options again
    )
    if config:
        result.add_argument(
            "--config-json",
            type=_json_object,
            default={},
            metavar="JSON",
            help=f"config sections: {config}; what is left out takes its default from ssinfnet/config",
        )
    result.add_argument("--provenance", metavar="FILE", help="also write how the result came about, JSON")
    return result


def section(model: type[Model], sections: dict[str, Any], name: str) -> Model:
    """Section `name` of a parsed `--config-json` as its pydantic `model`, defaults filled in."""
    from pydantic import ValidationError

    from ssinfnet import provenance

    try:
        result = model.model_validate(sections.get(name, {}))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([name, *map(str, first["loc"])])
        raise InputError(f"config: {key}: {first['msg']} (got {reprlib.repr(first['input'])})") from None
    provenance.note_defaults(name, sections.get(name, {}), result.model_dump(mode="json"))
    return result


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`: an `InputError` or Ctrl-C becomes one clear message and exit status 1."""
    from ssinfnet import lifeline, provenance

    lifeline.follow_workflow()
    argv, start = sys.argv[1:], time.monotonic()
    record = provenance.option(argv, "--provenance")
    before = provenance.stamps(argv) if record else {}
    try:
        main()
        if record:
            provenance.write(record, argv, before, time.monotonic() - start)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("error: interrupted")


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value
