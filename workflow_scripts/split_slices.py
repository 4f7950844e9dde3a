"""Split the labelled slices into training, validation and test.

Reads a slice store; writes a table with the columns id, group and part.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="split")
    parser.add_argument("--slices", type=Path, required=True, help="slice store to split")
    parser.add_argument("--out", type=Path, required=True, help="the table, CSV")
    args = parser.parse_args(argv)

    from ssinfnet.config.split import Split
    from ssinfnet.slices.parts import read_split, write_split
    from ssinfnet.slices.split import split_slices
    from ssinfnet.slices.store import SliceStore

    config = command.section(Split, args.config_json, "split")
    with SliceStore(args.slices) as store:
        write_split(args.out, split_slices(store.index, config))
    read_split(args.out, by=config.by)


if __name__ == "__main__":
    command.run(main)
