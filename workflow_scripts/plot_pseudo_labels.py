"""Draw some unlabelled slices with the pseudo labels from which a method's student learns, as one PNG."""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="methods (labels of the student's method and of its teacher)")
    parser.add_argument(
        "--pseudo-labels",
        type=Path,
        nargs="+",
        required=True,
        help="slice stores by predict_pseudo_labels.py or train_groups.py",
    )
    parser.add_argument("--method", required=True, help="name of the student's method")
    parser.add_argument("--teacher", required=True, help="name of the teacher's method")
    parser.add_argument("--out", type=Path, required=True, help="the picture, PNG")
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.figures import pseudo_labels
    from ssinfnet.figures.style import save
    from ssinfnet.slices.sampling import spread
    from ssinfnet.slices.store import SliceStore

    methods = args.config_json.get("methods", {})
    student, teacher = (methods.get(name, {}).get("label", name) for name in (args.method, args.teacher))
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(SliceStore(path)) for path in args.pseudo_labels]
        places = [(store, slice_id) for store in stores for slice_id in store.ids]
        slices = [
            (slice_id, store.read("image", slice_id), store.read("infection", slice_id))
            for store, slice_id in spread(places, pseudo_labels.SLICES)
        ]
    save(pseudo_labels.draw(slices, student, teacher), args.out)


if __name__ == "__main__":
    command.run(main)
