"""Print one value of the config as the workflow understands it, for programs that start it, as the Makefile does."""

import json
import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a config that the workflow would refuse, or a key that it has not."""
    parser = command.parser(__doc__)
    parser.add_argument("--key", required=True, help="such as results_dir or severity.folds")
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="overlays over config.yaml, as for snakemake"
    )
    args = parser.parse_args(argv)
    from snakemake.common.configfile import load_configfile
    from snakemake.utils import update_config

    from ssinfnet.config.workflow import parse
    from ssinfnet.errors import InputError

    values: dict = {}
    for file in [Path(__file__).resolve().parents[1] / "config.yaml", *args.configfile]:
        try:
            update_config(values, load_configfile(str(file)))
        except OSError as error:
            raise InputError(f"{file}: cannot be read ({error.strerror})") from None
        except Exception as error:  # Snakemake's own message, which says where the YAML is wrong
            raise InputError(f"{file}: no config ({error})") from None
    value = parse(values).model_dump(mode="json")
    for part in args.key.split("."):
        if not isinstance(value, dict) or part not in value:
            there = f"; it has {', '.join(value)} there" if isinstance(value, dict) else ""
            raise InputError(f"the config has no key {args.key}{there}")
        value = value[part]
    sys.stdout.write(f"{value if isinstance(value, str) else json.dumps(value)}\n")


if __name__ == "__main__":
    command.run(main)
