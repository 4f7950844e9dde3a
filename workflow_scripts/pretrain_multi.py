"""Run a segment of a pretext round for the multi network: inpainting against a coach, the prior in full view.

Even rounds train and write the network, odd ones the coach; both write a table with a row per epoch.
"""

from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext, augmentation")
    arguments.add_slices(parser)
    parser.add_argument("--prior-train", type=Path, required=True, help="store with the priors of the training part")
    arguments.add_round(parser)
    args = parser.parse_args(argv)

    from ssinfnet import runtime, splits
    from ssinfnet.config.methods import Augmentation
    from ssinfnet.config.network import MultiNetwork
    from ssinfnet.config.pretext import Pretext
    from ssinfnet.slices import SliceStore
    from ssinfnet.training import data, entry

    network = command.section(MultiNetwork, args.config_json, "network")
    pretext = command.section(Pretext, args.config_json, "pretext")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    run = runtime.start(args.gpus, args.threads)
    with SliceStore(args.slices) as store, SliceStore(args.prior_train) as priors:
        ids = splits.ids(splits.read(args.split), "train")
        slices = data.load_unlabelled(store, ids, pretext.size, priors=priors)
    entry.run_round(args, network, pretext, augmentation, slices, run)


if __name__ == "__main__":
    command.run(main)
