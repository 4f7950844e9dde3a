"""Run one round of the pretext task for the single network: inpainting against a coach.

A network round writes the network, a coach round the coach; both write a table with a row per epoch.
"""

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext, round, augmentation")
    arguments.add_slices(parser)
    arguments.add_round(parser)
    args = parser.parse_args(argv)

    from ssinfnet import runtime, splits
    from ssinfnet.config.methods import Augmentation
    from ssinfnet.config.network import SingleNetwork
    from ssinfnet.config.pretext import Pretext, Round
    from ssinfnet.slices import SliceStore
    from ssinfnet.training import data, entry

    network = command.section(SingleNetwork, args.config_json, "network")
    pretext = command.section(Pretext, args.config_json, "pretext")
    this = command.section(Round, args.config_json, "round")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    run = runtime.start(args.gpus, args.threads)
    with SliceStore(args.slices) as store:
        slices = data.load(store, splits.ids(splits.read(args.split), "train"), pretext.size)
    entry.run_round(args, network, pretext, this, augmentation, slices, run)


if __name__ == "__main__":
    command.run(main)
