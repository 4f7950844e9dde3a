"""Write the case browser: a page that opens without a network, to look at patients and labelled test slices.

Reads, of the lowest seed of each method, the maps, thresholds, ratios and scores of the patients and of the test part
of the split. Writes the page to be opened on its own, and one with fewer cases for Snakemake's report.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels, labelled, patients")
    parser.add_argument("--slices", type=Path, required=True, help="slice store of the labelled slices")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    options.add_runs(parser, "single", "H5", "JSON", help="infection maps of the test part, and metrics", required=True)
    options.add_runs(parser, "multi", "H5", "JSON", help="class maps of the test part, predicted prior, and metrics")
    parser.add_argument("--pictures", type=Path, help="slice store of the patients' pictures")
    parser.add_argument("--lungs", type=Path, nargs="+", default=[], help="stores with the lungs, one per shard")
    parser.add_argument("--quality", type=Path, help="table of the cleaning, with the reasons of rejections")
    options.add_runs(parser, "infection", "H5", help="infection maps of the patients' slices, each shard by itself")
    options.add_runs(parser, "severity", "PATIENTS", "SLICES", "JSON", help="tables (CSV) and metrics of the severity")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    parser.add_argument("--out-sample", type=Path, required=True, help="the page with fewer cases, HTML")
    args = parser.parse_args(argv)

    from ssinfnet.config.labels import Labels
    from ssinfnet.files.atomic import write_text
    from ssinfnet.report.cases import Labelled, People
    from ssinfnet.report.cases_page import pages_of
    from ssinfnet.report.pages import phantom_notice
    from ssinfnet.slices.parts import part_ids, read_split

    single, multi, severity = (
        runs.first_seeds(runs.parse(option)) for option in (args.single, args.multi, args.severity)
    )
    infection = command.section(Labels, args.config_json, "labels").infection
    page, fewer = pages_of(
        Labelled(args.slices, part_ids(read_split(args.split), "test"), infection, single, multi),
        People(args.pictures, args.lungs, args.quality, runs.parse(args.infection), severity) if severity else None,
        runs.labels(single, args.config_json.get("methods", {})),
        notice=phantom_notice(args.config_json),
        name=args.out.name,
    )
    write_text(args.out, page)
    write_text(args.out_sample, fewer)


if __name__ == "__main__":
    command.run(main)
