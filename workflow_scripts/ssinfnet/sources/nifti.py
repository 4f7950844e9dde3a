"""NIfTI files, read whole and shown as a radiologist sees them."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.funcs import squeeze_image
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt2axcodes, ornt_transform
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from ssinfnet.errors import InputError

_LABEL_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Scan:
    """Slices of a NIfTI file in display orientation.

    `values` is (slices, H, W): rows run from anterior to posterior, columns from the patient's right to the left, as
    in a JPG of a viewing station; slices keep the order of the file. `axes` are the axis codes of the file, `name` is
    what messages call it.
    """

    name: str
    values: np.ndarray
    axes: tuple[str, str, str]

    def __len__(self) -> int:
        return len(self.values)


def read_scan(path: str | Path, name: str = "") -> Scan:
    """Read a `.nii` or `.nii.gz` file as float32 (or its integer type), slices x H x W.

    `name` stands for the path in messages, for a file out of an archive. Raises `InputError` for a missing, truncated
    or damaged file, for what is not NIfTI, for NaN and infinite values, and for an affine that gives no orientation.
    """
    name = name or str(path)
    image = squeeze_image(_parse(_read_bytes(Path(path), name), name))
    if image.ndim != 3 or 0 in image.shape:
        raise InputError(f"{name}: shape {image.shape}, where a stack of slices (three dimensions) is expected")
    try:
        values = np.asanyarray(image.dataobj)
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{name}: damaged NIfTI, fewer voxels than its header says ({reason})") from None
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise InputError(f"{name}: holds NaN or infinite values")
    elif values.dtype.kind not in "iu":
        raise InputError(f"{name}: voxels of type {values.dtype}, where one number each is expected")
    return Scan(name, *_orient(values, image.affine, name))


def read_labels(path: str | Path, codes: range, name: str = "") -> Scan:
    """Read a label file as uint8, slices x H x W; raises `InputError` for a value outside of `codes` too."""
    scan = read_scan(path, name)
    rounded = np.rint(scan.values)
    # Stored with a scale factor, a code may come back with a rounding error.
    wrong = (np.abs(scan.values - rounded) > _LABEL_TOLERANCE) | (rounded < codes.start) | (rounded >= codes.stop)
    if wrong.any():
        found = ", ".join(f"{value:g}" for value in np.unique(scan.values[wrong])[:5])
        raise InputError(f"{scan.name}: label codes {found}, where {codes.start} to {codes.stop - 1} are expected")
    return Scan(scan.name, rounded.astype(np.uint8), scan.axes)


def mismatch(image: Scan, labels: Scan) -> str | None:
    """Why `labels` do not fit `image`, in words; None when they do."""
    if image.values.shape != labels.values.shape:
        return (
            f"{labels.name}: {_shape(labels)} (slices x rows x columns), but its image {image.name} has {_shape(image)}"
        )
    if image.axes != labels.axes:
        return (
            f"{labels.name}: its affine says {''.join(labels.axes)}, that of its image {image.name} "
            f"{''.join(image.axes)}; one of them would be shown mirrored"
        )
    return None


def to_grey(hounsfield: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """HU to uint8: `window` = (HU shown as 0, HU shown as 255), linear between, clipped outside."""
    low, high = window
    return np.rint(np.clip((hounsfield.astype(np.float32) - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def attempt(defects: list[str], read: Callable, *arguments: object) -> Scan | None:
    """`read(*arguments)`, or None with its `InputError` added to `defects`, so that all of them are listed at once."""
    try:
        return read(*arguments)
    except InputError as error:
        defects.append(str(error))
        return None


def _read_bytes(path: Path, name: str) -> bytes:
    """The file's bytes, decompressed to the end, where gzip keeps the checksum that nibabel never reaches."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from None
    if content[:64].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise InputError(f"{name}: is a web page, not NIfTI; remove it and fetch it again")
    if not path.name.endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{name}: truncated or damaged gzip file ({error}); remove it and fetch it again") from None


def _parse(content: bytes, name: str) -> nib.Nifti1Image:
    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        try:
            return kind.from_bytes(content)
        except (ImageFileError, HeaderDataError, WrapStructError, OSError, ValueError):
            continue
    raise InputError(f"{name}: not a NIfTI file")


def _orient(values: np.ndarray, affine: np.ndarray, name: str) -> tuple[np.ndarray, tuple[str, str, str]]:
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise InputError(f"{name}: its affine gives no orientation")
    stored = io_orientation(affine)
    axes = ornt2axcodes(stored)
    direction = "S" if "S" in axes else "I"
    shown = apply_orientation(values, ornt_transform(stored, axcodes2ornt(("L", "P", direction))))
    return np.ascontiguousarray(shown.transpose(2, 1, 0)), axes


def _shape(scan: Scan) -> str:
    return " x ".join(map(str, scan.values.shape))
