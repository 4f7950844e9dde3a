"""DICOM files: the technical part of their headers, and their pixels, within limits.

Only the tags in `TAGS` are read, none of which says who the patient is, and messages quote nothing of a file but
numbers and names that the standard defines. Compressed pixels are decoded by pydicom and its plugins (GDCM, pyjpegls,
Pillow); what none of them knows is refused by the name of its transfer syntax.
"""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
from pydicom import config, uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_file_meta_info
from pydicom.multival import MultiValue
from pydicom.pixels import get_decoder, pixel_array

from ssinfnet.errors import InputError
from ssinfnet.files import codestream, untrusted

MAX_BYTES = 512 * untrusted.MIB
"""Of a file; an enhanced one holds a whole series."""
MAX_SIDE = 4096
MAX_FRAMES = 4096
SUFFIXES = (".dcm", ".dicom", ".ima")

TAGS = [
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber"),
    *("Modality", "ImageType", "BodyPartExamined", "AcquisitionNumber", "SliceThickness", "GantryDetectorTilt"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "NumberOfFrames"),
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
]
"""What is read of a header."""
_LOGGER = logging.getLogger("pydicom")
_GREY = (["MONOCHROME1"], ["MONOCHROME2"])
_PIXELS = ["PixelData", "FloatPixelData", "DoubleFloatPixelData", "PlanarConfiguration"]
_UNCOMPRESS = "save the series uncompressed, as `gdcmconv --raw` or `dcmconv` does"


def read_header(path: str | Path) -> Dataset:
    """The `TAGS` of a DICOM file, the file's meta information with them; pixels are not read.

    Raises `InputError` for a file that is missing, too large, damaged, no DICOM, or deflated, as that unpacks without
    a limit.
    """
    header = _read(path, TAGS, stop_before_pixels=True)
    if "SOPClassUID" not in header and "Rows" not in header and not getattr(header, "file_meta", None):
        raise InputError(f"{path}: no DICOM, or a damaged header; export the series again")
    return header


def numbers(header: Dataset, name: str, count: int) -> tuple[float, ...] | None:
    """The `count` finite numbers of a tag; None where it is missing or holds anything else."""
    value = header.get(name)
    try:
        found = tuple(float(one) for one in (value if isinstance(value, MultiValue | list) else [value]))
    except (TypeError, ValueError):
        return None
    return found if len(found) == count and all(map(math.isfinite, found)) else None


def texts(header: Dataset, name: str) -> list[str]:
    """The values of a tag as text, capital letters without blanks around them; empty where it is missing."""
    value = header.get(name)
    values = value if isinstance(value, MultiValue | list) else [] if value is None else [value]
    return [str(one).strip().upper() for one in values]


def check_pixels(header: Dataset, path: str | Path) -> tuple[int, int, int]:
    """The frames, rows and columns of a file; `InputError` where `read_pixels` would refuse the file `path`."""
    frames, rows, columns = shape = tuple(_integer(header, name) for name in ("NumberOfFrames", "Rows", "Columns"))
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE and 0 < frames <= MAX_FRAMES):
        size = f"{frames} frames of {columns} x {rows} pixels" if min(shape) >= 0 else "no size that makes sense"
        raise InputError(f"{path}: holds no CT slice ({size}); remove the file")
    if _integer(header, "SamplesPerPixel") != 1 or texts(header, "PhotometricInterpretation") not in _GREY:
        raise InputError(f"{path}: a picture in colours, where a CT slice is expected; remove the file")
    allocated, stored = _integer(header, "BitsAllocated"), _integer(header, "BitsStored")
    if allocated not in (8, 16, 32) or not 0 < stored <= allocated:
        raise InputError(f"{path}: pixels of {allocated} bits with {stored} in use, which no CT has; remove the file")
    if "HighBit" in header and _integer(header, "HighBit") != stored - 1:
        raise InputError(f"{path}: pixels that do not begin at the lowest bit; {_UNCOMPRESS}")
    if header.get("ModalityLUTSequence"):
        raise InputError(f"{path}: a table in place of rescale slope and intercept; export the original series")
    if (problem := _undecodable(transfer_syntax(header))) is not None:
        raise InputError(f"{path}: {problem}; {_UNCOMPRESS}")
    return shape


