"""What is known of each slice of a DICOM file before its pixels are read, from either kind of header.

A classic file is one slice. An enhanced one holds a series, and says in nested groups, for all frames or for each, what
a classic file says at its top.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from ssinfnet.errors import InputError
from ssinfnet.files import dicom

UNIT = 1e-3
"""How far direction cosines may be from unit length and from a right angle."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice that lies at `position` (3,), its row and column along `axes` (6,), in mm of DICOM's patient (LPS).

    `pixel` is the distance of rows and of columns, `thickness` that along the normal if it is given, both in mm. Stored
    values times `slope` plus `intercept` are HU; `padding` is the range of those that are none. `instance` tells copies
    of a file, `acquisition` the parts of a series.
    """

    path: Path
    frame: int
    position: tuple[float, ...]
    axes: tuple[float, ...]
    pixel: tuple[float, ...]
    thickness: float | None
    shape: tuple[int, int]
    slope: float
    intercept: float
    padding: tuple[float, float] | None
    negative: bool
    instance: str
    acquisition: str
    part: str | None


def of_header(header: Dataset, path: Path, *, enhanced: bool) -> list[Slice]:
    """The slices of a file. Raises `InputError` where it does not say where they lie, or its pixels cannot be read."""
    frames, *shape = dicom.check_pixels(header, path)
    if not enhanced and frames != 1:
        raise InputError(f"{path}: {frames} frames in a file of the kind that holds one; export the series again")
    groups = [*(header.get("SharedFunctionalGroupsSequence") or [])][:1]
    each = [*(header.get("PerFrameFunctionalGroupsSequence") or [])]
    if enhanced and len(each) != frames:
        raise InputError(f"{path}: says of {len(each)} of its {frames} frames where they lie; export the series again")
    return [
        _slice(path, frame, tuple(shape), header, [header, *([each[frame]] if enhanced else []), *groups], enhanced)
        for frame in range(frames)
    ]


def _slice(
    path: Path, frame: int, shape: tuple[int, int], header: Dataset, groups: list[Dataset], enhanced: bool
) -> Slice:
    position = _numbers(groups, "PlanePositionSequence", "ImagePositionPatient", 3)
    axes = _numbers(groups, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
    pixel = _numbers(groups, "PixelMeasuresSequence", "PixelSpacing", 2)
    if position is None or axes is None or pixel is None or min(pixel) <= 0:
        raise InputError(
            f"{path}: does not say where its pixels lie (position, orientation or spacing is missing); export the "
            "original series"
        )
    row, column = np.array(axes[:3]), np.array(axes[3:])
    if max(abs(row @ row - 1), abs(column @ column - 1), abs(row @ column)) > UNIT * 10:
        raise InputError(f"{path}: direction cosines that are none; export the series again")
    thickness = _numbers(groups, "PixelMeasuresSequence", "SliceThickness", 1)
    slope = _numbers(groups, "PixelValueTransformationSequence", "RescaleSlope", 1) or (1.0,)
    intercept = _numbers(groups, "PixelValueTransformationSequence", "RescaleIntercept", 1) or (0.0,)
    padding = dicom.numbers(header, "PixelPaddingValue", 1)
    limit = dicom.numbers(header, "PixelPaddingRangeLimit", 1) or padding
    instance = str(header.get("SOPInstanceUID") or path)
    return Slice(
        path=path,
        frame=frame,
        position=position,
        axes=axes,
        pixel=pixel,
        thickness=thickness[0] if thickness and thickness[0] > 0 else None,
        shape=shape,
        slope=slope[0],
        intercept=intercept[0],
        padding=(min(padding + limit), max(padding + limit)) if padding else None,
        negative=dicom.texts(header, "PhotometricInterpretation") == ["MONOCHROME1"],
        instance=f"{instance}/{frame}",
        acquisition="".join(dicom.texts(header, "AcquisitionNumber")),
        part=instance if enhanced else None,
    )


def _numbers(groups: list[Dataset], sequence: str, name: str, count: int) -> tuple[float, ...] | None:
    """A tag at the top of a header, else in a sequence of the functional groups of a frame or of all."""
    for group in groups:
        for holder in (group, *[*(group.get(sequence) or [])][:1]):
            if (found := dicom.numbers(holder, name, count)) is not None:
                return found
    return None
