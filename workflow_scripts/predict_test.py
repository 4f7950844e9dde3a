"""Write the multi network's class maps of the test slices: background, ground-glass opacity, consolidation."""

from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="multi (network, training)")
    arguments.add_slices(parser)
    parser.add_argument("--prior", type=Path, required=True, help="store with the priors of the test slices")
    parser.add_argument("--weights", type=Path, required=True, help="multi network, safetensors")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the array classes")
    arguments.add_runtime(parser)
    args = parser.parse_args(argv)

    from ssinfnet import inference, runtime, splits
    from ssinfnet.config.training import Multi
    from ssinfnet.slices import SliceStore, write_derived

    config = command.section(Multi, args.config_json, "multi")
    run = runtime.start(args.gpus, args.threads)
    network = inference.load_network(config.network, args.weights, run)
    ids = splits.ids(splits.read(args.split), "test")
    with SliceStore(args.slices) as store, SliceStore(args.prior) as priors:
        maps = inference.predict_classes(network, store, priors, ids, config.training.size, run)
        write_derived(args.out, store, "classes", maps, len(ids))


if __name__ == "__main__":
    command.run(main)
