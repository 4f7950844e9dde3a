"""Make one table and one page of all scans of a table, as `score_scans` does, from the results of all shards."""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for results that are not of the table."""
    parser = command.parser(__doc__)
    parser.add_argument("--table", type=Path, required=True, help="scans, CSV or workbook; see docs/scans.md")
    parser.add_argument("--lists", type=Path, nargs="+", required=True, help="of all shards of list_scans, JSON")
    parser.add_argument("--results", type=Path, nargs="+", required=True, help="of all shards, JSON")
    parser.add_argument("--bundle", type=Path, required=True, help="the bundle that scored them, zip")
    parser.add_argument("--out-table", type=Path, required=True, help="a row for each scan, CSV")
    parser.add_argument("--out-page", type=Path, required=True, help="page, HTML; the scans' folders are beside it")
    args = parser.parse_args(argv)

    from ssinfnet.exchange import bundle
    from ssinfnet.files.json_file import read_json
    from ssinfnet.scans import listed, listed_scores, scan_table

    results = [one for path in args.results for one in read_json(path)["results"]]
    found = listed.read_lists(args.lists, scan_table.read(args.table))
    summary = listed_scores.tabulate(found, results, bundle.read(args.bundle), args.out_table, args.out_page)
    print(f"{summary.scored} of {summary.total} scans scored", file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
