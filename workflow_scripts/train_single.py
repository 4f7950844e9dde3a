"""Train one segment of the single network, which finds infection.

Starts from random or ImageNet weights, from those of the pretext task or of a student, or from the segment before.
Writes the training state for the next segment, the weights of the best epoch on validation so far, and a table of all
epochs.
"""

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="single (network, training), augmentation, labels, priors (with --fold)")
    options.add_slices(parser)
    options.add_fold(parser)
    options.add_labels(parser)
    options.add_segment(parser, student=True)
    args = parser.parse_args(argv)

    from ssinfnet.config.augmentation import Augmentation
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.priors import Priors
    from ssinfnet.config.training import Single
    from ssinfnet.inference import runtime
    from ssinfnet.slices.learned import learned_ids
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load
    from ssinfnet.training.segment import Segment, run_segment
    from ssinfnet.training.tasks import InfectionTask

    config = command.section(Single, args.config_json, "single")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    labels = command.section(Labels, args.config_json, "labels").infection
    run = runtime.start(args.gpus, args.threads)

    folds = None if args.fold is None else command.section(Priors, args.config_json, "priors").folds
    table = read_split(args.split)
    train_ids = learned_ids(table, args.labels, args.seed, args.fold, folds)
    size = config.training.size
    with SliceStore(args.slices) as store:
        training = load(store, train_ids, size, infection_labels=labels)
        validation = load(store, part_ids(table, "validation"), size, infection_labels=labels)
    segment = options.take(Segment, args)
    run_segment(segment, config.network, config.training, augmentation, InfectionTask(), training, validation, run)


if __name__ == "__main__":
    command.run(main)
