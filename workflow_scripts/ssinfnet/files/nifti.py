"""NIfTI files, read whole and shown as a radiologist sees them."""

import gzip
import io
import itertools
import math
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import nibabel as nib
import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted

MAX_BYTES = 512 * untrusted.MIB
"""Of a file, unpacked: 512 slices of 512 x 512, up to four bytes each."""
MAX_VOXELS = 2**27
"""512 slices of 512 x 512; four bytes each, and once more while they are turned."""
MAX_SIDE = 4096
"""Along any axis; so many slices of a few voxels would take hours to store."""
TOLERANCE = 0.1
"""Voxels by which two grids may differ at any corner and still be one: more than what rounded numbers in a header do
(a spacing with four digits, over 512 voxels), and less than what a person sees."""
_DISPLAY = axcodes2ornt("LPI")
Read = TypeVar("Read")
_BLOCK = 2**22
_LABEL_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Scan:
    """Slices of a NIfTI file in display orientation.

    `values` is (slices, H, W): rows run from anterior to posterior, columns from the patient's right to the left, as
    in a JPG of a viewing station, and slices from the head to the feet, however the file stores them. `affine` (4, 4)
    takes column, row and slice to millimetres, and `stored_affine` the file's own axes, of which there are three.
    `places` says for each slice where it lies in the file, counted from 0. `name` is what messages call the file.
    """

    name: str
    values: np.ndarray
    affine: np.ndarray
    places: range
    stored_affine: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def read_scan(path: str | Path, name: str = "") -> Scan:
    """Read a NIfTI file, compressed or not, as float32 (or its integer type), slices x H x W; NaN stays NaN.

    `name` stands for the path in messages, for a file out of an archive. Of a file whose sform and qform disagree the
    sform is used, which is said on standard error. Raises `InputError` for a missing, truncated or damaged file, for
    what is not NIfTI, for infinite values, and for a header that gives no orientation.
    """
    name = name or str(path)
    image = _parse(_read_bytes(Path(path), name), name)
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
    return _display(values, _affine(image.header, shape, name), name)


def read_labels(path: str | Path, codes: range, name: str = "") -> Scan:
    """Read a label file as uint8, slices x H x W; raises `InputError` for a value outside of `codes` too."""
    scan = read_scan(path, name)
    labels = np.empty(scan.values.shape, np.uint8)
    for position, values in enumerate(scan.values):
        rounded = np.rint(values)
        # Stored with a scale factor, a code may come back with a rounding error.
        near = np.abs(values - rounded) <= _LABEL_TOLERANCE  # NaN is not
        wrong = ~near | (rounded < codes.start) | (rounded >= codes.stop)
        if wrong.any():
            found = ", ".join(f"{value:g}" for value in np.unique(values[wrong])[:5])
            raise InputError(f"{scan.name}: label codes {found}, where {codes.start} to {codes.stop - 1} are expected")
        labels[position] = rounded
    return replace(scan, values=labels)


def mismatch(image: Scan, labels: Scan) -> str | None:
    """Why `labels` do not lie where `image` lies, in words; None when they do.

    Both are compared as displayed, so the same grid stored along other axes is the same grid. Their corners may be up
    to `TOLERANCE` voxels apart.
    """
    if image.values.shape != labels.values.shape:
        return (
            f"{labels.name}: {_shape(labels)} (slices x rows x columns), but its image {image.name} has {_shape(image)}"
        )
    apart = _apart(image.affine, labels.affine, image.values.shape[::-1])
    if apart <= TOLERANCE:
        return None
    return (
        f"{labels.name}: does not lie where its image {image.name} lies, {apart:.3g} voxels apart ({_grid(labels)},"
        f" the image's {_grid(image)}); resample it onto the image with nearest neighbour, or, if only its header is"
        " wrong, copy the image's"
    )


def attempt(defects: list[str], read: Callable[..., Read], *arguments: object) -> Read | None:
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
    packed = untrusted.recognise(content[: untrusted.HEAD]) == "gzip"
    if packed:
        content = _unpack(content, name)
    found = untrusted.recognise(content[: untrusted.HEAD])
    if found == "a web page":
        raise InputError(f"{name}: is a web page, not NIfTI; remove it and fetch it again")
    if found in ("DICOM", "a picture"):
        raise InputError(f"{name}: is {found}, not NIfTI; convert the series first, as dcm2niix does for DICOM")
    if found not in ("NIfTI", None):
        raise InputError(f"{name}: is {found}{' within gzip' if packed else ''}, not NIfTI")
    if packed != path.name.lower().endswith(".gz") and found == "NIfTI":
        print(f"{name}: {'' if packed else 'not '}compressed, whatever its name says; read as it is", file=sys.stderr)
    return content


