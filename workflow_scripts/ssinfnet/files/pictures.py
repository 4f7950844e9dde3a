"""Pictures (JPEG, PNG, TIFF, BMP) as viewers show them, decoded to the end. Masks are in `masks`."""

import io
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.files.folder_content import is_clutter

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp")
KINDS = "JPEG, PNG, TIFF or BMP"
WINDOWED = "save each slice as a picture with 8 bits, windowed to the lungs"
MAX_BYTES = 64 * untrusted.MIB
MAX_PIXELS = 4096 * 4096
"""CT slices have 512 x 512 or 1024 x 1024; metrics need some hundred bytes a pixel."""
MAX_SCANS = 100
"""Passes over a progressive JPEG: usual are ten, and each takes as long as the whole picture."""
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP")
_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")
_VOLUME_SUFFIXES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".mat", ".npz")
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I;16L")
_RUN_LENGTHS = (1, 2)  # kinds of compression of BMP
_LOSSY = ("jpeg", "tiff_jpeg", "webp")
_BITS_PER_SAMPLE, _PHOTOMETRIC, _EXTRA_SAMPLES = 258, 262, 338  # tags of TIFF


class Picture(NamedTuple):
    """A picture, upright and opaque, of Pillow's mode 1, L, P, RGB or I;16.

    `bits` is what each value has, so that 2 ** bits - 1 is white (a palette picture has 8); `lossy` tells whether the
    file keeps values only about.
    """

    image: Image.Image
    bits: int
    lossy: bool

    @property
    def white(self) -> int:
        """The largest value that a pixel of `grey_values` could have."""
        return max(255, 2**self.bits - 1)


def natural_key(path: Path | str) -> list[tuple[bool, int, str]]:
    """A sorting key that compares the digits in a name as numbers."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", str(path))]


def list_by_stem(folder: Path, defects: list[str], remedy: str = WINDOWED) -> dict[str, Path]:
    """The pictures of `folder` by name without suffix, in natural order; what is wrong is added to `defects`.

    `remedy` is what to do with what a volume, or DICOM, holds.
    """
    result: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name)):
        if is_clutter(path.name):
            continue
        if not is_picture(path):
            defects.append(f"{path}: not a {KINDS} picture{_what_to_do(content_of(path), remedy)}")
        elif path.stem in result:
            defects.append(f"{path}: duplicate slice id {path.stem!r}, as {result[path.stem].name} has it too")
        else:
            result[path.stem] = path
    if not result:
        defects.append(f"{folder}: no picture in it")
    return result


def is_picture(path: Path) -> bool:
    """Whether a file is a picture of those that are read: by its suffix, or by its content where it has none.

    A number is no suffix (`scan.0007`); a picture under a strange one, as a backup, is not taken.
    """
    suffix = path.suffix.lower()
    named = suffix and not suffix[1:].isdecimal()
    return path.is_file() and (suffix in SUFFIXES if named else content_of(path) == "a picture")


def content_of(path: Path) -> str | None:
    """What a file without a picture's suffix is, in the words of `untrusted.recognise`; None for what nobody knows."""
    suffix = path.suffix.lower()
    if suffix in _DICOM_SUFFIXES:
        return "DICOM"
    if suffix in SUFFIXES or not path.is_file():
        return None
    if path.name.lower().endswith(_VOLUME_SUFFIXES):
        return "a volume"
    try:
        with path.open("rb") as file:
            return untrusted.recognise(file.read(untrusted.HEAD))
    except OSError:  # then it is nothing that we would read
        return None


def read_grey(path: Path) -> np.ndarray:
    """A picture as uint8 (H, W), colours as their luminance; raises `InputError` naming `path`."""
    picture = load(path)
    if picture.bits > 8:
        raise InputError(f"{path}: {picture.bits} bits a pixel; {WINDOWED}")
    return np.asarray(picture.image.convert("L"))


def transpose(array: np.ndarray, transform: str) -> np.ndarray:
    """A picture (H, W) turned or flipped: `none`, or a name of `PIL.Image.Transpose` in lower case."""
    if transform == "none":
        return array
    return np.asarray(Image.fromarray(array).transpose(Image.Transpose[transform.upper()]))


def grey_values(picture: Picture) -> np.ndarray | None:
    """A picture without colours as uint8 or, where it has more than 8 bits, uint16 (H, W); None when it has colours."""
    if picture.bits > 8:
        return np.asarray(picture.image).astype(np.uint16)
    if picture.image.mode in ("1", "L"):
        return np.asarray(picture.image.convert("L"))
    colours = np.asarray(picture.image.convert("RGB"))
    return None if (colours != colours[..., :1]).any() else colours[..., 0]


