"""Decide which slices' lungs to trust, and draw contact sheets of those kept and those rejected.

Writes the measures of all slices with verdict and reason (CSV), the numbers before and after (JSON), and two pictures.
"""

import json
import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for shards or exclusions that do not fit the slices."""
    parser = command.parser(__doc__, config="cleaning")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the array image")
    parser.add_argument("--lungs", type=Path, nargs="+", required=True, help="stores of all shards, array lungs")
    parser.add_argument("--quality", type=Path, nargs="+", required=True, help="measures of all shards, CSV")
    parser.add_argument("--exclusions", type=Path, help="hand-kept CSV with the columns id and reason; always wins")
    parser.add_argument("--out-quality", type=Path, required=True, help="measures, verdict and reason of all slices")
    parser.add_argument("--out-counts", type=Path, required=True, help="numbers before and after, JSON")
    parser.add_argument("--out-kept", type=Path, required=True, help="contact sheet of slices kept, PNG")
    parser.add_argument("--out-rejected", type=Path, required=True, help="contact sheet of slices rejected, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.config.cleaning import Cleaning
    from ssinfnet.figures import contact_sheet
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json
    from ssinfnet.lungs import cleaning
    from ssinfnet.slices.sampling import spread
    from ssinfnet.slices.shards import Shards
    from ssinfnet.slices.store import SliceStore

    config = command.section(Cleaning, args.config_json, "cleaning")
    exclusions = args.exclusions or config.exclusions
    with SliceStore(args.slices) as store, Shards(args.lungs) as lungs:
        quality = cleaning.read_quality(args.quality, store.ids)
        excluded = cleaning.read_exclusions(Path(exclusions), store.ids) if exclusions else {}
        judged = cleaning.judge(quality, config, excluded)
        for verdict, path in ((cleaning.KEPT, args.out_kept), (cleaning.REJECTED, args.out_rejected)):
            rows = list(judged[judged["verdict"] == verdict].itertuples())
            shown = spread(rows, contact_sheet.MOST)
            heading = contact_sheet.title(f"Slices {verdict}", len(shown), len(rows))
            thumbnails = (
                (store.read("image", row.id), lungs.read("lungs", row.id), (row.id, row.reason)) for row in shown
            )
            contact_sheet.save(path, heading, thumbnails)
    counts = cleaning.count(judged)
    write_csv(args.out_quality, judged)
    write_json(args.out_counts, counts)
    print(json.dumps(counts), file=sys.stderr)
    if warning := cleaning.lying(judged):
        print(warning, file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
