"""Train one segment of a method's student: a single network that learns from a teacher's maps of unlabelled slices.

Starts and trains as train_single.py, which goes on from the student; the best epoch is chosen on the labelled
validation slices. Writes the training state for the next segment, the best weights so far, and a table of all epochs.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="single (network, training), augmentation, labels")
    options.add_slices(parser)
    parser.add_argument("--pseudo-labels", type=Path, required=True, help="slice store by predict_pseudo_labels.py")
    options.add_segment(parser)
    args = parser.parse_args(argv)

    from ssinfnet.config.augmentation import Augmentation
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.training import Single
    from ssinfnet.inference import runtime
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load
    from ssinfnet.training.pseudo_labels import load_pseudo_labels
    from ssinfnet.training.segment import Segment, run_segment
    from ssinfnet.training.tasks import InfectionTask

    config = command.section(Single, args.config_json, "single")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    labels = command.section(Labels, args.config_json, "labels").infection
    run = runtime.start(args.gpus, args.threads)

    size = config.training.size
    with SliceStore(args.pseudo_labels) as marked:
        training = load_pseudo_labels(marked, size)
    with SliceStore(args.slices) as store:
        held_out = part_ids(read_split(args.split), "validation")
        validation = load(store, held_out, size, infection_labels=labels)
    segment = options.take(Segment, args)
    run_segment(segment, config.network, config.training, augmentation, InfectionTask(), training, validation, run)


if __name__ == "__main__":
    command.run(main)
