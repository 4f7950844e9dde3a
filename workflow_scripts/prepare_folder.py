"""Turn a folder of labelled slices into one slice store of images and masks.

The folder holds images/ (grey JPEG, PNG, TIFF, BMP) and, under the same names, infection/ (masks of 0 and 255) and/or
classes/ (red GGO, green consolidation, blue effusion), and optionally groups.csv or another table
with the columns id and group.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists the defects of all files."""
    parser = command.parser(__doc__, config="labelled")
    parser.add_argument("--folder", type=Path, required=True, help="folder with images/ and infection/ or classes/")
    parser.add_argument("--out", type=Path, required=True, help="slice store, HDF5")
    args = parser.parse_args(argv)
    from ssinfnet.config.labelled import Labelled
    from ssinfnet.sources import labelled_folder

    config = command.section(Labelled, args.config_json, "labelled")
    print(labelled_folder.prepare(args.folder, args.out, config.transform, classes=config.classes), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
