"""Draw what a pretext task erases of held-out slices, round by round, and measure the inpainting after each round.

Reads the weights of all pretext rounds of the single network in order; writes a PNG and a CSV with a row per round and
kind of mask.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command

SLICES = 16  # of the validation part: enough for a mean, few enough for many rounds


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext")
    options.add_slices(parser)
    parser.add_argument("--rounds", type=Path, nargs="+", required=True, help="weights of the rounds, safetensors")
    parser.add_argument("--task", required=True, help="name of the task, for the title")
    parser.add_argument("--out-figure", type=Path, required=True, help="masks and inpainted slices, PNG")
    parser.add_argument("--out-table", type=Path, required=True, help="loss and error after each round, CSV")
    options.add_runtime(parser)
    args = parser.parse_args(argv)

    from ssinfnet.config.network import SingleNetwork
    from ssinfnet.config.pretext import Pretext
    from ssinfnet.figures import pretraining
    from ssinfnet.figures.style import save
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.inference import runtime
    from ssinfnet.pretraining import inspection
    from ssinfnet.pretraining.crops import with_area
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load_unlabelled

    network = command.section(SingleNetwork, args.config_json, "network")
    pretext = command.section(Pretext, args.config_json, "pretext")
    ids = part_ids(read_split(args.split), "validation")
    with SliceStore(args.slices) as store:
        size = pretext.size // 32 * 32
        slices = load_unlabelled(store, ids[:: -(-len(ids) // SLICES)], size)
    run = runtime.start(args.gpus, args.threads)
    table, pictures = inspection.inspect(with_area(slices, pretext), args.rounds, network, pretext, run)
    save(pretraining.draw(slices.images[:, 0].numpy(), pictures, table, args.task), args.out_figure)
    write_csv(args.out_table, table)


if __name__ == "__main__":
    command.run(main)
