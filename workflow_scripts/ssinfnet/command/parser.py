"""What every command of the workflow shares: its parser, its config and its way of failing."""

import argparse
import json
import reprlib
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from ssinfnet.errors import InputError

Model = TypeVar("Model")


class Parser(argparse.ArgumentParser):
    """A parser that begins the record of how a result came about, once it knows the options."""

    def parse_args(self, *args: Any, **options: Any) -> argparse.Namespace:
        """As argparse."""
        parsed = super().parse_args(*args, **options)
        if parsed.provenance:
            from ssinfnet.process.provenance import Provenance

            _records.append(Provenance(vars(parsed)))
        return parsed


_records: list[Any] = []  # of the command that this process runs


def parser(description: str, *, config: str = "") -> argparse.ArgumentParser:
    """A parser whose `--help` shows `description`; `config` names the sections that `--config-json` holds."""
    result = Parser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # a new option may not change what the short form of another means
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
    """Section `name` of a parsed `--config-json` as its pydantic `model`, or one of several; defaults filled in."""
    from pydantic import TypeAdapter, ValidationError

    from ssinfnet.process import provenance

    try:
        result = TypeAdapter(model).validate_python(sections.get(name, {}))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([name, *map(str, first["loc"])])
        raise InputError(f"config: {key}: {first['msg']} (got {reprlib.repr(first['input'])})") from None
    provenance.note_defaults(name, sections.get(name, {}), result.model_dump(mode="json"))
    return result


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`: an `InputError` or Ctrl-C becomes one clear message and exit status 1."""
    from ssinfnet.process import lifeline, startup

    lifeline.follow_workflow()
    startup.search_less_for_garbage()
    startup.leave_compiler_out()
    try:
        main()
        for record in _records:
            record.write()
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
