"""Compare all methods with each other, pair by pair, on the same images and patients.

Reads the metrics (JSON) and the tables of patients (CSV) of each method and seed; writes a CSV with a row per table,
pair, target and metric: difference with interval, and p of a permutation test over groups, corrected by Holm.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, severity, split (folds)")
    options.add_runs(parser, "single", "JSON", help="metrics of the single network", required=True)
    options.add_runs(parser, "predicted", "JSON", help="metrics of the multi network, predicted prior")
    options.add_runs(parser, "oracle", "JSON", help="metrics of the multi network, true prior")
    options.add_runs(parser, "patients", "CSV", help="severity of the patients")
    parser.add_argument("--out", type=Path, required=True, help="the comparisons, CSV")
    args = parser.parse_args(argv)

    import pandas as pd

    from ssinfnet.config.methods import Method
    from ssinfnet.config.severity import Severity
    from ssinfnet.config.split import Split
    from ssinfnet.evaluation import comparisons
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.severity.comparisons import of_severity

    configured = args.config_json.get("methods", {})
    methods = {name: command.section(Method, configured, name) for name in configured}
    severity = command.section(Severity, args.config_json, "severity")
    folds = command.section(Split, args.config_json, "split").folds
    tables = {2: args.single, 3: args.predicted, 4: args.oracle}
    found = [
        comparisons.of_segmentation(number, runs.parse(given), methods, folds=folds) for number, given in tables.items()
    ]
    patients = runs.parse(args.patients)
    found.append(of_severity(patients, methods, resamples=severity.bootstrap, seed=severity.seed))
    write_csv(args.out, pd.concat(found))


if __name__ == "__main__":
    command.run(main)
