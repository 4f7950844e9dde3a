"""Download one of the six files of the MedSeg COVID-19 CT segmentation sets.

A file that is there and verifies (md5 checksum where it is known, else a whole archive) is kept. A failed download is
tried again from where it broke off, and ends with the address and the way to fetch the file by hand.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command

FILES = ("tr_im.nii.gz", "tr_mask.nii.gz", "val_im.nii.gz", "rp_im.zip", "rp_msk.zip", "rp_lung_msk.zip")


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` when the file cannot be had."""
    parser = command.parser(__doc__, config="download")
    parser.add_argument("--file", choices=FILES, required=True, help="which file")
    parser.add_argument("--out", type=Path, required=True, help="where it is written")
    args = parser.parse_args(argv)
    from ssinfnet.config.download import Download
    from ssinfnet.sources.download.medseg import download

    fetched = download(args.file, args.out, command.section(Download, args.config_json, "download"))
    print(f"{args.out}: {'downloaded and verified' if fetched else 'already there, verified'}", file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
