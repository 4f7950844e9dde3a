"""Score the infection maps of the single network on the test part.

Reads the slice store with the masks, the split, and the maps of the validation and test parts. The threshold is
chosen on validation. Writes one row per image (CSV) and means, errors and intervals (JSON); prints them to stderr.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="evaluation, labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the masks")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    parser.add_argument("--validation", type=Path, required=True, help="store of the maps of the validation part")
    parser.add_argument("--test", type=Path, required=True, help="store of the maps of the test part")
    parser.add_argument("--out-csv", type=Path, required=True, help="metrics of each image")
    parser.add_argument("--out-json", type=Path, required=True, help="means, errors, intervals and counts")
    args = parser.parse_args(argv)

    from ssinfnet.config.evaluation import Evaluation
    from ssinfnet.config.labels import Labels
    from ssinfnet.evaluation.segmentation import evaluate_single, report
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    config = command.section(Evaluation, args.config_json, "evaluation")
    labels = command.section(Labels, args.config_json, "labels")
    with SliceStore(args.slices) as store, SliceStore(args.validation) as validation, SliceStore(args.test) as test:
        frame, summary = evaluate_single(store, read_split(args.split), validation, test, labels.infection, config)
    write_csv(args.out_csv, frame)
    write_json(args.out_json, summary)
    print(report(summary), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
