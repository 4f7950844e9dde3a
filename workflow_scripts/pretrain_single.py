"""Run a segment of a pretext round for the single network.

The task is of the kind that `pretext.kind` names, inpainting where it names none. A round trains and writes the network
or, with a coach, every other one the coach; both write a table with a row per epoch.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext, unlabelled")
    options.add_slices(parser)
    parser.add_argument(
        "--unlabelled",
        type=Path,
        nargs="+",
        default=[],
        help="slice stores with slices to learn from beside the training part",
    )
    parser.add_argument(
        "--screened", type=Path, help="with --unlabelled: table of screen_unlabelled.py, which says which may be used"
    )
    options.add_round(parser)
    args = parser.parse_args(argv)
    if args.unlabelled and not args.screened:
        parser.error("--unlabelled needs --screened, so that no held-out slice is learned from")

    import contextlib

    from ssinfnet.config.network import SingleNetwork
    from ssinfnet.config.unlabelled import Unlabelled
    from ssinfnet.inference import runtime
    from ssinfnet.pretraining.round import Round, run_round
    from ssinfnet.pretraining.task import task_class
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.screening import read_screened
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.unlabelled import load_slices

    network = command.section(SingleNetwork, args.config_json, "network")
    pretext = command.section(task_class(args.config_json["pretext"]).SECTION, args.config_json, "pretext")
    window = command.section(Unlabelled, args.config_json, "unlabelled").window
    run = runtime.start(args.gpus, args.threads)
    ids = part_ids(read_split(args.split), "train")
    screened = read_screened(args.screened) if args.screened else None
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(SliceStore(args.slices))
        unlabelled = [stack.enter_context(SliceStore(path)) for path in args.unlabelled]
        slices = load_slices(store, ids, pretext.size, unlabelled, screened, window=window)
    run_round(options.take(Round, args), network, pretext, slices, run)


if __name__ == "__main__":
    command.run(main)
