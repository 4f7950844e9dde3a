"""Draw test slices with the lesions that each method finds, beside the truth.

Reads the slices, the split, and the maps of each method and seed (of several seeds the lowest is drawn); writes a
grid for the single network and one for the multi network, PNG. Without --multi the second one says why.
"""

from pathlib import Path

from ssinfnet import command, runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with images and masks")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    runs.add_option(parser, "single", "H5", help="infection maps of the test part", required=True)
    runs.add_option(parser, "multi", "H5", help="class maps of the test part")
    runs.add_option(parser, "thresholds", "JSON", help="metrics of the single network", required=True)
    parser.add_argument("--out-single", type=Path, required=True, help="grid of the single network, PNG")
    parser.add_argument("--out-multi", type=Path, required=True, help="grid of the multi network, PNG")
    args = parser.parse_args(argv)

    from ssinfnet import figures, overlays, splits
    from ssinfnet.config.labels import Labels
    from ssinfnet.errors import InputError
    from ssinfnet.slices import SliceStore

    infection = command.section(Labels, args.config_json, "labels").infection
    single, multi = (runs.first_seeds(runs.parse(option)) for option in (args.single, args.multi))
    labels = runs.labels(single + multi, args.config_json.get("methods", {}))
    metrics = {run[:2]: run.path for run in runs.parse(args.thresholds)}
    if missing := [run for run in single if run[:2] not in metrics]:
        raise InputError(f"no --thresholds for method {missing[0].method}, seed {missing[0].seed}")
    maps = {labels[run.method]: (run.path, runs.read_json(metrics[run[:2]])["threshold"]["value"]) for run in single}
    split = splits.read(args.split)
    with SliceStore(args.slices) as store:
        figures.save(overlays.single_grid(store, split, infection, maps), args.out_single)
        classes = {labels[run.method]: run.path for run in multi}
        figures.save(overlays.multi_grid(store, split, infection, classes), args.out_multi)


if __name__ == "__main__":
    command.run(main)
