"""Find the lungs in the slices of a shard, and measure how far what was found looks like lungs.

Shard I of N has the slices at the positions I, I + N, I + 2 N, ... of the store. Each is in both outputs, with empty
lungs where none were found.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a store or shard that cannot be."""
    parser = command.parser(__doc__, config="parenchyma")
    parser.add_argument("--slices", type=Path, required=True, help="slice store with the array image")
    options.add_shard(parser)
    parser.add_argument("--out-lungs", type=Path, required=True, help="slice store with the array lungs")
    parser.add_argument("--out-quality", type=Path, required=True, help="measures of the lungs, CSV")
    args = parser.parse_args(argv)

    import cv2

    from ssinfnet.config.parenchyma import Parenchyma
    from ssinfnet.lungs.extraction import extract

    config = command.section(Parenchyma, args.config_json, "parenchyma")
    cv2.setNumThreads(1)  # the shards are what runs in parallel
    extract(args.slices, args.shard, args.shards, config.method, args.out_lungs, args.out_quality)


if __name__ == "__main__":
    command.run(main)
