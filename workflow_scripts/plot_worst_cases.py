"""Draw and list the test slices on which each method fails worst.

Reads the slices, the split, and scores and maps of each method and seed; writes the worst slices of every run as a
table and those of each method's lowest seed as two pictures, for the single and the multi network.
"""

from pathlib import Path

from ssinfnet import command, runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with images and masks")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    runs.add_option(parser, "single", "CSV", "H5", help="scores and infection maps of the test part", required=True)
    runs.add_option(parser, "multi", "CSV", "H5", help="scores and class maps of the test part")
    runs.add_option(parser, "thresholds", "JSON", help="metrics of the single network", required=True)
    parser.add_argument("--out-table", type=Path, required=True, help="the worst slices with reasons, CSV")
    parser.add_argument("--out-single", type=Path, required=True, help="worst slices of the single network, PNG")
    parser.add_argument("--out-multi", type=Path, required=True, help="worst slices of the multi network, PNG")
    args = parser.parse_args(argv)

    from ssinfnet import figures, splits, worst_cases
    from ssinfnet.config.labels import Labels
    from ssinfnet.files import write_text
    from ssinfnet.slices import SliceStore

    infection = command.section(Labels, args.config_json, "labels").infection
    given = {"single": runs.parse(args.single), "multi": runs.parse(args.multi)}
    labels = runs.labels(given["single"], args.config_json.get("methods", {}))
    cases = {
        (network, *run[:2]): worst_cases.worst(worst_cases.read_scores(Path(run.values[0])), network)
        for network, several in given.items()
        for run in several
    }
    write_text(args.out_table, worst_cases.join(cases).to_csv(index=False, lineterminator="\n"))

    first = {network: runs.first_seeds(several) for network, several in given.items()}
    shown = {
        network: {labels[run.method]: cases[(network, *run[:2])] for run in several}
        for network, several in first.items()
    }
    thresholds = runs.thresholds(first["single"], runs.parse(args.thresholds))
    maps = {
        labels[run.method]: (run.path, threshold) for run, threshold in zip(first["single"], thresholds, strict=True)
    }
    split = splits.read(args.split)
    with SliceStore(args.slices) as store:
        figures.save(worst_cases.single_figure(store, split, infection, shown["single"], maps), args.out_single)
        classes = {labels[run.method]: run.path for run in first["multi"]}
        figures.save(worst_cases.multi_figure(store, split, shown["multi"], classes), args.out_multi)


if __name__ == "__main__":
    command.run(main)
