"""Masks that pictures hold, of infection or of classes: one rule each, wherever a mask is read.

What counts is what a viewer shows. So a palette is its colours, whatever their order; the one exception is the palette
of PASCAL VOC, which many tools write and COVID-SemiSeg has, and whose colours only number the indices. What a JPEG
keeps is no mask: its borders are blurred, and codes of 0 and 1 are gone.
"""

from pathlib import Path

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files.pictures import Picture, few, grey_values, load

AS_GREY = "save it as a grey PNG of 0 and 255"
AS_CODES = "paint 1 red, 2 green, 3 blue and the rest black, or save the codes 0 to 3 as a grey PNG"
_VOC = ((0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0))


def read_infection(path: Path, remedy: str = AS_GREY) -> np.ndarray:
    """A mask as uint8 (H, W) of 0 and 1; raises `InputError` naming `path`, with what to do.

    It is black and white, 0 and 1, or black and one red.
    """
    picture = _load(path, remedy)
    places, shades = _shades(path, picture, remedy)
    if not _are_distinct(shades):
        raise InputError(f"{path}: its palette shows several indices in one colour; {remedy}")
    if _are_grey(shades):
        levels = set(shades[:, 0].tolist())
        if not any(levels <= {0, top} for top in (1, 255, picture.white)):
            raise InputError(f"{path}: values {few(levels)} where 0 and 255 are expected; {remedy}")
    elif sorted(_codes_of_colours(shades)) != [0, 1]:
        raise InputError(f"{path}: a picture with colours, where black and white are expected; {remedy}")
    return shades.any(axis=1).astype(np.uint8)[places]


def read_classes(path: Path) -> np.ndarray:
    """A class mask as uint8 (H, W) with codes 0 to 3; raises `InputError` naming `path`, with what to do.

    A grey picture holds the codes themselves; among colours red is 1 (GGO), green 2 (consolidation), blue 3 (effusion)
    and black 0, whatever the order of a palette.
    """
    picture = _load(path, AS_CODES)
    places, shades = _shades(path, picture, AS_CODES)
    if picture.bits == 1:
        codes = (shades[:, 0] > 0).astype(int)
    elif (indices := _voc_indices(picture)) is not None:
        codes = indices
    elif _are_grey(shades) and _are_distinct(shades):
        codes = shades[:, 0]
    else:
        found = _codes_of_colours(shades)
        if -1 in found:
            colour = tuple(shades[found.index(-1)].tolist())
            raise InputError(f"{path}: a pixel is not pure red, green, blue or black but {colour}; {AS_CODES}")
        if len(set(found)) < len(found):
            raise InputError(f"{path}: several shades of one colour; {AS_CODES}")
        codes = np.array(found)
    if codes.max(initial=0) > 3:
        raise InputError(
            f"{path}: label codes {few(set(codes.tolist()))}, where 0 to 3 are expected; if they are shades, {AS_CODES}"
        )
    return codes.astype(np.uint8)[places]


def _load(path: Path, remedy: str) -> Picture:
    picture = load(path, remedy)
    if picture.lossy:
        raise InputError(f"{path}: a JPEG, which does not keep a mask as it was; save masks without loss, as PNG")
    return picture


def _shades(path: Path, picture: Picture, remedy: str) -> tuple[np.ndarray, np.ndarray]:
    """What each pixel (H, W) is among the n shades that occur, and their colours (n, 3); of a palette, its indices."""
    if picture.image.mode == "P":
        used, places = _used(np.asarray(picture.image))
        palette = _palette(picture)
        if used[-1] >= len(palette):
            raise InputError(f"{path}: index {used[-1]} is not in its palette; {remedy}")
        return places, palette[used]
    values = grey_values(picture)
    if values is not None:
        used, places = _used(values)
        return places, np.repeat(used[:, None], 3, axis=1)
    red, green, blue = np.moveaxis(np.asarray(picture.image).astype(np.int32), 2, 0)
    values = (red << 16) + (green << 8) + blue
    used = np.unique(values)
    places = np.searchsorted(used, values)  # thrice as fast as the inverse of `np.unique`
    return places, np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1)


def _used(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `np.unique` with the inverse, and faster for small integers."""
    used = np.flatnonzero(np.bincount(values.ravel()))
    place = np.zeros(used[-1] + 1, dtype=np.intp)
    place[used] = np.arange(len(used))
    return used, place[values]


def _palette(picture: Picture) -> np.ndarray:
    return np.array(picture.image.getpalette("RGB"), dtype=int).reshape(-1, 3)


def _voc_indices(picture: Picture) -> np.ndarray | None:
    """The indices that occur, where the palette is that of PASCAL VOC, from its first to at least its fourth colour."""
    if picture.image.mode != "P" or not np.array_equal(_palette(picture)[: len(_VOC)], _VOC):
        return None
    return _used(np.asarray(picture.image))[0]


def _are_grey(shades: np.ndarray) -> bool:
    return bool((shades == shades[:, :1]).all())


def _are_distinct(shades: np.ndarray) -> bool:
    return len(np.unique(shades, axis=0)) == len(shades)


def _codes_of_colours(shades: np.ndarray) -> list[int]:
    """0 for black, 1 for pure red, 2 for green, 3 for blue, -1 for another colour."""
    channels = shades > 0
    codes = np.where(channels.any(axis=1), channels.argmax(axis=1) + 1, 0)
    return np.where(channels.sum(axis=1) > 1, -1, codes).tolist()
