"""Draw the coach's masks round by round on held-out slices, and measure the inpainting after each round.

Reads the weights of all pretext rounds of the single network in order; writes a PNG and a CSV with a row per round and
kind of mask.
"""

from pathlib import Path

from ssinfnet import arguments, command

SLICES = 16  # of the validation part: enough for a mean, few enough for many rounds


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="network, pretext, methods")
    arguments.add_slices(parser)
    parser.add_argument("--rounds", type=Path, nargs="+", required=True, help="weights of the rounds, safetensors")
    parser.add_argument("--method", required=True, help="name of the method; its label is the title")
    parser.add_argument("--out-figure", type=Path, required=True, help="masks and inpainted slices, PNG")
    parser.add_argument("--out-table", type=Path, required=True, help="loss and error after each round, CSV")
    arguments.add_runtime(parser)
    args = parser.parse_args(argv)

    from ssinfnet import figures, files, pretext_figure, pretext_rounds, runtime, splits
    from ssinfnet.config.network import SingleNetwork
    from ssinfnet.config.pretext import Pretext
    from ssinfnet.slices import SliceStore
    from ssinfnet.training import data

    network = command.section(SingleNetwork, args.config_json, "network")
    pretext = command.section(Pretext, args.config_json, "pretext")
    ids = splits.ids(splits.read(args.split), "validation")
    with SliceStore(args.slices) as store:
        size = pretext.size // 32 * 32
        images = data.load_unlabelled(store, ids[:: -(-len(ids) // SLICES)], size).images
    run = runtime.start(args.gpus, args.threads)
    table, pictures = pretext_rounds.inspect(images, args.rounds, network, pretext, run)
    label = args.config_json.get("methods", {}).get(args.method, {}).get("label", args.method)
    figures.save(pretext_figure.draw(images[:, 0].numpy(), pictures, table, label), args.out_figure)
    files.write_text(args.out_table, table.to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    command.run(main)
