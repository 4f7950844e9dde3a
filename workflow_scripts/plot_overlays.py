"""Draw test slices with the lesions that each method finds, beside the truth.

Reads the slices, the split, and the maps of each method and seed (of several seeds the lowest is drawn); writes a
grid for the single network and two for the multi network, with the predicted and with the true prior, PNG. Without
--predicted and --oracle these say why.
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
    options.add_runs(parser, "single", "H5", help="infection maps of the test part", required=True)
    options.add_runs(parser, "predicted", "H5", help="class maps of the test part, predicted prior")
    options.add_runs(parser, "oracle", "H5", help="class maps of the test part, true prior")
    options.add_runs(parser, "thresholds", "JSON", help="metrics of the single network", required=True)
    parser.add_argument("--out-single", type=Path, required=True, help="grid of the single network, PNG")
    parser.add_argument("--out-predicted", type=Path, required=True, help="grid of the multi network, PNG")
    parser.add_argument("--out-oracle", type=Path, required=True, help="the same with the true prior, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.config.labels import Labels
    from ssinfnet.figures import overlays
    from ssinfnet.figures.style import save
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    infection = command.section(Labels, args.config_json, "labels").infection
    single = runs.first_seeds(runs.parse(args.single))
    labels = runs.labels(single, args.config_json.get("methods", {}))
    maps = runs.maps_by_label(single, runs.parse(args.thresholds), labels)
    split = read_split(args.split)
    with SliceStore(args.slices) as store:
        save(overlays.single_grid(store, split, infection, maps), args.out_single)
        for prior, given, out in (
            ("predicted", args.predicted, args.out_predicted),
            ("oracle", args.oracle, args.out_oracle),
        ):
            classes = {labels[run.method]: run.path for run in runs.first_seeds(runs.parse(given))}
            save(overlays.multi_grid(store, split, infection, classes, prior), out)


if __name__ == "__main__":
    command.run(main)
