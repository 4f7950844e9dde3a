"""Write the single network's infection map of each slice of a part: its prediction, and the multi network's prior.

With several weights (one network per fold), a slice is predicted by the network that has not seen its fold.
"""

from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="single (network, training)")
    arguments.add_slices(parser)
    parser.add_argument("--part", choices=("train", "validation", "test"), required=True, help="part of the split")
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="network, or one per fold in order")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the array infection")
    arguments.add_runtime(parser)
    args = parser.parse_args(argv)

    import itertools

    from ssinfnet import inference, runtime, splits
    from ssinfnet.config.training import Single
    from ssinfnet.slices import SliceStore, write_derived

    config = command.section(Single, args.config_json, "single")
    table = splits.read(args.split)
    ids = splits.ids(table, args.part)
    run = runtime.start(args.gpus, args.threads)
    groups = [ids]
    if len(args.weights) > 1:
        fold_of = splits.folds(table, len(args.weights))
        groups = [[slice_id for slice_id in ids if fold_of[slice_id] == fold] for fold in range(len(args.weights))]
    with SliceStore(args.slices) as store:
        maps = itertools.chain.from_iterable(
            inference.predict_infection(
                inference.load_network(config.network, weights, run), store, group, config.training.size, run
            )
            for weights, group in zip(args.weights, groups, strict=True)
        )
        write_derived(args.out, store, "infection", maps, len(ids))


if __name__ == "__main__":
    command.run(main)
