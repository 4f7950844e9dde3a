"""Read and verify a split of one's own: which slice is for training, validation and test.

Reads the slice store and a table with the columns id and part, in any usual form; writes the part of every slice.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists all defects of the table."""
    parser = command.parser(__doc__)
    parser.add_argument("--slices", type=Path, required=True, help="slice store to split")
    parser.add_argument("--file", type=Path, required=True, help="the table: columns id and part")
    parser.add_argument("--out", type=Path, required=True, help="the part of each slice, CSV")
    args = parser.parse_args(argv)

    from ssinfnet.files.atomic import write_csv
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.sources.parts_table import read_parts

    with SliceStore(args.slices) as store:
        ids = store.ids
    write_csv(args.out, read_parts(args.file, ids))


if __name__ == "__main__":
    command.run(main)
