"""What the pictures of a folder of saved maps hold: grey levels, 0 and 1, or class codes.

The pictures alone must tell, and all of a folder together: a map of 0 and 1 looks as black as a map of hardly any
infection does. Where they do not tell, nothing is guessed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files.masks import read_classes
from ssinfnet.files.pictures import few, grey_values, load

LEVELS, ZERO_ONE, CLASSES = KINDS = ("levels", "zero-one", "classes")
REMEDY = "save each map as a grey picture with 8 or 16 bits"
_CODES = 3
"""A picture with no higher value may hold codes."""
_SHADES = ({0, 127, 255}, {0, 128, 255}, {0, 85, 170, 255})
"""What people give class codes that should be seen."""


class Look(NamedTuple):
    """A map at first sight: its highest value, what white would be, whether it has colours and loses details, and the
    values that occur where these are few."""

    path: Path
    highest: int
    white: int
    colours: bool
    lossy: bool
    values: frozenset[int]


def read(path: Path, kind: str, class_index: int | None = None) -> tuple[np.ndarray, int]:
    """A map as uint8 or uint16 (H, W), and its value for sure infection; of `classes`, where `class_index` is.

    Raises `InputError` naming `path`.
    """
    if kind == CLASSES:
        return (read_classes(path) == class_index) * np.uint8(255), 255
    picture = load(path, REMEDY)
    values = grey_values(picture)
    if values is None:
        raise InputError(
            f"{path}: a picture with colours; save the map as a grey picture, or, if it is a class map, pick its class "
            "(--class-index)"
        )
    if kind == LEVELS or picture.bits == 1:
        return values, picture.white
    if values.max(initial=0) > 1:
        raise InputError(f"{path}: values up to {values.max()}, where 0 and 1 are expected")
    return (values > 0) * np.uint8(255), 255


def decide(paths: Iterable[Path], class_index: int | None = None, *, stretched: bool = False) -> tuple[str, str]:
    """The kind of the maps at `paths`, and what to tell the reader about it (empty: nothing).

    `stretched` is whether each map is stretched before it is scored, so that its scale does not matter. Broken maps are
    passed over. Raises `InputError` where the maps do not tell, with what to do.
    """
    looks = [look for look in map(_look, paths) if look is not None]
    seen = [look for look in looks if look.highest]  # a black one is of any kind
    if not seen:
        return LEVELS, "every map is black" if looks else ""
    coloured = [look for look in seen if look.colours]
    bright = [look for look in seen if not look.colours and (look.highest > _CODES or look.lossy)]
    low = [look for look in seen if not look.colours and not (look.highest > _CODES or look.lossy)]
    if coloured and class_index:
        if bright:
            raise InputError(f"{bright[0].path}: a grey map, where others such as {coloured[0].path.name} hold classes")
        return CLASSES, f"the maps are class maps; class {class_index} of each is scored"
    if low and bright and not stretched:
        raise InputError(
            f"{low[0].path}: no value above {low[0].highest}, but those of {bright[0].path.name} reach "
            f"{bright[0].highest}; if both are grey levels say --maps-are levels, else save all maps alike"
        )
    if bright or not low:
        return _levels(bright, stretched=stretched)
    return _of_low(low, class_index)


def _levels(bright: list[Look], *, stretched: bool) -> tuple[str, str]:
    values = frozenset().union(*(look.values for look in bright))
    if all(look.values for look in bright) and len(values) > 2 and any(values <= shades for shades in _SHADES):
        raise InputError(
            f"{bright[0].path}: the maps hold only the values {few(values)}, as class maps in shades of grey do; save "
            "class codes and pick a class (--class-index), or if they are grey levels say --maps-are levels"
        )
    if bright and not stretched and all(2 * look.highest <= look.white for look in bright):
        highest = max(bright, key=lambda look: look.highest / look.white)
        raise InputError(
            f"{highest.path}: no map has a value above {highest.highest}, where {highest.white} is sure infection; "
            "scale the maps to it, or if they are so faint say --maps-are levels"
        )
    return LEVELS, ""


def _of_low(low: list[Look], class_index: int | None) -> tuple[str, str]:
    """Of maps of which none has a value above that of a class code."""
    highest = max(low, key=lambda look: look.highest)
    if highest.highest == 1 and class_index in (None, 1):
        return ZERO_ONE, "no map has a value above 1: they are taken as masks of 0 and 1"
    if highest.highest == 1:
        raise InputError(
            f"{highest.path}: no map has a value above 1, so they may be masks of class {class_index} or class maps "
            "that never find it; say --maps-are zero-one or --maps-are classes"
        )
    if class_index:
        return CLASSES, f"no map has a value above {_CODES}: they are taken as class maps of class {class_index}"
    raise InputError(
        f"{highest.path}: no map has a value above {highest.highest}, as if they held class codes; pick a class "
        "(--class-index), or if they are grey levels say --maps-are levels"
    )


def _look(path: Path) -> Look | None:
    try:
        picture = load(path, REMEDY)
    except InputError:  # `read` will say it
        return None
    values = grey_values(picture)
    channels = np.asarray(picture.image.convert("RGB")) if values is None else values
    found = np.flatnonzero(np.bincount(channels.ravel()))
    some = frozenset(found.tolist() if len(found) <= max(map(len, _SHADES)) else ())
    return Look(path, int(found[-1]), picture.white, values is None, picture.lossy, some)
