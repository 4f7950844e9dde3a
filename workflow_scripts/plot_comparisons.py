"""Draw the differences between all pairs of methods, with intervals and corrected p.

Reads the table of compare_methods; with one method only the picture says so.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="severity")
    parser.add_argument("--comparisons", type=Path, required=True, help="table of compare_methods, CSV")
    parser.add_argument("--out", type=Path, required=True, help="the picture, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.config.severity import Severity
    from ssinfnet.evaluation import comparisons
    from ssinfnet.figures import comparisons as comparison_figure
    from ssinfnet.figures.style import save

    cutoffs = command.section(Severity, args.config_json, "severity").cutoffs
    save(comparison_figure.draw(comparisons.read(args.comparisons), cutoffs), args.out)


if __name__ == "__main__":
    command.run(main)
