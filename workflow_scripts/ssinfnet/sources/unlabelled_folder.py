"""A folder of slices without masks, for the pretext task."""

import sys
from pathlib import Path

from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.files import folders
from ssinfnet.files.pictures import KINDS, read_grey, transpose
from ssinfnet.slices.store import create_store


def prepare(folder: str | Path, out: str | Path, transform: str = "none") -> str:
    """Write all pictures below `folder`, links followed, to the slice store `out`: image alone; returns what was found.

    A slice's id is the picture's path below the folder without suffix, its parts joined by `_`. `transform` is as for
    `files.pictures.transpose`. What is not read is named on standard error. Raises `InputError` that lists all
    defects.
    """
    folder = Path(folder)
    pictures = folders.pictures(folder)
    if not pictures:
        raise InputError(f"{folder}: no {KINDS} picture in it")
    defects: list[str] = []
    with create_store(out) as writer:
        for path in tqdm(pictures, unit="slice", mininterval=5, file=sys.stderr):
            place = path.relative_to(folder)
            try:
                image = transpose(read_grey(path), transform)
                name = "_".join(place.with_suffix("").parts)
                writer.add(name, group=name, origin=str(place), image=image)
            except InputError as error:
                defects.append(str(error))
        if defects:
            raise InputError.from_defects(folder, defects)
    return f"{len(pictures)} slices without labels"
