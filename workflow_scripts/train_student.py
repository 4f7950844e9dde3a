"""Train one segment of a method's student: a single network that learns from a teacher's maps of unlabelled slices.

Starts and trains as train_single.py, which goes on from the student; the best epoch is chosen on the labelled
validation slices. With --hybrid it learns from the labelled training slices as well. Writes the training state for the
next segment, the best weights so far, and a table of all epochs.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(
        __doc__,
        config="single (network, training), augmentation, labels, self_training (confidence; with --hybrid "
        "progressive.hybrid_training), priors (with --fold)",
    )
    options.add_slices(parser)
    parser.add_argument(
        "--pseudo-labels",
        type=Path,
        nargs="+",
        required=True,
        help="slice stores by predict_pseudo_labels.py or train_groups.py",
    )
    parser.add_argument("--hybrid", action="store_true", help="also learn from the labelled training slices")
    options.add_fold(parser)
    options.add_labels(parser)
    options.add_segment(parser)
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.config.augmentation import Augmentation
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.priors import Priors
    from ssinfnet.config.self_training import SelfTraining
    from ssinfnet.config.training import Single
    from ssinfnet.inference import runtime
    from ssinfnet.slices.learned import learned_ids
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load
    from ssinfnet.training.pseudo_labels import joined, load_pseudo_labels
    from ssinfnet.training.segment import Segment, run_segment
    from ssinfnet.training.tasks import InfectionTask

    config = command.section(Single, args.config_json, "single")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    labels = command.section(Labels, args.config_json, "labels").infection
    learning = command.section(SelfTraining, args.config_json, "self_training")
    folds = None if args.fold is None else command.section(Priors, args.config_json, "priors").folds
    run = runtime.start(args.gpus, args.threads)

    settings, size, table = config.training, config.training.size, read_split(args.split)
    task = InfectionTask(confidence=learning.confidence)
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(SliceStore(path)) for path in args.pseudo_labels]
        training = load_pseudo_labels(stores, size)
        store = stack.enter_context(SliceStore(args.slices))
        validation = load(store, part_ids(table, "validation"), size, infection_labels=labels)
        if args.hybrid:
            ids = learned_ids(table, args.labels, args.seed, args.fold, folds)
            training = joined([load(store, ids, size, infection_labels=labels), training])
            settings = learning.progressive.hybrid_training.of(settings)
            task.key = "self_training.progressive.hybrid_training"
    segment = options.take(Segment, args)
    run_segment(segment, config.network, settings, augmentation, task, training, validation, run)


if __name__ == "__main__":
    command.run(main)
