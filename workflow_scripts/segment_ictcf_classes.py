"""Write the multi network's class of each pixel of the iCTCF slices of a shard: 0 background, 1 GGO, 2 consolidation.

The prior is the shard's infection map by the single network. Only the most probable class is kept, which takes a
hundredth of the room of the three probabilities.
"""

from pathlib import Path

from ssinfnet import arguments, command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="multi (network, training)")
    parser.add_argument("--slices", type=Path, required=True, help="slice store of the iCTCF pictures")
    parser.add_argument("--prior", type=Path, required=True, help="store with the infection maps of the shard")
    parser.add_argument("--weights", type=Path, required=True, help="multi network, safetensors")
    parser.add_argument("--out", type=Path, required=True, help="slice store with the array mask")
    arguments.add_runtime(parser)
    args = parser.parse_args(argv)

    import numpy as np

    from ssinfnet import inference, runtime
    from ssinfnet.config.training import Multi
    from ssinfnet.slices import SliceStore, write_derived

    config = command.section(Multi, args.config_json, "multi")
    run = runtime.start(args.gpus, args.threads)
    network = inference.load_network(config.network, args.weights, run)
    with SliceStore(args.slices) as store, SliceStore(args.prior) as priors:
        maps = inference.predict_classes(network, store, priors, priors.ids, config.training.size, run)
        masks = ((slice_id, one.argmax(axis=0).astype(np.uint8)) for slice_id, one in maps)
        write_derived(args.out, store, "mask", masks, len(priors.ids))


if __name__ == "__main__":
    command.run(main)
