"""Write the single network's infection map of each iCTCF slice of a shard."""

from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="single (network, training)")
    parser.add_argument("--slices", type=Path, required=True, help="slice store of the iCTCF pictures")
    parser.add_argument("--shard", type=int, required=True, help="number of the shard, from 0")
    parser.add_argument("--shards", type=int, required=True, help="number of shards")
    parser.add_argument("--weights", type=Path, required=True, help="single network, safetensors")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the array infection")
    arguments.add_runtime(parser)
    args = parser.parse_args(argv)

    from ssinfnet import inference, runtime
    from ssinfnet.config.training import Single
    from ssinfnet.slices import SliceStore, write_derived

    config = command.section(Single, args.config_json, "single")
    run = runtime.start(args.gpus, args.threads)
    network = inference.load_network(config.network, args.weights, run)
    with SliceStore(args.slices) as store:
        ids = store.ids[args.shard :: args.shards]
        maps = inference.predict_infection(network, store, ids, config.training.size, run)
        write_derived(args.out, store, "infection", maps, len(ids))


if __name__ == "__main__":
    command.run(main)
