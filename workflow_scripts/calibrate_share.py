"""Calibrate the interval for the infected share of a scan on the validation groups, and try it on the test groups.

Reads the labelled slices and, of each seed of one method, the split, the infection maps of both parts and their
threshold. Lungs are found and trusted as those of patients. Writes the shares of each group and seed, found and true
(CSV), and the calibration with its coverage (JSON).
"""

import sys
from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for maps that do not fit, and for a seed that is given twice."""
    parser = command.parser(__doc__, config="labels, parenchyma, cleaning")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the masks")
    what = "split, infection maps of validation and test, and metrics of the single network"
    options.add_runs(parser, "run", "SPLIT", "VALIDATION", "TEST", "METRICS", help=what, required=True)
    parser.add_argument("--out-groups", type=Path, required=True, help="shares of each group and seed, CSV")
    parser.add_argument("--out-json", type=Path, required=True, help="the calibration and its coverage")
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.config.cleaning import Cleaning
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.parenchyma import Parenchyma
    from ssinfnet.evaluation import conformal, runs, shares
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.hashes import file_hash
    from ssinfnet.files.json_file import write_json
    from ssinfnet.slices.parts import read_split, torn_groups
    from ssinfnet.slices.store import SliceStore

    labels, parenchyma, trust = (
        command.section(model, args.config_json, model.__name__.lower()) for model in (Labels, Parenchyma, Cleaning)
    )
    given = runs.parse(args.run)
    runs.require_one_method(given)
    with SliceStore(args.slices) as store, contextlib.ExitStack() as stack:
        predictions = []
        for run in given:
            split, *maps, metrics = map(Path, run.values)
            stores = [stack.enter_context(SliceStore(path)) for path in maps]
            by_part = dict(zip(shares.PARTS, stores, strict=True))
            predictions.append(shares.Predictions(run.seed, read_split(split), by_part, runs.read_threshold(metrics)))
        groups = shares.measure(store, predictions, labels.infection, method=parenchyma.method, trust=trust)
    splits = {run.seed: file_hash(Path(run.values[0])) for run in given}
    torn = max(len(torn_groups(one.split)) for one in predictions)
    calibration = conformal.calibrate(groups, splits, torn)
    write_csv(args.out_groups, groups, digits=6)
    write_json(args.out_json, calibration.model_dump(mode="json"))
    print(conformal.report(calibration), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
