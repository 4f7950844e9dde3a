"""Train one segment of the multi network, which tells ground-glass opacity from consolidation.

Its input is the slice and a prior, the map of infection. Starts from random weights, from those of the pretext task,
or from the segment before. Writes the training state for the next segment, the weights of the best epoch on
validation so far, and a table of all epochs.
"""

from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="multi (network, training), augmentation")
    arguments.add_slices(parser)
    parser.add_argument("--prior-train", type=Path, required=True, help="store with the priors of the training part")
    parser.add_argument("--prior-validation", type=Path, required=True, help="the same of the validation part")
    arguments.add_segment(parser)
    args = parser.parse_args(argv)

    from ssinfnet import runtime, splits
    from ssinfnet.config.methods import Augmentation
    from ssinfnet.config.training import Multi
    from ssinfnet.slices import SliceStore
    from ssinfnet.training import data, entry
    from ssinfnet.training.tasks import ClassTask

    config = command.section(Multi, args.config_json, "multi")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    run = runtime.start(args.gpus, args.threads)

    table = splits.read(args.split)
    size = config.training.size
    with SliceStore(args.slices) as store, SliceStore(args.prior_train) as priors:
        training = data.load(store, splits.ids(table, "train"), size, priors=priors)
    with SliceStore(args.slices) as store, SliceStore(args.prior_validation) as priors:
        validation = data.load(store, splits.ids(table, "validation"), size, priors=priors)
    entry.run_segment(args, config.network, config.training, augmentation, ClassTask(), training, validation, run)


if __name__ == "__main__":
    command.run(main)
