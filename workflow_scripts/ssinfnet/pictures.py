"""Pictures (JPEG, PNG, TIFF) as arrays, decoded to the end."""

import re
from pathlib import Path

import numpy as np
from PIL import Image

from ssinfnet.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_FORMATS = ("JPEG", "PNG", "TIFF")
_MAX_PIXELS = 8192 * 8192
_EIGHT_BIT = ("1", "L", "LA", "P", "RGB", "RGBA")


def list_pictures(folder: Path) -> list[Path]:
    """The pictures of `folder` and its subfolders in natural order (2 before 10), hidden files left out."""
    found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
    return sorted((path for path in found if not path.name.startswith(".")), key=natural_key)


def natural_key(path: Path | str) -> list[tuple[bool, int, str]]:
    """A sorting key that compares the digits in a name as numbers."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", str(path))]


def list_by_stem(folder: Path, defects: list[str]) -> dict[str, Path]:
    """The pictures of `folder` by name without suffix, in natural order; what is wrong is added to `defects`."""
    result: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name)):
        if path.name.startswith(".") or path.name == "Thumbs.db":
            continue
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            defects.append(f"{path}: not a JPEG, PNG or TIFF picture")
        elif path.stem in result:
            defects.append(f"{path}: duplicate slice id {path.stem!r}, as {result[path.stem].name} has it too")
        else:
            result[path.stem] = path
    if not result:
        defects.append(f"{folder}: no picture in it")
    return result


def read_grey(path: Path) -> np.ndarray:
    """A picture as uint8 (H, W), colours as their luminance; raises `InputError` naming `path`."""
    with _load(path) as image:
        return np.asarray(image.convert("L"))


def read_map(path: Path) -> np.ndarray:
    """A probability map saved as a grey picture, uint8 (H, W); raises `InputError` naming `path`, for colours too."""
    with _load(path) as image:
        values = _grey_values(image)
    if values is None:
        raise InputError(f"{path}: a picture with colours; save the map as a grey picture")
    return values


def read_mask(path: Path, class_index: int | None = None) -> np.ndarray:
    """A mask as bool (H, W): class `class_index` of a class mask, else a grey picture where it is above 127.

    Masks of 0 and 1 are taken as such, as is a palette picture with the indices 0 and 1. Raises `InputError` naming
    `path` for what `read_classes` refuses, or, without `class_index`, for colours and class codes.
    """
    if class_index is not None:
        return read_classes(path) == class_index
    with _load(path) as image:
        values = _grey_values(image)
        indexed = values is None and image.mode == "P"
        values = np.asarray(image) if indexed else values
    if values is None:
        raise InputError(f"{path}: a picture with colours; pick a class of a class mask (--class-index)")
    highest = int(values.max(initial=0))
    if 1 < highest <= 127 or (indexed and highest > 1):
        found = _few(set(np.unique(values).tolist()))
        raise InputError(f"{path}: values {found} are no mask; pick a class of a class mask (--class-index)")
    return values > (127 if highest > 1 else 0)


def read_infection(path: Path) -> np.ndarray:
    """A mask of 0/255 or 0/1 as uint8 (H, W) of 0 and 1; raises `InputError` naming `path`."""
    with _load(path) as image:
        values = np.asarray(image.convert("L") if image.mode not in ("P", "1") else image).astype(np.uint8)
    found = set(np.unique(values).tolist())
    if not (found <= {0, 1} or found <= {0, 255}):
        raise InputError(f"{path}: values {_few(found)} where 0 and 255 are expected; save masks without loss, as PNG")
    return (values > 0).astype(np.uint8)


def read_classes(path: Path) -> np.ndarray:
    """A class mask as uint8 (H, W) with codes 0 to 3; raises `InputError` naming `path`.

    A palette or grey picture holds the codes themselves; in an RGB picture red is 1 (GGO), green 2 (consolidation),
    blue 3 (effusion) and black 0.
    """
    with _load(path) as image:
        if image.mode in ("P", "L", "1"):
            codes = np.asarray(image).astype(np.uint8)
        else:
            colours = np.asarray(image.convert("RGB")) > 0
            if (colours.sum(axis=2) > 1).any():
                raise InputError(f"{path}: a pixel is not pure red, green, blue or black; save masks as PNG")
            codes = (colours * np.array([1, 2, 3], np.uint8)).sum(axis=2, dtype=np.uint8)
    if codes.max(initial=0) > 3:
        raise InputError(f"{path}: label codes {_few(set(np.unique(codes).tolist()))}, where 0 to 3 are expected")
    return codes


def transpose(array: np.ndarray, transform: str) -> np.ndarray:
    """A picture (H, W) turned or flipped: `none`, or a name of `PIL.Image.Transpose` in lower case."""
    if transform == "none":
        return array
    return np.asarray(Image.fromarray(array).transpose(Image.Transpose[transform.upper()]))


def _grey_values(image: Image.Image) -> np.ndarray | None:
    """The picture as uint8 (H, W), or None when it has colours."""
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    colours = np.asarray(image.convert("RGB"))
    return None if (colours != colours[..., :1]).any() else colours[..., 0]


def _load(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=_FORMATS)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot be read as JPEG, PNG or TIFF ({_reason(error)})") from None
    try:
        if image.width * image.height > _MAX_PIXELS:
            raise InputError(f"{path}: {image.width} x {image.height} pixels are more than a CT slice has")
        if image.mode not in _EIGHT_BIT:
            raise InputError(f"{path}: pixels of kind {image.mode}; save it with 8 bits, windowed to the lungs")
        if getattr(image, "n_frames", 1) > 1:
            raise InputError(f"{path}: holds several pictures; save one slice a file")
        # Both are needed: `verify` reads the checksums of a PNG, `load` the pixels, which tell whether a JPEG is whole.
        if image.format == "PNG":
            with Image.open(path, formats=_FORMATS) as check:
                check.verify()
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        image.close()
        raise InputError(f"{path}: damaged picture ({_reason(error)})") from None
    except InputError:
        image.close()
        raise
    return image


def _reason(error: Exception) -> str:
    return "not a picture" if "cannot identify" in str(error) else str(error)


def _few(values: set[int]) -> str:
    shown = [str(value) for value in sorted(values)[:6]]
    return ", ".join([*shown, "..."] if len(values) > 6 else shown)
