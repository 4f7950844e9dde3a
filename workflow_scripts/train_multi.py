"""Train one segment of the multi network, which tells ground-glass opacity from consolidation.

Its input is the slice and a prior, the map of infection. Starts from random weights, from those of the pretext task,
or from the segment before. Writes the training state for the next segment, the weights of the best epoch on
validation so far, and a table of all epochs.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="multi (network, training), augmentation")
    options.add_slices(parser)
    parser.add_argument("--prior-train", type=Path, required=True, help="store with the priors of the training part")
    parser.add_argument("--prior-validation", type=Path, required=True, help="the same of the validation part")
    options.add_segment(parser)
    args = parser.parse_args(argv)

    from ssinfnet.config.augmentation import Augmentation
    from ssinfnet.config.training import Multi
    from ssinfnet.inference import runtime
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load
    from ssinfnet.training.segment import Segment, run_segment
    from ssinfnet.training.tasks import ClassTask

    config = command.section(Multi, args.config_json, "multi")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    run = runtime.start(args.gpus, args.threads)

    table = read_split(args.split)
    size = config.training.size
    with SliceStore(args.slices) as store, SliceStore(args.prior_train) as priors:
        training = load(store, part_ids(table, "train"), size, priors=priors)
    with SliceStore(args.slices) as store, SliceStore(args.prior_validation) as priors:
        validation = load(store, part_ids(table, "validation"), size, priors=priors)
    segment = options.take(Segment, args)
    run_segment(segment, config.network, config.training, augmentation, ClassTask(), training, validation, run)


if __name__ == "__main__":
    command.run(main)
