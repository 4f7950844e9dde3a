"""Draw how well the probabilities of the infection maps agree with how often a pixel is infected.

Reads the slices, and the maps of each method and seed, which are of its test slices; writes a reliability diagram (PNG)
and its numbers with the calibration errors (CSV).
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command
from ssinfnet.evaluation import runs


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with masks")
    options.add_runs(parser, "single", "H5", help="infection maps of the test part", required=True)
    parser.add_argument("--out-figure", type=Path, required=True, help="reliability diagram, PNG")
    parser.add_argument("--out-table", type=Path, required=True, help="the bins, CSV")
    args = parser.parse_args(argv)

    from ssinfnet.config.labels import Labels
    from ssinfnet.figures import calibration
    from ssinfnet.figures.style import save
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.slices.store import SliceStore

    infection = command.section(Labels, args.config_json, "labels").infection
    single = runs.parse(args.single)
    found = {}
    with SliceStore(args.slices) as store:
        for run in single:
            with SliceStore(run.path) as maps:
                found[run.method, run.seed] = calibration.count(
                    (store.read_infection(slice_id, infection), maps.read("infection", slice_id))
                    for slice_id in maps.ids
                )
    labels = runs.labels(single, args.config_json.get("methods", {}))
    write_csv(args.out_table, calibration.table(found))
    save(calibration.figure(found, labels), args.out_figure)


if __name__ == "__main__":
    command.run(main)
