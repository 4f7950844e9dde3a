"""Draw what the augmentation of each method makes of two training slices in the first epochs.

Reads the slices and the split; draws the same numbers as the training with this seed does.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods, labels, labelled, single (training)")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with images and masks")
    parser.add_argument("--split", type=Path, required=True, help="table of the split")
    parser.add_argument("--seed", type=int, required=True, help="seed of the training")
    parser.add_argument("--out", type=Path, required=True, help="the picture, PNG")
    args = parser.parse_args(argv)

    from ssinfnet.config.labelled import Labelled
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.methods import Method
    from ssinfnet.config.training import Single
    from ssinfnet.figures import augmentation
    from ssinfnet.figures.style import save
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load

    config = args.config_json
    infection = command.section(Labels, config, "labels").infection
    configured = config.get("methods", {})
    methods = {name: command.section(Method, configured, name) for name in configured}
    classes = command.section(Labelled, config, "labelled").classes
    size = command.section(Single, config, "single").training.size
    train = part_ids(read_split(args.split), "train")
    with SliceStore(args.slices) as store:
        indices = augmentation.choose([int(store.read_infection(name, infection).sum()) for name in train])
        names = [train[index] for index in indices]
        slices = load(store, names, size, infection_labels=None if classes else infection)
    picture = augmentation.draw(slices.images, slices.masks, indices, names, methods, seed=args.seed, classes=classes)
    save(picture, args.out)


if __name__ == "__main__":
    command.run(main)
