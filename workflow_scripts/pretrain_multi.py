"""Run a segment of a pretext round for the multi network, its prior in full view.

The task is of the kind that `pretext.kind` names, inpainting where it names none. A round trains and writes the network
or, with a coach, every other one the coach; both write a table with a row per epoch.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext")
    options.add_slices(parser)
    parser.add_argument("--prior-train", type=Path, required=True, help="store with the priors of the training part")
    options.add_round(parser)
    args = parser.parse_args(argv)

    from ssinfnet.config.network import MultiNetwork
    from ssinfnet.inference import runtime
    from ssinfnet.pretraining.round import Round, run_round
    from ssinfnet.pretraining.task import task_class
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load_unlabelled

    network = command.section(MultiNetwork, args.config_json, "network")
    pretext = command.section(task_class(args.config_json["pretext"]).SECTION, args.config_json, "pretext")
    run = runtime.start(args.gpus, args.threads)
    with SliceStore(args.slices) as store, SliceStore(args.prior_train) as priors:
        ids = part_ids(read_split(args.split), "train")
        slices = load_unlabelled(store, ids, pretext.size, priors=priors)
    run_round(options.take(Round, args), network, pretext, slices, run)


if __name__ == "__main__":
    command.run(main)
