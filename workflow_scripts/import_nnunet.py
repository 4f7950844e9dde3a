"""Take predictions of nnU-Net, version 2, as maps of our slices, to be scored like those of any other method.

Of a data set that export_nnunet wrote with --split: the predictions of one part, validation or test. Of pictures that
it wrote without: those of one shard of the slices. Probabilities (.npz, of nnUNetv2_predict --save_probabilities) are
taken where there are any, else labels (.png), which become maps of 0 and 1. Each slice must have its prediction, of its
size and with known labels, and each prediction its slice.
"""

import sys
from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a prediction that is missing, left over, or not what it should be."""
    parser = command.parser(__doc__, config="labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the array image")
    parser.add_argument("--split", type=Path, help="table of the split, CSV, for --part")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--part", choices=("validation", "test"), help="part of the split")
    options.add_shard(parser, chosen)
    parser.add_argument("--predictions", type=Path, required=True, help="folder of predictions, and those below it")
    parser.add_argument(
        "--array",
        choices=("infection", "classes", "mask"),
        required=True,
        help="what is written: probability of infection, of each class, or the most probable class",
    )
    parser.add_argument("--out", type=Path, required=True, help="slice store with that array")
    args = parser.parse_args(argv)
    if args.part and not args.split:
        parser.error("--part needs --split")

    from ssinfnet.config.labels import Labels
    from ssinfnet.exchange import nnunet_cases, nnunet_predictions
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.shards import members
    from ssinfnet.slices.store import SliceStore, write_derived

    labels = command.section(Labels, args.config_json, "labels")
    target = "infection" if args.array == "infection" else "classes"
    with SliceStore(args.slices) as store:
        if args.part:
            split = read_split(args.split)
            cases = nnunet_cases.of_split(store, split, target, labels.infection)
            cases, expected = cases[cases["part"] != "train"], part_ids(split, args.part)
        else:
            cases, expected = nnunet_cases.of_pictures(store), members(store.ids, args.shard, args.shards)
        found = nnunet_predictions.find(args.predictions, cases, expected)
        if not found.are_probabilities:
            print(
                f"{args.predictions}: labels alone, so maps of 0 and 1: AUC, MAE, calibration and the choice of a"
                " threshold say little of them",
                file=sys.stderr,
            )
        maps = nnunet_predictions.read(found, store, target, args.array)
        write_derived(args.out, store, args.array, maps, len(expected))


if __name__ == "__main__":
    command.run(main)
