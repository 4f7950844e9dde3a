"""Draw and list the test slices on which each method fails worst.

Reads the slices, the split, and scores and maps of each method and seed; writes the worst slices of every run as a
table and those of each method's lowest seed as two pictures, for the single and the multi network.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with images and masks")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    options.add_runs(parser, "single", "CSV", "H5", help="scores and infection maps of the test part", required=True)
    options.add_runs(parser, "multi", "CSV", "H5", help="scores and class maps of the test part")
    options.add_runs(parser, "thresholds", "JSON", help="metrics of the single network", required=True)
    parser.add_argument("--out-table", type=Path, required=True, help="the worst slices with reasons, CSV")
    parser.add_argument("--out-single", type=Path, required=True, help="worst slices of the single network, PNG")
    parser.add_argument("--out-multi", type=Path, required=True, help="worst slices of the multi network, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.config.labels import Labels
    from ssinfnet.figures import worst_cases
    from ssinfnet.figures.style import save
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    infection = command.section(Labels, args.config_json, "labels").infection
    single, multi = runs.parse(args.single), runs.parse(args.multi)
    labels = runs.labels(single, args.config_json.get("methods", {}))
    cases = worst_cases.find(single, multi)
    write_csv(args.out_table, worst_cases.join(cases))
    with SliceStore(args.slices) as store:
        split, metrics = read_split(args.split), runs.parse(args.thresholds)
        pictures = worst_cases.figures(store, split, infection, cases, single, multi, metrics, labels)
    for picture, path in zip(pictures, (args.out_single, args.out_multi), strict=True):
        save(picture, path)


if __name__ == "__main__":
    command.run(main)
