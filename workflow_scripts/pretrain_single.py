"""Run a segment of a pretext round for the single network: inpainting against a coach.

Even rounds train and write the network, odd ones the coach; both write a table with a row per epoch.
"""

import sys
from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext, augmentation")
    arguments.add_slices(parser)
    parser.add_argument(
        "--unlabelled", type=Path, help="slice store with slices to learn from beside the training part"
    )
    arguments.add_round(parser)
    args = parser.parse_args(argv)

    import torch

    from ssinfnet import runtime, splits
    from ssinfnet.config.methods import Augmentation
    from ssinfnet.config.network import SingleNetwork
    from ssinfnet.config.pretext import Pretext
    from ssinfnet.slices import SliceStore
    from ssinfnet.training import data, entry

    network = command.section(SingleNetwork, args.config_json, "network")
    pretext = command.section(Pretext, args.config_json, "pretext")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    run = runtime.start(args.gpus, args.threads)
    parts = splits.read(args.split)
    with SliceStore(args.slices) as store:
        slices = data.load_unlabelled(store, splits.ids(parts, "train"), pretext.size)
        if args.unlabelled:
            held_out = splits.ids(parts, "validation") + splits.ids(parts, "test")
            with SliceStore(args.unlabelled) as more:
                ids = data.without_copies(more, store, held_out)
                print(f"{len(ids)} of {len(more.ids)} unlabelled slices are not held out", file=sys.stderr)
                if ids:
                    images = data.load_unlabelled(more, ids, pretext.size).images
                    slices = data.SliceTensors(torch.cat([slices.images, images]))
    entry.run_round(args, network, pretext, augmentation, slices, run)


if __name__ == "__main__":
    command.run(main)
