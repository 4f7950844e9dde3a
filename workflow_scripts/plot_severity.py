"""Draw the severity of patients: ratios by class with confusion matrices, ROC curves, and regions of the lungs.

Reads the table of patients and the severity metrics of each method and seed (of several seeds the lowest is drawn);
writes three PNG.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs
from ssinfnet.files.json_file import read_json


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods")
    options.add_runs(parser, "severity", "CSV", "JSON", help="patients and metrics of the severity", required=True)
    parser.add_argument("--out-classes", type=Path, required=True, help="ratios by class and confusion matrices, PNG")
    parser.add_argument("--out-roc", type=Path, required=True, help="ROC curves for severe or worse, PNG")
    parser.add_argument("--out-regions", type=Path, required=True, help="CT severity score and regions, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.figures import severity
    from ssinfnet.figures.style import save

    chosen = runs.first_seeds(runs.parse(args.severity))
    labels = runs.labels(chosen, args.config_json.get("methods", {}))
    results = {labels[run.method]: (severity.read_patients(Path(run.values[0])), read_json(run.path)) for run in chosen}
    save(severity.severity_figure(results), args.out_classes)
    save(severity.roc_figure(results), args.out_roc)
    save(severity.regions_figure(results), args.out_regions)


if __name__ == "__main__":
    command.run(main)
