"""Predict the infection of labelled slices (a part of the split) or of the patients' slices (a shard of their store).

The maps are what is scored, and the prior that the multi network is given. With several networks, one per fold, each
training slice is predicted by the network that has not seen it; where they learned from a label budget, the same
--labels and --seed as theirs say which slices each fold holds.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a shard that does not exist and for weights that do not fit."""
    parser = command.parser(__doc__, config="single (network, training)")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the array image")
    parser.add_argument("--split", type=Path, help="table of the split, CSV, for --part")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--part", choices=("train", "validation", "test"), help="part of the split")
    options.add_shard(parser, chosen)
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="network, or one per fold in order")
    options.add_labels(parser)
    parser.add_argument("--seed", type=int, default=0, help="with --labels: the seed of the training")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the array infection")
    options.add_runtime(parser)
    args = parser.parse_args(argv)
    if args.part and not args.split:
        parser.error("--part needs --split")
    if args.shard is not None and len(args.weights) > 1:
        parser.error("a shard is predicted by one network; networks of folds are for a part of the split")

    import itertools

    from ssinfnet.config.training import Single
    from ssinfnet.inference import maps, runtime
    from ssinfnet.slices.budget import labelled_ids
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.shards import members
    from ssinfnet.slices.split import by_fold
    from ssinfnet.slices.store import SliceStore, write_derived

    config = command.section(Single, args.config_json, "single")
    run = runtime.start(args.gpus, args.threads)
    with SliceStore(args.slices) as store:
        if args.part:
            table = read_split(args.split)
            ids = part_ids(table, args.part)
            groups = [ids]
            if len(args.weights) > 1:
                groups = by_fold(table, len(args.weights), labelled_ids(table, args.labels, args.seed))
        else:
            ids = members(store.ids, args.shard, args.shards)
            groups = [ids]
        found = itertools.chain.from_iterable(
            maps.predict_infection(
                maps.load_network(config.network, weights, run), store, group, config.training.size, run
            )
            for weights, group in zip(args.weights, groups, strict=True)
        )
        write_derived(args.out, store, "infection", found, len(ids))


if __name__ == "__main__":
    command.run(main)