def transfer_syntax(header: Dataset) -> uid.UID:
    """How the pixels are written; where a file does not say, as its header is."""
    given = getattr(header, "file_meta", Dataset()).get("TransferSyntaxUID")
    if given:
        return uid.UID(given)
    implicit, little = header.original_encoding
    if not little:
        return uid.ExplicitVRBigEndian
    return uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian


def read_pixels(path: str | Path, *, inverted: bool = False) -> np.ndarray:
    """The stored values of a DICOM file, integers (frames, rows, columns), unused bits set right.

    With `inverted` those of a negative become those of the positive: the least that the bits in use can say is the
    most. Raises `InputError` as `read_header` and `check_pixels` do, and for pixels that are missing, too few, or
    cannot be decoded.
    """
    dataset = _read(path, TAGS + _PIXELS)
    shape = check_pixels(dataset, path)
    syntax = transfer_syntax(dataset)
    if "PixelData" not in dataset:
        raise InputError(f"{path}: no pixels, or pixels that are no integers; export the series again")
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    with _quiet(), codestream.quiet():
        try:
            if syntax.is_encapsulated:
                codestream.check(dataset.PixelData, shape)
            values = pixel_array(dataset, raw=True)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        except Exception:  # plugins raise many kinds, whose texts may quote the file
            if not syntax.is_encapsulated:
                raise InputError(f"{path}: fewer pixels than its header says; export the series again") from None
            raise InputError(
                f"{path}: pixels compressed as {_name(syntax)} could not be decoded: damaged, or of a kind of it that "
                f"is not known here; {_UNCOMPRESS}"
            ) from None
    if values.size != math.prod(shape) or values.dtype.kind not in "iu":
        raise InputError(f"{path}: pixels of another shape than its header says; export the series again")
    values = values.reshape(shape)
    return _invert(values, dataset) if inverted else values


def _invert(values: np.ndarray, header: Dataset) -> np.ndarray:
    signed = _integer(header, "PixelRepresentation") == 1
    top = -1 if signed else 2 ** _integer(header, "BitsStored") - 1
    return (top - values.astype(np.int64)).astype(values.dtype)


def _integer(header: Dataset, name: str) -> int:
    """A whole number of a header, 1 for frames or samples that it does not state, else -1, which nothing accepts."""
    if header.get(name) in (None, "") and name in ("NumberOfFrames", "SamplesPerPixel"):
        return 1
    found = numbers(header, name, 1)
    return int(found[0]) if found and found[0].is_integer() else -1


def _undecodable(syntax: uid.UID) -> str | None:
    try:
        if get_decoder(syntax).is_available:
            return None
    except NotImplementedError:
        pass
    return f"pixels compressed as {_name(syntax)}, which cannot be decoded here"


def _name(syntax: uid.UID) -> str:
    return syntax.name if not syntax.is_private and syntax.is_transfer_syntax else "a private transfer syntax"


def _read(path: str | Path, tags: list[str], *, stop_before_pixels: bool = False) -> Dataset:
    path = untrusted.check(path, MAX_BYTES)
    with _quiet():
        try:
            with path.open("rb") as file:
                marked = file.read(132)[128:] == b"DICM"
            if marked and read_file_meta_info(path).get("TransferSyntaxUID") == uid.DeflatedExplicitVRLittleEndian:
                raise InputError(
                    f"{path}: {uid.DeflatedExplicitVRLittleEndian.name}, which unpacks without a limit; {_UNCOMPRESS}"
                )
            dataset = pydicom.dcmread(path, force=True, specific_tags=tags, stop_before_pixels=stop_before_pixels)
            for _ in dataset.iterall():  # else values would be parsed, and found wrong, when they are asked for
                pass
            return dataset
        except InputError:
            raise
        except Exception:  # pydicom raises many kinds, whose texts may quote the file
            raise InputError(f"{path}: damaged DICOM, or none; export the series again") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Warnings and logs would quote what a header says of the patient; odd values matter only where we ask for them."""
    level = _LOGGER.level
    _LOGGER.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(action="ignore"), config.disable_value_validation():
            yield
    finally:
        _LOGGER.setLevel(level)
