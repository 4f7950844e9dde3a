"""Score chest CT scans with a bundle: masks, volumes, shares with an interval, and a severity class for each scan.

INPUT is a DICOM folder or zip archive, a NIfTI file, a folder of pictures, or a folder of many of these. Each scan has
a folder in --out; scans.csv and scans.html there tell of all. Nothing is sent anywhere, and no name, id or date of a
patient is written. This is research software, not a medical device.

examples:
  score one NIfTI volume           ssinfnet-score chest.nii.gz --bundle bundle.zip --out scores
  all scans below a folder         ssinfnet-score scans/ --bundle bundle.zip --out scores --threads 4
  go on after a stop               the same command again: it does only what is missing
  with the 25-point score          ssinfnet-score chest.nii.gz --lobes lobes.nii.gz --bundle bundle.zip --out scores
  what has changed since earlier   ssinfnet-score new.nii.gz --compare scores/chest --bundle bundle.zip --out later
  for an archive (PACS)            ssinfnet-score series/ --dicom-identity keep --bundle bundle.zip --out scores

The exit status is 0 only if every scan was scored. docs/scans.md says what comes out, docs/scans_read.md what is read.
"""

import argparse
import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; exits with status 1 where a scan has no score."""
    parser = command.parser(__doc__)
    parser.add_argument("inputs", type=Path, nargs="+", metavar="INPUT", help="scans: folders, archives or files")
    parser.add_argument("--bundle", type=Path, required=True, help="a trained method, zip; see docs/bundle.md")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
    parser.add_argument("--lobes", type=Path, metavar="MASK", help="lobes of the one scan, NIfTI on the same grid")
    parser.add_argument("--compare", type=Path, metavar="EARLIER", help="results of the patient's earlier scan, folder")
    parser.add_argument(
        "--earlier-scan", type=Path, metavar="DICOM", help="that scan itself: is it of the same patient? With --compare"
    )
    parser.add_argument("--dicom-identity", choices=("remove", "keep"), default="remove", help="default: remove")
    parser.add_argument(
        "--segmentation-type", choices=("BINARY", "LABELMAP"), default="BINARY", help="of DICOM (default: BINARY)"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: cpu")
    parser.add_argument("--batch-size", type=_positive, default=16, help="slices at once (default: 16)")
    parser.add_argument("--threads", type=_positive, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--level", type=_level, default=0.9, help="of the interval, between 0 and 1 (default: 0.9)")
    args = parser.parse_args(argv)
    if args.earlier_scan and not args.compare:
        parser.error("--earlier-scan is the scan of the results that --compare names; give both")

    import os

    # As Snakemake does for its jobs, so that both compute alike: more threads may give a sum another last bit.
    os.environ.setdefault("OMP_NUM_THREADS", str(args.threads))

    from ssinfnet.exchange import bundle
    from ssinfnet.inference import runtime
    from ssinfnet.scans import batch, software

    options = batch.Options(
        identity=args.dicom_identity,
        kind=args.segmentation_type,
        level=args.level,
        batch_size=args.batch_size,
        created=software.now(),
        version=software.version(),
        lobes=args.lobes,
        compare=args.compare,
        earlier_scan=args.earlier_scan,
    )
    found = bundle.read(args.bundle)
    run = runtime.start(int(args.device == "cuda"), args.threads)
    summary = batch.score(args.inputs, found, args.out, run, options)
    print(f"{summary.scored} of {summary.total} scans scored, {summary.before} of them before", file=sys.stderr)
    if summary.scored < summary.total or not summary.total:
        sys.exit(1)


def console() -> None:
    """Run as `ssinfnet-score`."""
    command.run(main)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _level(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value


if __name__ == "__main__":
    console()
