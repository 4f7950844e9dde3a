"""Score the test predictions by region of the lungs, and their CT severity score against that of the truth.

Lungs are those of the slice store, else found by the parenchyma method and trusted by the rules of the cleaning.
Writes a row per group, region and target (CSV) and means with intervals and counts (JSON).
"""

import sys
from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="labels, parenchyma, cleaning, evaluation, severity")
    arguments.add_slices(parser)
    parser.add_argument("--infection", type=Path, required=True, help="store of the infection maps of the test part")
    parser.add_argument("--threshold", type=Path, required=True, help="metrics of the single network (JSON)")
    parser.add_argument("--classes", type=Path, help="store of the class maps of the test part (default: no classes)")
    parser.add_argument("--out-csv", type=Path, required=True, help="Dice of each group, region and target")
    parser.add_argument("--out-json", type=Path, required=True, help="means, intervals and counts")
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet import runs, severity_region_dice, splits
    from ssinfnet.config.cleaning import Cleaning
    from ssinfnet.config.evaluation import Evaluation
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.parenchyma import Parenchyma
    from ssinfnet.config.severity import Severity
    from ssinfnet.files import write_json, write_text
    from ssinfnet.slices import SliceStore

    labels, parenchyma, trust, scoring, severity = (
        command.section(model, args.config_json, model.__name__.lower())
        for model in (Labels, Parenchyma, Cleaning, Evaluation, Severity)
    )
    threshold = runs.read_threshold(args.threshold)
    with SliceStore(args.slices) as store, SliceStore(args.infection) as infection, contextlib.ExitStack() as stack:
        classes = stack.enter_context(SliceStore(args.classes)) if args.classes else None
        frame, summary = severity_region_dice.evaluate(
            store,
            splits.read(args.split),
            severity_region_dice.Maps(infection, threshold, classes),
            labels.infection,
            method=parenchyma.method,
            trust=trust,
            scoring=scoring,
            least=severity.least_infected,
        )
    write_text(args.out_csv, frame.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
    write_json(args.out_json, summary)
    print(severity_region_dice.report(summary), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
