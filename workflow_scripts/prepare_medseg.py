"""Turn the six MedSeg files, or the phantom's, into one slice store of images, masks and (set 2) lungs.

All files are verified to their end: checksums of the compression, shapes, label codes, finite values, orientation.
HU are windowed to 8 bits, and the slices brought upright: anterior at the top, the patient's right on the left.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` that lists the defects of all files."""
    parser = command.parser(__doc__, config="labelled")
    parser.add_argument("--raw-dir", type=Path, required=True, help="folder of the six files")
    parser.add_argument("--out", type=Path, required=True, help="slice store, HDF5")
    args = parser.parse_args(argv)
    from ssinfnet.config.labelled import Labelled
    from ssinfnet.sources import medseg

    config = command.section(Labelled, args.config_json, "labelled")
    medseg.prepare(args.raw_dir, args.out, config.hu_window)


if __name__ == "__main__":
    command.run(main)
