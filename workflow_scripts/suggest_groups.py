"""Suggest which slices are of one patient, where no table says so, for a person to confirm.

Compares the pictures pair by pair: of each pair one is laid over the other, and the similarity (at most 1) is the
correlation of what they then show. Copies of one slice come first. The folder is one of labelled slices (then its
images/ is read) or of pictures. Into the folder --out it writes

  pairs.png   the pairs side by side, the most similar first, blue where they are taken as of one patient
  pairs.csv   the same pairs with similarity and `same`: yes from --threshold on, or for copies; else no
  groups.csv  a row for every slice; slices of pairs with yes, and so on from pair to pair, share a group

Look at pairs.png, correct `same` in pairs.csv (or delete rows, which means no), and run again with --confirmed:

  python workflow_scripts/suggest_groups.py my_slices --out suggested
  python workflow_scripts/suggest_groups.py my_slices --out suggested --confirmed suggested/pairs.csv
  cp suggested/groups.csv my_slices/

It finds slices that lie near each other in a scan. Slices far apart look no more alike than those of two patients, so
that a group is missing here does not mean that there is none; ask where the slices come from.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    slices = parser.add_mutually_exclusive_group(required=True)
    slices.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="folder of pictures, or with images/")
    slices.add_argument("--store", type=Path, help="slice store instead; the groups that it has stay together")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of what is written")
    parser.add_argument("--threshold", type=float, help="similarity from which `same` is yes (default: 0.85)")
    parser.add_argument("--more", type=int, default=30, help="pairs below the threshold to list, too (default: 30)")
    parser.add_argument("--transform", default="none", help="turns the pictures in pairs.png, as labelled.transform")
    parser.add_argument("--confirmed", type=Path, metavar="PAIRS.CSV", help="corrected table; writes groups.csv alone")
    args = parser.parse_args(argv)

    import contextlib
    import sys
    from functools import partial
    from typing import get_args

    import numpy as np

    from ssinfnet.config.labelled import Transform
    from ssinfnet.errors import InputError
    from ssinfnet.figures import pairs as figure
    from ssinfnet.files.pictures import read_grey, transpose
    from ssinfnet.slices.likeness import compare
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.sources import suggested_groups as suggested
    from ssinfnet.sources.labelled_folder import list_images

    if args.transform not in get_args(Transform):
        parser.error(f"--transform is one of {', '.join(get_args(Transform))}")
    threshold = suggested.THRESHOLD if args.threshold is None else args.threshold
    with contextlib.ExitStack() as stack:
        if args.store:
            store = stack.enter_context(SliceStore(args.store))
            names, read = store.ids, partial(store.read, "image")
            known = suggested.known_pairs(store.index)
        else:
            defects: list[str] = []
            inside = args.folder / "images"
            paths = list_images(inside if inside.is_dir() else args.folder, defects)
            if defects:
                raise InputError.from_defects(args.folder, defects)
            names, known = list(paths), []

            def read(name: str) -> np.ndarray:
                return read_grey(paths[name])

        if args.confirmed:
            same, different = suggested.read_pairs(args.confirmed, names)
        else:
            pairs = suggested.listed(suggested.unknown(compare(names, read), known), threshold, args.more)
            same = [(pair.one, pair.other) for pair in pairs if suggested.is_same(pair, threshold)]
            different = []
            suggested.write_pairs(args.out / "pairs.csv", pairs, threshold)
            shown = pairs[: figure.MOST]
            which = "all" if len(shown) == len(pairs) else f"the first {len(shown)} of"
            heading = f"{which} {len(pairs)} pairs of pairs.csv; blue: taken as of one patient"
            tiles = [
                (
                    transpose(read(pair.one), args.transform),
                    transpose(read(pair.other), args.transform),
                    suggested.describe(pair),
                    suggested.is_same(pair, threshold),
                )
                for pair in shown
            ]
            figure.save(args.out / "pairs.png", heading, tiles)
        group_of, torn = suggested.joined(names, [*known, *same], different)
        suggested.write_groups(args.out / "groups.csv", group_of)
    for one, other in torn:
        print(f"{one} and {other}: `same` is no, but other pairs put them into one group", file=sys.stderr)
    print(suggested.summary(group_of), file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
