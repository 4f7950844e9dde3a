"""Draw what a pretext task asks of held-out slices and what the network answers, and measure that after each round.

Reads the weights of all pretext rounds of the single network in order; writes a PNG and a CSV with a row per round, of
inpainting per round and kind of mask.
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
    parser.add_argument("--out-figure", type=Path, required=True, help="slices or answers, and their measures, PNG")
    parser.add_argument("--out-table", type=Path, required=True, help="the measures after each round, CSV")
    options.add_runtime(parser)
    args = parser.parse_args(argv)

    from ssinfnet.config.network import SingleNetwork
    from ssinfnet.figures import masks as figure_of_masks
    from ssinfnet.figures import pretraining as figure
    from ssinfnet.figures.style import save
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.inference import runtime
    from ssinfnet.pretraining import inspection, masks
    from ssinfnet.pretraining.task import make_task, task_class
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training.data import load_unlabelled

    network = command.section(SingleNetwork, args.config_json, "network")
    pretext = command.section(task_class(args.config_json["pretext"]).SECTION, args.config_json, "pretext")
    ids = part_ids(read_split(args.split), "validation")
    with SliceStore(args.slices) as store:
        size = pretext.size // 32 * 32
        slices = load_unlabelled(store, ids[:: -(-len(ids) // SLICES)], size)
    run = runtime.start(args.gpus, args.threads)
    if pretext.kind == "inpainting":
        table, seen = masks.inspect(make_task(pretext).prepare(slices), args.rounds, network, pretext, run)
        drawn = figure_of_masks.draw(slices.images[:, 0].numpy(), seen, table, args.task)
    else:
        table, seen = inspection.inspect(slices, args.rounds, network, pretext, run)
        drawn = figure.draw(seen, table, args.task)
    save(drawn, args.out_figure)
    write_csv(args.out_table, table)


if __name__ == "__main__":
    command.run(main)
