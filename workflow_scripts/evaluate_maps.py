"""Score anyone's saved predictions: a folder of grey maps against a folder of masks of the same names.

Protocol infnet is the evaluation of Inf-Net's authors (each map stretched, 256 thresholds, 0 where nothing is hit):
scores to set beside the literature. Protocol paper is that of this workflow (one threshold, metrics per image, mean
and 1.96 standard errors), and how far the borders lie apart (95th percentile, mean). Prints a table; writes it with a
row per image as JSON, the rows also as CSV.
"""

import sys
from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("--maps", type=Path, required=True, help="folder of grey pictures; white is sure infection")
    parser.add_argument("--masks", type=Path, required=True, help="folder of masks of the same names")
    parser.add_argument("--protocol", choices=("infnet", "paper"), required=True)
    parser.add_argument(
        "--class-index",
        type=int,
        choices=(1, 2, 3),
        help="the masks are class masks, palette or RGB: score this class (1 GGO, 2 consolidation, 3 effusion)",
    )
    parser.add_argument(
        "--maps-are",
        choices=("levels", "zero-one", "classes"),
        help="grey levels up to white, masks of 0 and 1, or class maps (default: what the folder tells, else an error)",
    )
    parser.add_argument("--threshold", type=threshold, help="paper: a mask is map >= threshold, 0 to 1 (default: 0.5)")
    parser.add_argument(
        "--empty",
        choices=("one", "skip"),
        help="paper: score of an image without foreground in truth and prediction: 1 (default), or left out",
    )
    parser.add_argument(
        "--spacing",
        type=length,
        nargs="+",
        metavar="MM",
        help="paper: mm from row to row and from column to column of the masks, or one number for both; hd95 and assd "
        "are then in mm (default: in pixels)",
    )
    parser.add_argument("--out", type=Path, required=True, help="scores, settings and a row per image, JSON")
    parser.add_argument("--csv", type=Path, help="a row per image, CSV")
    args = parser.parse_args(argv)
    if args.protocol == "infnet" and (args.threshold is not None or args.empty):
        parser.error("--threshold and --empty belong to --protocol paper; infnet fixes both")
    if args.protocol == "infnet" and args.spacing:
        parser.error("--spacing belongs to --protocol paper; infnet measures no distance")
    if args.spacing and len(args.spacing) > 2:
        parser.error("--spacing takes one number, or two: of rows and of columns")
    if args.maps_are == "classes" and args.class_index is None:
        parser.error("--maps-are classes needs --class-index: which class to score")

    import pandas as pd

    from ssinfnet.evaluation import map_folders, saved_maps
    from ssinfnet.evaluation.segmentation import EMPTY
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json

    pairs = map_folders.pair(args.maps, args.masks)
    kind, remark = args.maps_are, ""
    if kind is None:
        stretched = args.protocol == "infnet"
        kind, remark = saved_maps.decide((pair.map for pair in pairs), args.class_index, stretched=stretched)
    if remark:
        print(f"{args.maps}: {remark}", file=sys.stderr)
    cases = map_folders.read_cases(pairs, kind, args.class_index)
    if args.protocol == "infnet":
        result = map_folders.score_infnet(cases)
    else:
        level = 0.5 if args.threshold is None else args.threshold
        spacing = (args.spacing[0], args.spacing[-1]) if args.spacing else None
        result = map_folders.score_paper(cases, level, EMPTY[args.empty or "one"], spacing)
    where = {"maps": str(args.maps), "masks": str(args.masks), "class_index": args.class_index, "maps_are": kind}
    write_json(args.out, {**where, **result})
    if args.csv:
        write_csv(args.csv, pd.DataFrame(result["per_image"]))
    print(map_folders.report(result))


def threshold(text: str) -> float:
    """A number from 0 to 1; the name is what argparse calls a wrong one."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def length(text: str) -> float:
    """A length in mm, above 0; the name is what argparse calls a wrong one."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


if __name__ == "__main__":
    command.run(main)
