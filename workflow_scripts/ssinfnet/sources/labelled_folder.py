"""A folder of one's own labelled slices, in the layout of COVID-SemiSeg.

- `images/`: grey 8-bit JPEG, PNG, TIFF or BMP, one slice a file, of any size; the name without suffix is the slice id.
- `infection/`: masks of 0 and 255 (or 0 and 1), and/or `classes/`: red GGO, green consolidation, blue effusion, or the
  codes 1, 2, 3 (see `files.masks`). Same names and sizes as the images.
- `groups.csv` or another table with the columns id and group (patient or volume), optional; without it each slice is a
  group of its own, but for copies of one slice, which share one.

What else lies in the folder is named on standard error.

With `infection/` alone, code 1 in the store's masks means infection of either class, and `labelled.classes` must be
false, as there is nothing that a multi network could learn.
"""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files import folders
from ssinfnet.files.masks import read_classes, read_infection
from ssinfnet.files.pictures import KINDS, read_grey, transpose
from ssinfnet.slices.labels import EFFUSION
from ssinfnet.slices.store import create_store
from ssinfnet.sources import groups


def prepare(folder: str | Path, out: str | Path, transform: str = "none", *, classes: bool = True) -> str:
    """Write the slices of `folder` to the slice store `out`: image and mask; returns what was found.

    `transform` is as for `files.pictures.transpose`, for images and masks alike. Where infection
    and classes are both given they must agree: infection is 1 exactly where the class is 1 or 2; under effusion (3) it
    may be either, as some authors count it and some do not. Raises `InputError` that lists all defects.
    """
    folder = Path(folder)
    parts = {path.name: path for path in folders.entries(folder) if path.is_dir()}
    if "images" not in parts:
        found = f" (there are {', '.join(parts)})" if parts else ""
        raise InputError(f"{folder / 'images'}: no such folder; the pictures should be there{found}")
    kinds = [kind for kind in ("infection", "classes") if kind in parts]
    if not kinds:
        raise InputError(f"{folder}: neither infection/ nor classes/, where the masks should be")
    if classes and "classes" not in kinds:
        raise InputError(f"{folder}: no classes/, so no class network can be trained; set labelled.classes: false")
    defects: list[str] = []
    images = list_images(folder / "images", defects)
    masks = {kind: list_images(folder / kind, defects) for kind in kinds}
    _pair(folder, images, masks, defects)
    tables, group_of = _groups(folder, images, defects)
    read = [*images.values(), *(path for found in masks.values() for path in found.values()), *tables]
    folders.tell(folder, folders.unread(folder, read, of_tables="no table with the columns id and group"))
    with create_store(out) as writer:
        for name, path in images.items():
            try:
                image = read_grey(path)
                mask = _mask(image.shape, {kind: masks[kind][name] for kind in kinds if name in masks[kind]})
                if mask is not None:
                    writer.add(
                        name,
                        group=group_of.get(name, name),
                        origin=f"images/{path.name}",
                        image=transpose(image, transform),
                        mask=transpose(mask, transform),
                    )
            except InputError as error:
                defects.append(str(error))
        if defects:
            raise InputError.from_defects(folder, defects)
    return f"{len(images)} slices of {len(set(group_of.values()))} groups, labels: {' and '.join(kinds)}"


def list_images(folder: Path, defects: list[str]) -> dict[str, Path]:
    """The pictures in `folder` by slice id, in natural order; what is wrong is added to `defects`."""
    result: dict[str, Path] = {}
    for path in folders.entries(folder):
        if folders.is_hidden(path):
            continue
        is_picture = folders.is_picture(path)
        # macOS writes an accent as a letter of its own.
        name = unicodedata.normalize("NFC", path.stem if is_picture else path.name)
        if not is_picture:
            kind, _, remedy = folders.why(path).partition("; ")
            defects.append(f"{path}: not a {KINDS} picture ({kind}); {remedy or 'move it elsewhere'}")
        elif name in result:
            defects.append(f"{path}: duplicate slice id {name!r}, as {result[name].name} has it too")
        else:
            result[name] = path
    if not result:
        defects.append(f"{folder}: no picture in it")
    return result


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


def _groups(folder: Path, images: dict[str, Path], defects: list[str]) -> tuple[list[Path], dict[str, str]]:
    """The tables of groups, and the group of each slice: of the table or its own, copies together."""
    try:
        tables, table = groups.find_table(folder)
    except InputError as error:
        defects.append(str(error))
        return [], {}
    before = len(defects)
    group_of = groups.match(tables[0], table, list(images), defects) if tables else {name: name for name in images}
    if len(defects) == before:
        group_of = groups.join_copies(group_of, images, read_grey, tables[0] if tables else None)
    return tables, group_of


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
