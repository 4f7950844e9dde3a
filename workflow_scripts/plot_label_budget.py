"""Draw Dice against the number of labels, a line per family of methods, and write the numbers beside it.

Reads the metrics (JSON) of each method and seed, and the split from which each training drew its labelled slices.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, split")
    options.add_runs(parser, "single", "SPLIT", "JSON", help="split, metrics of the single network", required=True)
    options.add_runs(parser, "predicted", "SPLIT", "JSON", help="the same of the multi network, predicted prior")
    parser.add_argument("--out-figure", type=Path, required=True, help="the picture, PNG")
    parser.add_argument("--out-table", type=Path, required=True, help="its numbers, CSV")
    args = parser.parse_args(argv)

    from ssinfnet.config.methods import Method
    from ssinfnet.config.split import Split
    from ssinfnet.evaluation import label_budgets
    from ssinfnet.figures import label_budget
    from ssinfnet.figures.style import save
    from ssinfnet.files.atomic import write_csv

    configured = args.config_json.get("methods", {})
    methods = {name: command.section(Method, configured, name) for name in configured}
    folds = command.section(Split, args.config_json, "split").folds
    table = label_budgets.tabulate(runs.parse(args.single), runs.parse(args.predicted), methods, folds=folds)
    write_csv(args.out_table, table)
    save(label_budget.draw(table), args.out_figure)


if __name__ == "__main__":
    command.run(main)
