"""A mask of lobes that another program made on the grid of a scan."""

from pathlib import Path

import nibabel as nib
import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.scans.volume import Volume

TOLERANCE = 0.01
"""Millimetres by which affines may differ."""


def read(path: str | Path, volume: Volume) -> np.ndarray:
    """The lobes of the NIfTI file `path` as the volume is shown, uint8 (slices, rows, columns).

    Raises `InputError` for another file, pictures, other codes than whole numbers to 255, and a mask on another grid.
    """
    untrusted.check(path)
    try:
        image = nib.load(path)
        stored = np.asanyarray(image.dataobj)
    except Exception:  # nibabel raises many kinds for a broken file
        raise InputError(f"{path}: cannot be read as NIfTI; export the mask of lobes again") from None
    # Slices of the scan carry their own numbers, and so tell where each voxel of its file is shown.
    _, affine = volume.grid.as_nifti(np.zeros(volume.values.shape, np.uint8))
    index = np.arange(volume.values.size).reshape(volume.values.shape)
    there, _ = volume.grid.as_nifti(index)
    if stored.shape != there.shape or not np.allclose(image.affine, affine, atol=TOLERANCE):
        raise InputError(f"{path}: is not on the grid of the scan {volume.name}; make it on the same NIfTI file")
    if not np.array_equal(stored, stored.astype(np.uint8)):
        raise InputError(f"{path}: holds other codes than whole numbers from 0 to 255; see docs/scans.md")
    shown = np.empty(volume.values.size, np.uint8)
    shown[there.ravel()] = stored.ravel()
    return shown.reshape(volume.values.shape)
