"""Score the test predictions by region of the lungs, and their CT severity score against that of the truth.

Lungs are those of the slice store, else found by the parenchyma method and trusted by the rules of the cleaning.
Writes a row per group, region and target (CSV) and means with intervals and counts (JSON).
"""

import sys
from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="labels, parenchyma, cleaning, evaluation, severity")
    options.add_slices(parser)
    parser.add_argument("--infection", type=Path, required=True, help="store of the infection maps of the test part")
    parser.add_argument("--threshold", type=Path, required=True, help="metrics of the single network (JSON)")
    parser.add_argument("--classes", type=Path, help="store of the class maps of the test part (default: no classes)")
    parser.add_argument("--out-csv", type=Path, required=True, help="Dice of each group, region and target")
    parser.add_argument("--out-json", type=Path, required=True, help="means, intervals and counts")
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.config.cleaning import Cleaning
    from ssinfnet.config.evaluation import Evaluation
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.parenchyma import Parenchyma
    from ssinfnet.config.severity import Severity
    from ssinfnet.evaluation import runs
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json
    from ssinfnet.severity import region_dice
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    labels, parenchyma, trust, scoring, severity = (
        command.section(model, args.config_json, model.__name__.lower())
        for model in (Labels, Parenchyma, Cleaning, Evaluation, Severity)
    )
    threshold = runs.read_threshold(args.threshold)
    with SliceStore(args.slices) as store, SliceStore(args.infection) as infection, contextlib.ExitStack() as stack:
        classes = stack.enter_context(SliceStore(args.classes)) if args.classes else None
        frame, summary = region_dice.evaluate(
            store,
            read_split(args.split),
            region_dice.Maps(infection, threshold, classes),
            labels.infection,
            method=parenchyma.method,
            trust=trust,
            scoring=scoring,
            least=severity.least_infected,
        )
    write_csv(args.out_csv, frame, digits=6)
    write_json(args.out_json, summary)
    print(region_dice.report(summary), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
