"""Write the front page of the results, one HTML file that opens without a network.

Reads Tables II to V, the fingerprint of the split, the figures and, where there is a severity stage, its metrics and
the counts of the cleaning. The config tells whether the data are real, for the notice on the phantom.
"""

import hashlib
from pathlib import Path

from ssinfnet import command, runs

PARTS = {"segmentation": "the labelled slices", "ictcf": "the patients whose severity is scored"}


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="segmentation, ictcf")
    parser.add_argument("--fingerprint", type=Path, required=True, help="numbers of the split, JSON")
    parser.add_argument("--split", type=Path, help="table of the split, whose hash the page tells")
    parser.add_argument("--tables", type=Path, nargs=4, required=True, help="Tables II to V in this order, CSV")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="pictures in the order of the page, PNG")
    parser.add_argument("--counts", type=Path, help="slices before and after cleaning, JSON")
    runs.add_option(parser, "severity", "JSON", help="metrics of the severity")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args(argv)

    from ssinfnet import summary, tables
    from ssinfnet.errors import InputError
    from ssinfnet.files import write_text

    split_hash = ""
    if args.split:
        try:
            split_hash = hashlib.sha256(args.split.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(f"{args.split}: cannot be read ({error.strerror})") from None
    page = summary.render(
        dict(enumerate(map(tables.read, args.tables), start=2)),
        runs.read_json(args.fingerprint),
        args.figures,
        severity=[runs.read_json(run.path) for run in runs.parse(args.severity)],
        counts=runs.read_json(args.counts) if args.counts else None,
        phantom=[what for name, what in PARTS.items() if args.config_json.get(name, {}).get("source") == "phantom"],
        split_hash=split_hash,
    )
    write_text(args.out, page)


if __name__ == "__main__":
    command.run(main)
