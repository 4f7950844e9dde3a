"""Say which unlabelled slices show a slice that is held out for validation or test, and so may train nothing.

Compares each slice of the stores with the held-out slices of a split. A copy has the same pixels, or shows the same
slice after it was saved anew: as JPEG, with other greys, cropped by some pixels, or at another size.

Writes a table with a row per slice and the columns source (the name of its store without suffix), id, and copy_of: the
held-out slice that it shows, or nothing where it may be used. pretrain_single.py takes the table as --screened.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    options.add_slices(parser)
    parser.add_argument("--unlabelled", type=Path, nargs="+", required=True, help="slice stores to screen")
    parser.add_argument("--out", type=Path, required=True, help="the table, CSV")
    args = parser.parse_args(argv)

    import contextlib
    import sys

    from ssinfnet.files.atomic import write_csv
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.screening import screen
    from ssinfnet.slices.store import SliceStore

    parts = read_split(args.split)
    with contextlib.ExitStack() as stack:
        labelled = stack.enter_context(SliceStore(args.slices))
        stores = [stack.enter_context(SliceStore(path)) for path in args.unlabelled]
        table = screen(stores, labelled, part_ids(parts, "validation") + part_ids(parts, "test"))
    write_csv(args.out, table)
    copies = int((table["copy_of"] != "").sum())
    print(f"{copies} of {len(table)} unlabelled slices show a held-out one and are left out", file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
