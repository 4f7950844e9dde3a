"""Collect the results of all methods and seeds into Tables II to V, beside the numbers printed in the paper.

Reads the metrics (JSON) of each method and seed, and the comparisons of the methods; writes one CSV per table, a row
per number. Without --severity Table V holds the published numbers only.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, split (folds), labelled (source), patients (source)")
    options.add_runs(parser, "single", "JSON", help="metrics of the single network", required=True)
    options.add_runs(parser, "predicted", "JSON", help="metrics of the multi network, predicted prior")
    options.add_runs(parser, "oracle", "JSON", help="metrics of the multi network, true prior")
    options.add_runs(parser, "severity", "PATIENTS", "SLICES", "JSON", help="severity: two tables (CSV), metrics")
    parser.add_argument("--comparisons", type=Path, required=True, help="table of compare_methods, CSV")
    parser.add_argument("--out-table-2", type=Path, required=True, help="infection, single network")
    parser.add_argument("--out-table-3", type=Path, required=True, help="classes, predicted prior")
    parser.add_argument("--out-table-4", type=Path, required=True, help="classes, prior from the truth: an oracle")
    parser.add_argument("--out-table-5", type=Path, required=True, help="severity")
    args = parser.parse_args(argv)

    from ssinfnet.config.methods import Method
    from ssinfnet.config.split import Split
    from ssinfnet.evaluation import comparisons
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.report import paper_tables
    from ssinfnet.report.phantom import from_phantom

    configured = args.config_json.get("methods", {})
    methods = {name: command.section(Method, configured, name) for name in configured}
    compared = comparisons.read(args.comparisons)
    folds = command.section(Split, args.config_json, "split").folds
    segmentation = {
        2: (args.out_table_2, args.single),
        3: (args.out_table_3, args.predicted),
        4: (args.out_table_4, args.oracle),
    }
    phantoms = from_phantom(args.config_json)
    results = {
        out: paper_tables.segmentation_table(
            number, runs.parse(given), methods, compared, folds=folds, phantom="labelled" in phantoms
        )
        for number, (out, given) in segmentation.items()
    }
    # The networks that score patients have learned from the labelled slices.
    results[args.out_table_5] = paper_tables.severity_table(
        runs.parse(args.severity), methods, compared, phantom=bool(phantoms)
    )
    for path, table in results.items():
        write_csv(path, table)


if __name__ == "__main__":
    command.run(main)
