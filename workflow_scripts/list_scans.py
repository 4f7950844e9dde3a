"""List the scans that the rows of a table hold, without reading their pixels.

Reads the rows of a shard, what they name, and writes the scans and what is none as JSON. `score_listed_scans` scores
them.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a table or row that cannot be used."""
    parser = command.parser(__doc__)
    parser.add_argument("--table", type=Path, required=True, help="scans, CSV or workbook; see docs/scans.md")
    options.add_shard(parser)
    parser.add_argument("--out", type=Path, required=True, help="what the rows hold, JSON")
    args = parser.parse_args(argv)

    from ssinfnet.scans import listed, scan_table

    listed.write_list(args.out, scan_table.read(args.table), args.shard, args.shards)


if __name__ == "__main__":
    command.run(main)
