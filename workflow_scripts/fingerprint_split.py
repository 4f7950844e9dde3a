"""Describe the parts of a split in numbers.

Reads a slice store and its split; writes slices, groups, lesion pixels, empty slices and grey value quantiles as JSON.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    parser.add_argument("--out", type=Path, required=True, help="the numbers, JSON")
    args = parser.parse_args(argv)

    from ssinfnet.config.labels import Labels
    from ssinfnet.files.json_file import write_json
    from ssinfnet.slices.fingerprint import fingerprint
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    labels = command.section(Labels, args.config_json, "labels")
    with SliceStore(args.slices) as store:
        result = fingerprint(store, read_split(args.split), labels.infection)
    write_json(args.out, result)


if __name__ == "__main__":
    command.run(main)
