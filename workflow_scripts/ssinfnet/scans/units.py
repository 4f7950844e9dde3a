"""Whether a scan is in Hounsfield units; what is not gets no score, as its numbers would mean nothing."""

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.scans.volume import ScanError
from ssinfnet.slices.hounsfield import require_hounsfield


def in_hounsfield(values: np.ndarray) -> np.ndarray:
    """The voxels (slices, rows, columns, axial or not) as int16 HU; NaN outside of the body becomes air.

    Raises `ScanError` where they cannot be Hounsfield units of a chest, and for NaN in the body.
    """
    try:
        values = require_hounsfield(values, "the scan")
    except InputError as error:
        if "NaN" in str(error):
            raise ScanError("not_a_number", "it holds NaN within the body; convert it again, or fill it in") from None
        raise ScanError(
            "not_hounsfield",
            f"values from {np.nanmin(values):g} to {np.nanmax(values):g}, not those of a chest CT in Hounsfield units "
            "(less than 1 % are near air and lung, or near soft tissue); give the original CT, with its rescale slope "
            "and intercept, or, if it is windowed, its slices as pictures",
        ) from None
    return values if values.dtype == np.int16 else np.clip(np.rint(values), -32768, 32767).astype(np.int16)
