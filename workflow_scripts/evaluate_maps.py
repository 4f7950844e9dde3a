"""Score anyone's saved predictions: a folder of grey maps against a folder of masks of the same names.

Protocol infnet is the evaluation of Inf-Net's authors (each map stretched, 256 thresholds, 0 where nothing is hit):
scores to set beside the literature. Protocol paper is that of this workflow (one threshold, metrics per image, mean
and 1.96 standard errors). Prints a table; writes it with a row per image as JSON, the rows also as CSV.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("--maps", type=Path, required=True, help="folder of grey 8-bit pictures, 255 is sure infection")
    parser.add_argument("--masks", type=Path, required=True, help="folder of masks of the same names (0 and 255)")
    parser.add_argument("--protocol", choices=("infnet", "paper"), required=True)
    parser.add_argument(
        "--class-index",
        type=int,
        choices=(1, 2, 3),
        help="the masks are class masks, palette or RGB: score this class (1 GGO, 2 consolidation, 3 effusion)",
    )
    parser.add_argument("--threshold", type=threshold, help="paper: a mask is map >= threshold, 0 to 1 (default: 0.5)")
    parser.add_argument(
        "--empty",
        choices=("one", "skip"),
        help="paper: score of an image without foreground in truth and prediction: 1 (default), or left out",
    )
    parser.add_argument("--out", type=Path, required=True, help="scores, settings and a row per image, JSON")
    parser.add_argument("--csv", type=Path, help="a row per image, CSV")
    args = parser.parse_args(argv)
    if args.protocol == "infnet" and (args.threshold is not None or args.empty):
        parser.error("--threshold and --empty belong to --protocol paper; infnet fixes both")

    import pandas as pd

    from ssinfnet.evaluation import map_folders
    from ssinfnet.evaluation.segmentation import EMPTY
    from ssinfnet.files.atomic import write_csv
    from ssinfnet.files.json_file import write_json

    cases = map_folders.read_cases(args.maps, args.masks, args.class_index)
    if args.protocol == "infnet":
        result = map_folders.score_infnet(cases)
    else:
        level = 0.5 if args.threshold is None else args.threshold
        result = map_folders.score_paper(cases, level, EMPTY[args.empty or "one"])
    where = {"maps": str(args.maps), "masks": str(args.masks), "class_index": args.class_index}
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


if __name__ == "__main__":
    command.run(main)
