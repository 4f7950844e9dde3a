"""Turn a folder of pictures without masks into one slice store, for the pretext task."""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists the defects of all files."""
    parser = command.parser(__doc__, config="unlabelled")
    parser.add_argument("--folder", type=Path, required=True, help="folder with grey JPEG, PNG or TIFF pictures")
    parser.add_argument("--out", type=Path, required=True, help="slice store, HDF5")
    args = parser.parse_args(argv)
    from ssinfnet.config.unlabelled import Unlabelled
    from ssinfnet.sources import unlabelled_folder

    config = command.section(Unlabelled, args.config_json, "unlabelled")
    print(unlabelled_folder.prepare(args.folder, args.out, config.transform), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
