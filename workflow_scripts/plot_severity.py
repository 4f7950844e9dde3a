"""Draw the severity of patients: ratios by class with confusion matrices, ROC curves, and regions of the lungs.

Reads the table of patients and the severity metrics of each method and seed (of several seeds the lowest is drawn);
writes three PNG.
"""

from pathlib import Path

from ssinfnet import command, runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods")
    runs.add_option(parser, "severity", "CSV", "JSON", help="patients and metrics of the severity", required=True)
    parser.add_argument("--out-classes", type=Path, required=True, help="ratios by class and confusion matrices, PNG")
    parser.add_argument("--out-roc", type=Path, required=True, help="ROC curves for severe or worse, PNG")
    parser.add_argument("--out-regions", type=Path, required=True, help="CT severity score and regions, PNG")
    args = parser.parse_args(argv)

    from ssinfnet import figures, severity_figures

    chosen = runs.first_seeds(runs.parse(args.severity))
    labels = runs.labels(chosen, args.config_json.get("methods", {}))
    results = {
        labels[run.method]: (severity_figures.read_patients(Path(run.values[0])), runs.read_json(run.path))
        for run in chosen
    }
    figures.save(severity_figures.severity_figure(results), args.out_classes)
    figures.save(severity_figures.roc_figure(results), args.out_roc)
    figures.save(severity_figures.regions_figure(results), args.out_regions)


if __name__ == "__main__":
    command.run(main)
