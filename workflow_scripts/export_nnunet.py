"""Write labelled slices and their split as a data set for nnU-Net, version 2; or pictures that it is to predict.

With --split, the folder is a raw data set: imagesTr, labelsTr, imagesTs, dataset.json, and splits_final.json with our
training and validation parts as fold 0, for nnU-Net's folder of preprocessed data. The labels of the test part are left
out. Without --split, all slices of the store are written to images/, as input of nnUNetv2_predict. Either way
cases.csv says which slice each case is. docs/nnunet.md has all commands.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="labels")
    parser.add_argument("--slices", type=Path, required=True, help="slice store")
    parser.add_argument("--split", type=Path, help="table of the split, CSV; with --target")
    parser.add_argument("--target", choices=("infection", "classes"), help="what nnU-Net is to learn")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder that is new or empty; with --split called DatasetNNN_NAME"
    )
    args = parser.parse_args(argv)
    if bool(args.split) != bool(args.target):
        parser.error("--split and --target go together")

    from ssinfnet.config.labels import Labels
    from ssinfnet.exchange import nnunet_dataset
    from ssinfnet.slices.parts import read_split
    from ssinfnet.slices.store import SliceStore

    labels = command.section(Labels, args.config_json, "labels")
    with SliceStore(args.slices) as store:
        if args.split:
            cases = nnunet_dataset.write(args.out, store, read_split(args.split), args.target, labels.infection)
        else:
            cases = nnunet_dataset.write_pictures(args.out, store)
    print(f"{args.out}: {len(cases):,} slices", file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
