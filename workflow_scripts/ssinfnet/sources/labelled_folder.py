"""A folder of one's own labelled slices, in the layout of COVID-SemiSeg.

- `images/`: grey 8-bit JPEG, PNG, TIFF or BMP, one slice a file, of any size; the name without suffix is the slice id.
- `infection/`: masks of 0 and 255 (or 0 and 1), and/or `classes/`: red GGO, green consolidation, blue effusion, or the
  codes 1, 2, 3 (see `files.masks`). Same names and sizes as the images.
- `groups.csv`, optional: columns id and group (patient or volume); without it each slice is a group of its own.

With `infection/` alone, code 1 in the store's masks means infection of either class, and `labelled.classes` must be
false, as there is nothing that a multi network could learn.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files.masks import read_classes, read_infection
from ssinfnet.files.pictures import list_by_stem, read_grey, transpose
from ssinfnet.files.tables import read_csv
from ssinfnet.slices.labels import EFFUSION
from ssinfnet.slices.store import create_store


def prepare(folder: str | Path, out: str | Path, transform: str = "none", *, classes: bool = True) -> str:
    """Write the slices of `folder` to the slice store `out`: image and mask; returns what was found.

    `transform` is as for `files.pictures.transpose`, for images and masks alike. Where infection
    and classes are both given they must agree: infection is 1 exactly where the class is 1 or 2; under effusion (3) it
    may be either, as some authors count it and some do not. Raises `InputError` that lists all defects.
    """
    folder = Path(folder)
    if not (folder / "images").is_dir():
        raise InputError(f"{folder / 'images'}: no such folder; the pictures should be there")
    kinds = [kind for kind in ("infection", "classes") if (folder / kind).is_dir()]
    if not kinds:
        raise InputError(f"{folder}: neither infection/ nor classes/, where the masks should be")
    if classes and "classes" not in kinds:
        raise InputError(f"{folder}: no classes/, so no class network can be trained; set labelled.classes: false")
    defects: list[str] = []
    images = list_by_stem(folder / "images", defects)
    masks = {kind: list_by_stem(folder / kind, defects) for kind in kinds}
    _pair(folder, images, masks, defects)
    groups = _groups(folder / "groups.csv", images, defects)
    with create_store(out) as writer:
        for name, path in images.items():
            try:
                image = read_grey(path)
                mask = _mask(image.shape, {kind: masks[kind][name] for kind in kinds if name in masks[kind]})
                if mask is not None:
                    writer.add(
                        name,
                        group=groups.get(name, name),
                        origin=f"images/{path.name}",
                        image=transpose(image, transform),
                        mask=transpose(mask, transform),
                    )
            except InputError as error:
                defects.append(str(error))
        if defects:
            raise InputError.from_defects(folder, defects)
    return f"{len(images)} slices of {len(set(groups.values())) or len(images)} groups, labels: {' and '.join(kinds)}"


def _pair(folder: Path, images: dict[str, Path], masks: dict[str, dict[str, Path]], defects: list[str]) -> None:
    for kind, found in masks.items():
        defects.extend(
            f"{path}: no mask of that name in {folder / kind}" for name, path in images.items() if name not in found
        )
        defects.extend(
            f"{path}: no image of that name in {folder / 'images'}"
            for name, path in found.items()
            if name not in images
        )


def _groups(path: Path, images: dict[str, Path], defects: list[str]) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        frame = read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except InputError as error:
        defects.append(str(error))
        return {}
    if not {"id", "group"} <= set(frame.columns):
        defects.append(f"{path}: its columns should be id and group, not {', '.join(map(str, frame.columns))}")
        return {}
    defects.extend(f"{path}: slice {name} has two rows" for name in frame.loc[frame["id"].duplicated(), "id"])
    defects.extend(f"{path}: no image {name}" for name in frame["id"] if name not in images)
    defects.extend(f"{path}: slice {name} has no group" for name in frame.loc[frame["group"].str.strip() == "", "id"])
    groups = dict(zip(frame["id"], frame["group"], strict=True))
    defects.extend(f"{path}: no row for slice {name}" for name in images if name not in groups)
    return groups


_READERS: dict[str, Callable[[Path], np.ndarray]] = {"infection": read_infection, "classes": read_classes}


def _mask(shape: tuple[int, int], paths: dict[str, Path]) -> np.ndarray | None:
    """The mask of a slice with the image's `shape`: classes where given, else infection; None without any."""
    found = {kind: _READERS[kind](path) for kind, path in paths.items()}
    for kind, mask in found.items():
        if mask.shape != shape:
            raise InputError(f"{paths[kind]}: {_size(mask.shape)} pixels, but its image has {_size(shape)}")
    if len(found) == 2:
        infection, classes = found["infection"], found["classes"]
        differing = int(((infection != (classes > 0)) & (classes != EFFUSION)).sum())
        if differing:
            raise InputError(
                f"{paths['classes']}: differs from infection/{paths['infection'].name} in {differing} pixels"
            )
    return found.get("classes", found.get("infection"))


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[1]} x {shape[0]}"
