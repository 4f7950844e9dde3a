"""Pictures (JPEG, PNG, TIFF) as arrays, decoded to the end."""

import io
import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
MAX_BYTES = 64 * untrusted.MIB
MAX_PIXELS = 4096 * 4096
"""CT slices have 512 x 512 or 1024 x 1024; metrics need some hundred bytes a pixel."""
MAX_SCANS = 100
"""Passes over a progressive JPEG: usual are ten, and each takes as long as the whole picture."""
_FORMATS = ("JPEG", "PNG", "TIFF")
_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")
_REMEDY = "save each slice as a picture with 8 bits, windowed to the lungs"
_EIGHT_BIT = ("1", "L", "LA", "P", "RGB", "RGBA")


def list_pictures(folder: Path) -> list[Path]:
    """The pictures of `folder` and its subfolders in natural order (2 before 10), hidden files left out.

    Raises `InputError` where there is DICOM, which would be left out without a word.
    """
    files = [path for path in folder.rglob("*") if not path.name.startswith(".") and path.is_file()]
    if dicom := [path for path in files if _is_dicom(path)]:
        raise InputError(f"{folder}: {len(dicom)} DICOM files, such as {min(dicom)}, are not read; {_REMEDY}")
    return sorted((path for path in files if path.suffix.lower() in SUFFIXES), key=natural_key)


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
            defects.append(f"{path}: not a JPEG, PNG or TIFF picture; {_REMEDY if _is_dicom(path) else 'remove it'}")
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
    content = untrusted.read(path, MAX_BYTES)
    found = untrusted.recognise(content[: untrusted.HEAD])
    if found not in (None, "a picture"):
        remedy = _REMEDY if found in ("DICOM", "NIfTI") else "save it as one of these"
        raise InputError(f"{path}: cannot be read as JPEG, PNG or TIFF (it is {found}); {remedy}")
    # Pillow's parsers raise many kinds for a broken file. Its warnings are of sizes above our limits.
    with warnings.catch_warnings(action="ignore"):
        try:
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
        except Exception as error:
            raise InputError(f"{path}: cannot be read as JPEG, PNG or TIFF ({_reason(error)})") from None
        if defect := _defect(image, content):
            raise InputError(f"{path}: {defect}")
        try:
            # Both are needed: `verify` reads the checksums of a PNG, `load` the pixels, which tell whether a JPEG is
            # whole.
            if image.format == "PNG":
                Image.open(io.BytesIO(content), formats=_FORMATS).verify()
            image.load()
        except Exception as error:
            raise InputError(f"{path}: damaged picture ({_reason(error)})") from None
    return image


def _defect(image: Image.Image, content: bytes) -> str | None:
    """Why a picture, whose pixels are not read yet, should not be."""
    if image.width * image.height > MAX_PIXELS:
        return f"{image.width} x {image.height} pixels are more than a CT slice has"
    if image.mode not in _EIGHT_BIT:
        return f"pixels of kind {image.mode}; {_REMEDY}"
    if getattr(image, "is_animated", False):  # `n_frames` would read them all
        return "holds several pictures; save one slice a file"
    if image.format != "PNG" and content.count(b"\xff\xda") > MAX_SCANS:
        return f"a progressive JPEG of more than {MAX_SCANS} passes; {_REMEDY}"
    return None


def _is_dicom(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in _DICOM_SUFFIXES or suffix in SUFFIXES or not path.is_file():
        return suffix in _DICOM_SUFFIXES
    try:
        with path.open("rb") as file:
            return untrusted.recognise(file.read(untrusted.HEAD)) == "DICOM"
    except OSError:  # then it is nothing that we would read
        return False


def _reason(error: Exception) -> str:
    return "not a picture" if "cannot identify" in str(error) else str(error) or type(error).__name__


def _few(values: set[int]) -> str:
    shown = [str(value) for value in sorted(values)[:6]]
    return ", ".join([*shown, "..."] if len(values) > 6 else shown)
