"""Compare all methods with each other, pair by pair, on the same images and patients.

Reads the metrics (JSON) and the tables of patients (CSV) of each method and seed; writes a CSV with a row per table,
pair, target and metric: difference with interval, and p of a permutation test over groups, corrected by Holm.
"""

from pathlib import Path

from ssinfnet import command, runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, severity")
    runs.add_option(parser, "single", "JSON", help="metrics of the single network", required=True)
    runs.add_option(parser, "predicted", "JSON", help="metrics of the multi network, predicted prior")
    runs.add_option(parser, "oracle", "JSON", help="metrics of the multi network, true prior")
    runs.add_option(parser, "patients", "CSV", help="severity of the patients")
    parser.add_argument("--out", type=Path, required=True, help="the comparisons, CSV")
    args = parser.parse_args(argv)

    import pandas as pd

    from ssinfnet import comparisons
    from ssinfnet.config.methods import Method
    from ssinfnet.config.severity import Severity
    from ssinfnet.files import write_text

    configured = args.config_json.get("methods", {})
    methods = {name: command.section(Method, configured, name) for name in configured}
    severity = command.section(Severity, args.config_json, "severity")
    options = {2: args.single, 3: args.predicted, 4: args.oracle}
    found = [comparisons.of_segmentation(number, runs.parse(given), methods) for number, given in options.items()]
    patients = runs.parse(args.patients)
    found.append(comparisons.of_severity(patients, methods, resamples=severity.bootstrap, seed=severity.seed))
    write_text(args.out, pd.concat(found).to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    command.run(main)
