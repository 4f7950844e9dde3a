"""Let a trained single network, the teacher, mark unlabelled slices, from which a student learns.

Takes so many slices, evenly spread over those of all stores that show nothing held out, and writes them with the
teacher's soft maps as one slice store, at the size of the training and, with unlabelled.window: match, in the window of
the labelled training slices.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` where no slice may be used, and for weights that do not fit."""
    parser = command.parser(
        __doc__, config="single (network, training.size), self_training (slices, stretch), unlabelled"
    )
    options.add_slices(parser)
    parser.add_argument("--unlabelled", type=Path, nargs="+", required=True, help="slice stores of unlabelled slices")
    parser.add_argument("--screened", type=Path, required=True, help="which are usable, CSV by screen_unlabelled.py")
    parser.add_argument("--weights", type=Path, required=True, help="the teacher, safetensors")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the arrays image and infection")
    options.add_runtime(parser)
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.config.self_training import SelfTraining
    from ssinfnet.config.training import Single
    from ssinfnet.config.unlabelled import Unlabelled
    from ssinfnet.inference import maps, runtime
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.screening import read_screened
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training import pseudo_labels
    from ssinfnet.training.data import SliceTensors

    single = command.section(Single, args.config_json, "single")
    config = command.section(SelfTraining, args.config_json, "self_training")
    window = command.section(Unlabelled, args.config_json, "unlabelled").window
    run = runtime.start(args.gpus, args.threads)
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(SliceStore(path)) for path in args.unlabelled]
        chosen = pseudo_labels.choose_places(stores, read_screened(args.screened), config.slices)
        teacher = maps.load_network(single.network, args.weights, run)
        labelled = stack.enter_context(SliceStore(args.slices))
        window_of = (labelled, part_ids(read_split(args.split), "train")) if window == "match" else None
        images = pseudo_labels.load_places(chosen, single.training.size, window_of)
        marked = pseudo_labels.mark(teacher, images, run, stretch=config.stretch)
        pseudo_labels.write_pseudo_labels(args.out, chosen, SliceTensors(images, marked))


if __name__ == "__main__":
    command.run(main)