def load(path: Path, remedy: str = WINDOWED) -> Picture:
    """A picture as viewers show it: turned as its orientation tag says, black on white as TIFF may have it.

    Raises `InputError` naming `path` for what is damaged, no picture, or partly transparent, as viewers show that on
    any ground, and for colours of more than 8 bits, which Pillow cuts off. `remedy` is what to do with another kind.
    """
    content = untrusted.read(path, MAX_BYTES)
    found = untrusted.recognise(content[: untrusted.HEAD])
    if found not in (None, "a picture"):
        raise InputError(f"{path}: cannot be read as {KINDS}{_what_to_do(found, remedy)}")
    # Pillow's parsers raise many kinds for a broken file. Its warnings are of sizes above our limits.
    with warnings.catch_warnings(action="ignore"):
        try:
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
        except Exception as error:
            raise InputError(f"{path}: cannot be read as {KINDS} ({_reason(error)})") from None
        if defect := _defect(image, content, remedy):
            raise InputError(f"{path}: {defect}")
        bits, negative = _bits(image), _is_negative(image)
        try:
            # Both are needed: `verify` reads the checksums of a PNG, `load` the pixels, which tell whether a JPEG is
            # whole.
            if image.format == "PNG":
                Image.open(io.BytesIO(content), formats=_FORMATS).verify()
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            opaque = _is_opaque(image)
        except Exception as error:
            raise InputError(f"{path}: damaged picture ({_reason(error)})") from None
    if not opaque:
        raise InputError(f"{path}: transparent in places; save it without an alpha channel")
    image.info.pop("transparency", None)
    lossy = image.format == "JPEG" or image.info.get("compression") in _LOSSY
    if image.mode in ("LA", "RGBA"):
        image = image.convert(image.mode.removesuffix("A"))
    if negative:
        image = Image.fromarray(np.uint16(2**bits - 1) - np.asarray(image).astype(np.uint16))
    return Picture(image, bits, lossy)


def few(values: Iterable[int]) -> str:
    """Some numbers in words."""
    shown = [str(value) for value in sorted(values)[:6]]
    return ", ".join([*shown, "..."] if len(values) > 6 else shown)


def _defect(image: Image.Image, content: bytes, remedy: str) -> str | None:
    """Why a picture, whose pixels are not read yet, should not be."""
    if image.width * image.height > MAX_PIXELS:
        return f"{image.width} x {image.height} pixels are more than a CT slice has"
    if image.mode not in _MODES:
        return f"pixels of kind {image.mode}; {remedy}"
    if _bits(image) > 8 and not image.mode.startswith("I;16"):
        return f"{_bits(image)} bits a channel; {remedy}"
    if getattr(image, "is_animated", False):  # `n_frames` would read them all
        return "holds several pictures; save one slice a file"
    if image.format == "TIFF" and 0 in image.tag_v2.get(_EXTRA_SAMPLES, ()):
        return "more channels than colours; save it as PNG"
    if image.format == "BMP" and image.info.get("compression") in _RUN_LENGTHS:
        return "a BMP of run lengths, which Pillow reads slowly and not to the end; save it as PNG"
    if image.format not in ("PNG", "BMP") and content.count(b"\xff\xda") > MAX_SCANS:
        return f"a progressive JPEG of more than {MAX_SCANS} passes; {remedy}"
    return None


def _bits(image: Image.Image) -> int:
    """Bits of a value in the file: 1, 8 (also for less, which Pillow scales to 8), or what there are above."""
    if image.mode == "1":
        return 1
    if image.format == "TIFF":
        return max(8, *map(int, image.tag_v2.get(_BITS_PER_SAMPLE, (8,))))
    # Pillow reads the 16 bits of a PNG, but those of colours into 8; only the decoder's arguments tell.
    return 16 if any("16" in str(tile[3]) for tile in image.tile) and image.format == "PNG" else 8


def _is_negative(image: Image.Image) -> bool:
    """Whether 0 is white, which Pillow turns round for up to 8 bits but not above."""
    return image.mode.startswith("I;16") and image.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC, 0) == 0


def _is_opaque(image: Image.Image) -> bool:
    key = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        return key is None or not (np.asarray(image) == key).any()
    if key is None and image.mode not in ("LA", "RGBA"):
        return True
    return image.convert("RGBA").getchannel("A").getextrema()[0] == 255


def _what_to_do(found: str | None, remedy: str) -> str:
    if found is None:
        return "; remove it"
    if found == "a picture of another kind":
        return f" (it is {found}); save it as PNG"
    if found in ("gzip", "a zip archive"):
        return f" (it is {found}); unpack it"
    return f" (it is {found}); " + (remedy if found not in ("a web page", "PDF") else "remove it")


def _reason(error: Exception) -> str:
    return "not a picture" if "cannot identify" in str(error) else str(error) or type(error).__name__
