"""Split the labelled slices into training, validation and test.

Reads a slice store, and with `split.by: file` the parts that prepare_parts has read; writes a table with the columns
id, group and part.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="split")
    parser.add_argument("--slices", type=Path, required=True, help="slice store to split")
    parser.add_argument("--parts", type=Path, help="with by: file, the part of each slice, CSV")
    parser.add_argument("--seed", type=int, help="with folds, the methods' seed, which says what is tested")
    parser.add_argument("--out", type=Path, required=True, help="the table, CSV")
    args = parser.parse_args(argv)

    from ssinfnet.config.split import Split
    from ssinfnet.errors import InputError
    from ssinfnet.files.tables import read_table
    from ssinfnet.slices.parts import read_split, write_split
    from ssinfnet.slices.split import from_parts, split_slices
    from ssinfnet.slices.store import SliceStore

    config = command.section(Split, args.config_json, "split")
    if (config.by == "file") != bool(args.parts):
        raise InputError("--parts goes with split.by: file, and only with it")
    if bool(config.folds) != (args.seed is not None):
        raise InputError("--seed goes with split.folds, and only with it")
    with SliceStore(args.slices) as store:
        if args.parts:
            table = from_parts(store.index, read_table(args.parts, ("id", "part"), dtype=str, keep_default_na=False))
        else:
            table = split_slices(store.index, config, seed=args.seed or 0)
    write_split(args.out, table)
    read_split(args.out, by=config.by)


if __name__ == "__main__":
    command.run(main)
