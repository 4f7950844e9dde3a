"""Write the front page of the results, one HTML file that opens without a network, and the same numbers as JSON.

Reads Tables II to V, the fingerprint of the split, the figures and, where there is a severity stage, its metrics and
the counts of the cleaning. The JSON also has the config, versions, and hardware: of the trainings as their weights say,
else of this command.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs
from ssinfnet.files.json_file import read_json


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="all")
    parser.add_argument("--fingerprint", type=Path, required=True, help="numbers of the (first) split, JSON")
    parser.add_argument("--split", type=Path, nargs="+", required=True, help="table of each split")
    parser.add_argument("--tables", type=Path, nargs=4, required=True, help="Tables II to V in this order, CSV")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="pictures in the order of the page, PNG")
    parser.add_argument("--counts", type=Path, help="slices before and after cleaning, JSON")
    options.add_runs(parser, "severity", "JSON", help="metrics of the severity")
    options.add_runs(parser, "regions", "JSON", help="metrics by region of the lungs")
    options.add_runs(parser, "weights", "NETWORK", "SAFETENSORS", help="trained weights, single or multi")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    parser.add_argument("--out-numbers", type=Path, required=True, help="the numbers, JSON")
    args = parser.parse_args(argv)

    from ssinfnet.config.methods import Method
    from ssinfnet.config.split import Split
    from ssinfnet.files.atomic import write_text
    from ssinfnet.files.json_file import write_json
    from ssinfnet.report import lengths, pages, paper_tables, summary_json, summary_page
    from ssinfnet.report import splits as splits_told

    results = dict(enumerate(map(paper_tables.read, args.tables), start=2))
    fingerprint = read_json(args.fingerprint)
    counts = read_json(args.counts) if args.counts else None
    severity = runs.parse(args.severity)
    splits = splits_told.describe(args.split, command.section(Split, args.config_json, "split").folds)
    weights = runs.parse(args.weights)
    configured = args.config_json.get("methods", {})
    methods = {name: command.section(Method, configured, name) for name in configured}
    trained = lengths.read(weights)
    page = summary_page.render(
        results,
        fingerprint,
        args.figures,
        severity=[read_json(run.path) for run in severity],
        counts=counts,
        notice=pages.phantom_notice(args.config_json),
        splits=splits,
        lengths=trained,
        methods=methods,
    )
    values = summary_json.collect(
        results,
        args.config_json,
        fingerprint=fingerprint,
        splits=splits,
        severity=severity,
        regions=runs.parse(args.regions),
        weights=weights,
        counts=counts,
        methods=methods,
        warnings=lengths.unequal(trained, methods),
    )
    write_text(args.out, page)
    write_json(args.out_numbers, values)


if __name__ == "__main__":
    command.run(main)