def _unpack(content: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as file:
            content = file.read(MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{name}: truncated or damaged gzip file ({error}); remove it and fetch it again") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{name}: unpacks to more than {MAX_BYTES:,} bytes")
    return content


def _parse(content: bytes, name: str) -> nib.Nifti1Image:
    """The image, its voxels yet to be read."""
    if content[344:348] == b"ni1\0" or content[4:8] == b"ni2\0":
        raise InputError(f"{name}: is the header of a pair (.hdr and .img); save both as one .nii file")
    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        try:
            return kind.from_bytes(content)
        except Exception:  # nibabel raises many kinds for a header that makes no sense
            continue
    raise InputError(f"{name}: not a NIfTI file")


def _voxels(stored: ArrayProxy, name: str) -> np.ndarray:
    """The scaled voxels in the order of the file, float32 or their integer type, not infinite.

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
        if block.dtype.kind == "f" and np.isinf(values[..., start : start + step]).any():
            raise InputError(f"{name}: holds infinite values; write -1000 (air) there, or convert the scan again")
    return values


def _affine(header: nib.Nifti1Header, shape: tuple[int, int, int], name: str) -> np.ndarray:
    """Where the voxels lie, from sform or qform, whichever is set and makes sense; the sform first."""
    coded = [kind for kind in ("sform", "qform") if header[f"{kind}_code"] > 0]
    forms = {kind: form for kind in coded if (form := _form(header, kind)) is not None}
    if not forms:
        raise InputError(
            f"{name}: its header gives no orientation (qform and sform are not set, or make no sense); convert the"
            " series again, as dcm2niix does for DICOM, or set the sform to how the patient lay"
        )
    used, *others = forms
    if len(coded) > len(forms):
        print(f"{name}: one of its sform and qform makes no sense; the {used} is used", file=sys.stderr)
    for other in others:
        if (apart := _apart(forms[used], forms[other], shape)) > TOLERANCE:
            print(f"{name}: its {used} and {other} are {apart:.3g} voxels apart; the {used} is used", file=sys.stderr)
    return forms[used]


def _form(header: nib.Nifti1Header, kind: str) -> np.ndarray | None:
    """The header's sform or qform, or None for one that no voxel could lie by."""
    try:
        form = np.asarray(getattr(header, f"get_{kind}")(), dtype=float)
    except Exception:  # nibabel raises many kinds for numbers that make no rotation
        return None
    return form if np.isfinite(form).all() and abs(np.linalg.det(form[:3, :3])) > 1e-9 else None


def _display(values: np.ndarray, affine: np.ndarray, name: str) -> Scan:
    stored = io_orientation(affine)
    turn = ornt_transform(stored, _DISPLAY)
    shown = np.ascontiguousarray(apply_orientation(values, turn).transpose(2, 1, 0))
    axis = int(np.flatnonzero(stored[:, 0] == 2)[0])
    places = range(values.shape[axis])
    # Along the file's axis the slices go up or down the patient.
    places = places[::-1] if stored[axis, 1] > 0 else places
    return Scan(name, shown, affine @ inv_ornt_aff(turn, values.shape), places, affine)


def _apart(one: np.ndarray, other: np.ndarray, shape: tuple[int, ...]) -> float:
    """The largest distance between corners of two grids of one `shape`, in voxels of the first along any axis."""
    corners = np.array([[*corner, 1] for corner in itertools.product(*((-0.5, side - 0.5) for side in shape))])
    with np.errstate(all="ignore"):
        distance = np.linalg.solve(one[:3, :3], ((other - one) @ corners.T)[:3])
    return float(np.abs(distance).max())


def _grid(scan: Scan) -> str:
    spacing = np.sqrt((scan.affine[:3, :3] ** 2).sum(axis=0))
    return f"origin {_numbers(scan.affine[:3, 3])}, spacing {_numbers(spacing)}"


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.5g}" for value in values)


def _shape(scan: Scan) -> str:
    return " x ".join(map(str, scan.values.shape))
