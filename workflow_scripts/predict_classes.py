"""Predict the classes of slices, each from its picture and its prior: the infection map, or the truth as an oracle.

Writes the slices that have a prior, either the probability of each class or the most probable class of each pixel.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__, config="multi (network, training)")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the array image")
    parser.add_argument("--prior", type=Path, required=True, help="store with the priors, array infection")
    parser.add_argument("--weights", type=Path, required=True, help="multi network, safetensors")
    parser.add_argument(
        "--array",
        choices=("classes", "mask"),
        required=True,
        help="what is written: probabilities of background, GGO and consolidation, or the code of the most probable",
    )
    parser.add_argument("--out", type=Path, required=True, help="slice store with that array")
    options.add_runtime(parser)
    args = parser.parse_args(argv)

    import numpy as np

    from ssinfnet.config.training import Multi
    from ssinfnet.inference import maps, runtime
    from ssinfnet.slices.store import SliceStore, write_derived

    config = command.section(Multi, args.config_json, "multi")
    run = runtime.start(args.gpus, args.threads)
    network = maps.load_network(config.network, args.weights, run)
    with SliceStore(args.slices) as store, SliceStore(args.prior) as priors:
        found = maps.predict_classes(network, store, priors, priors.ids, config.training.size, run)
        if args.array == "mask":
            found = ((slice_id, one.argmax(axis=0).astype(np.uint8)) for slice_id, one in found)
        write_derived(args.out, store, args.array, found, len(priors.ids))


if __name__ == "__main__":
    command.run(main)
