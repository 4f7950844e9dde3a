"""Maps and masks of a scan as NIfTI on the grid of its input."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from nibabel.nifti1 import Nifti1Image

from ssinfnet.files.atomic import atomic_path

_STEPS = np.iinfo(np.uint16).max
_BLOCK = 16  # slices, which bounds the memory that rounding takes


def write_mask(path: str | Path, mask: np.ndarray, affine: np.ndarray) -> None:
    """Write a mask of small codes, or bool, as uint8; shape and `affine` (4, 4; voxel to mm, RAS) are the input's."""
    _write(path, mask.astype(np.uint8, copy=False), affine, slope=None)


def write_probability(path: str | Path, probability: np.ndarray, affine: np.ndarray) -> None:
    """Write probabilities, 0 to 1, in steps of 1/65535 with the scale in the header.

    As float the noise of millions of healthy voxels would make the file ten times as large.
    """
    stored = np.empty(probability.shape, np.uint16)
    for start in range(0, len(probability), _BLOCK):
        stored[start : start + _BLOCK] = np.rint(probability[start : start + _BLOCK] * np.float32(_STEPS))
    _write(path, stored, affine, slope=1 / _STEPS)


def affine_of_slices(
    positions: Sequence[Sequence[float]], orientation: Sequence[float], spacing: Sequence[float]
) -> np.ndarray:
    """The affine (4, 4) of an array (columns, rows, slices) of DICOM slices, from column, row and slice to mm in RAS.

    `positions` are the slices' ImagePositionPatient in the order of the array, `orientation` is
    ImageOrientationPatient and `spacing` PixelSpacing (rows, columns). Of a single slice the third axis is its normal,
    one mm long.
    """
    along, down = np.reshape(np.asarray(orientation, float), (2, 3))
    places = np.asarray(positions, float)
    through = (places[-1] - places[0]) / (len(places) - 1) if len(places) > 1 else np.cross(along, down)
    result = np.eye(4)
    result[:3] = np.stack([along * spacing[1], down * spacing[0], through, places[0]], axis=1)
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ result  # from the patient's left and back to right and front


def _write(path: str | Path, values: np.ndarray, affine: np.ndarray, slope: float | None) -> None:
    image = Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    if not np.allclose(image.get_qform(), affine, atol=1e-3):
        image.set_qform(None, code=0)  # a shear, as of a tilted gantry, has no rotation that says it
    if slope is not None:
        image.header.set_slope_inter(slope, 0)
    content = image.to_bytes()
    with atomic_path(path) as temporary:
        # No name and no time in the archive, so that the same mask gives the same bytes.
        packed = str(path).endswith(".gz")
        temporary.write_bytes(gzip.compress(content, compresslevel=1, mtime=0) if packed else content)


