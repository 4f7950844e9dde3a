"""NIfTI files, read whole and shown as a radiologist sees them."""

import gzip
import io
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt2axcodes, ornt_transform

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted

MAX_BYTES = 512 * untrusted.MIB
"""Of a file, unpacked: 512 slices of 512 x 512, up to four bytes each."""
MAX_VOXELS = 2**27
"""512 slices of 512 x 512; four bytes each, and once more while they are turned."""
MAX_SIDE = 4096
"""Along any axis; so many slices of a few voxels would take hours to store."""
_BLOCK = 2**22
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
    image, affine = _parse(_read_bytes(Path(path), name), name)
    shape = image.shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or min(shape) < 1:
        raise InputError(f"{name}: shape {shape}, where a stack of slices (three dimensions) is expected")
    if max(shape) > MAX_SIDE or math.prod(shape) > MAX_VOXELS:
        raise InputError(
            f"{name}: shape {shape} is more than {MAX_VOXELS:,} voxels, or {MAX_SIDE:,} along a side; cut it in parts"
        )
    values = _voxels(image.dataobj.reshape(shape), name)
    return Scan(name, *_orient(values, affine, name))


def read_labels(path: str | Path, codes: range, name: str = "") -> Scan:
    """Read a label file as uint8, slices x H x W; raises `InputError` for a value outside of `codes` too."""
    scan = read_scan(path, name)
    labels = np.empty(scan.values.shape, np.uint8)
    for position, values in enumerate(scan.values):
        rounded = np.rint(values)
        # Stored with a scale factor, a code may come back with a rounding error.
        wrong = (np.abs(values - rounded) > _LABEL_TOLERANCE) | (rounded < codes.start) | (rounded >= codes.stop)
        if wrong.any():
            found = ", ".join(f"{value:g}" for value in np.unique(values[wrong])[:5])
            raise InputError(f"{scan.name}: label codes {found}, where {codes.start} to {codes.stop - 1} are expected")
        labels[position] = rounded
    return Scan(scan.name, labels, scan.axes)


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
        content = untrusted.read(path, MAX_BYTES)
    except InputError as error:
        raise InputError(str(error).replace(str(path), name, 1)) from None
    found = untrusted.recognise(content[: untrusted.HEAD])
    if found == "a web page":
        raise InputError(f"{name}: is a web page, not NIfTI; remove it and fetch it again")
    if found in ("DICOM", "a picture"):
        raise InputError(f"{name}: is {found}, not NIfTI; convert the series first, as dcm2niix does for DICOM")
    if not path.name.endswith(".gz"):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            content = file.read(MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{name}: truncated or damaged gzip file ({error}); remove it and fetch it again") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{name}: unpacks to more than {MAX_BYTES:,} bytes")
    return content


def _parse(content: bytes, name: str) -> tuple[nib.Nifti1Image, np.ndarray]:
    """The image, its voxels yet to be read, and its affine."""
    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        try:
            image = kind.from_bytes(content)
            return image, image.affine
        except Exception:  # nibabel raises many kinds for a header that makes no sense
            continue
    raise InputError(f"{name}: not a NIfTI file")


def _voxels(stored: ArrayProxy, name: str) -> np.ndarray:
    """The scaled voxels in the order of the file, float32 or their integer type, finite.

    Read in blocks of slices, as NumPy would scale them all in double precision.
    """
    values = None
    step = max(1, _BLOCK // math.prod(stored.shape[:2]))
    for start in range(0, stored.shape[2], step):
        try:
            with np.errstate(all="ignore"):
                block = np.asanyarray(stored[..., start : start + step])
        except Exception as error:  # nibabel raises many kinds for what a header says of voxels that are not there
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(f"{name}: damaged NIfTI, fewer voxels than its header says ({reason})") from None
        if block.dtype.kind not in "fiu":
            raise InputError(f"{name}: voxels of type {block.dtype}, where one number each is expected")
        if values is None:
            values = np.empty(stored.shape, np.float32 if block.dtype.kind == "f" else block.dtype, order="F")
        with np.errstate(over="ignore"):
            values[..., start : start + step] = block
        if block.dtype.kind == "f" and not np.isfinite(values[..., start : start + step]).all():
            raise InputError(f"{name}: holds NaN or infinite values")
    return values


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
