"""Draw the infection ratio of patients by clinical class, with the cut-offs, and the confusion matrix.

Reads the table of patients and the severity metrics of each method and seed (of several seeds the lowest is drawn);
writes one PNG.
"""

from pathlib import Path

from ssinfnet import command, runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods")
    runs.add_option(parser, "severity", "CSV", "JSON", help="patients and metrics of the severity", required=True)
    parser.add_argument("--out", type=Path, required=True, help="the figure, PNG")
    args = parser.parse_args(argv)

    from ssinfnet import figures

    chosen = runs.first_seeds(runs.parse(args.severity))
    labels = runs.labels(chosen, args.config_json.get("methods", {}))
    results = {
        labels[run.method]: (figures.read_patients(Path(run.values[0])), runs.read_json(run.path)) for run in chosen
    }
    figures.save(figures.severity_figure(results), args.out)


if __name__ == "__main__":
    command.run(main)
