"""Score the class maps of the multi network on the test part.

Reads the slice store with the masks, the split, and the maps. The class of a pixel is the most probable one; pleural
effusion counts as background. Writes one row per image and class (CSV) and means, errors and intervals (JSON).
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="evaluation")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the masks")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    parser.add_argument("--test", type=Path, required=True, help="store of the class maps of the test part")
    parser.add_argument("--out-csv", type=Path, required=True, help="metrics of each image and class")
    parser.add_argument("--out-json", type=Path, required=True, help="means, errors, intervals and counts")
    args = parser.parse_args(argv)

    from ssinfnet.config.evaluation import Evaluation
    from ssinfnet.evaluation.segmentation import evaluate_multi, report
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    config = command.section(Evaluation, args.config_json, "evaluation")
    with SliceStore(args.slices) as store, SliceStore(args.test) as test:
        frame, summary = evaluate_multi(store, read_split(args.split), test, config)
    write_csv(args.out_csv, frame)
    write_json(args.out_json, summary)
    print(report(summary), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
