"""Maps and masks of a scan as NIfTI on the grid of its input."""

import gzip
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
    stored = np.empty_like(probability, np.uint16, subok=False)  # of the same order in memory
    axis = int(np.argmax(np.abs(probability.strides)))
    source, target = np.moveaxis(probability, axis, 0), np.moveaxis(stored, axis, 0)
    for start in range(0, len(source), _BLOCK):
        block = source[start : start + _BLOCK] * np.float32(_STEPS)
        target[start : start + _BLOCK] = np.rint(block, out=block)
    _write(path, stored, affine, slope=1 / _STEPS)


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
