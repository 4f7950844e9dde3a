"""Write the true infection of each slice of a part in the form of a prior: 1 where infected, else 0.

The multi network is given it as an oracle prior on the test part, and for training with `priors.mode: ground_truth`.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="labels")
    options.add_slices(parser)
    parser.add_argument("--part", choices=("train", "validation", "test"), required=True, help="part of the split")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the array infection")
    args = parser.parse_args(argv)

    from ssinfnet.config.labels import Labels
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore, write_derived

    labels = command.section(Labels, args.config_json, "labels").infection
    ids = part_ids(read_split(args.split), args.part)
    with SliceStore(args.slices) as store:
        maps = ((slice_id, store.read_infection(slice_id, labels).astype("float16")) for slice_id in ids)
        write_derived(args.out, store, "infection", maps, len(ids))


if __name__ == "__main__":
    command.run(main)
