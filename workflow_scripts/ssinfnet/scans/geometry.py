"""From the way a scan is stored to the way it is shown: the turn that an affine asks for, and what is odd about it.

Affines take stored indices to millimetres, RAS+ (right, anterior, superior) as in NIfTI. Where a patient lay, and head
or feet first, is in them: DICOM's positions and direction cosines are the patient's, not the table's.
"""

import math

import numpy as np
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

from ssinfnet.scans.volume import Grid, Outcome, ScanError

OBLIQUE = 5.0
"""Degrees between slices and the axial plane from which on it is said."""
TOO_OBLIQUE = 30.0
"""Degrees from which on slices are no axial ones; nearest axes would be a matter of chance at 45."""
TILT = 0.5
"""Degrees of a gantry's tilt, by which slices are shifted against each other, from which on it is said."""
THICK = 10.0
"""Millimetres between slices above which volumes and thirds are coarse."""
FEW = 3
_DISPLAY = axcodes2ornt("LPI")


def grid_of(affine: np.ndarray, shape: tuple[int, int, int], **more: object) -> Grid:
    """The grid of stored axes with this `affine` (4, 4); raises `ScanError` where it makes no sense."""
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise ScanError("no_position", "its header does not say where the slices lie; export or convert the scan again")
    turn = ornt_transform(io_orientation(affine), _DISPLAY)
    # Row i of the turn: which axis of left, posterior, inferior the stored axis i becomes. Slices are the last of them.
    stored = [int(np.flatnonzero(turn[:, 0] == axis)[0]) for axis in (2, 1, 0)]
    flipped = tuple(bool(turn[axis, 1] < 0) for axis in stored)
    return Grid(tuple(stored), flipped, tuple(shape), affine, **more)


def spacing_of(grid: Grid) -> tuple[float, float, float]:
    """Millimetres between slices, rows and columns as shown.

    That between slices is along their normal, so that the product of all three is a voxel's volume, tilted or not.
    """
    columns, rows = (grid.affine[:3, grid.order[axis]] for axis in (2, 1))
    normal = np.cross(columns, rows)
    area = float(np.linalg.norm(normal))
    lengths = (abs(np.linalg.det(grid.affine[:3, :3])) / area, np.linalg.norm(rows), np.linalg.norm(columns))
    return tuple(round(float(length), 5) for length in lengths)


def notes_of(grid: Grid) -> list[Outcome]:
    """What is odd about the place of a scan's slices; raises `ScanError` for slices that are not axial."""
    columns, rows, slices = (_unit(grid.affine[:3, grid.order[axis]]) for axis in (2, 1, 0))
    normal = _unit(np.cross(columns, rows))
    count = grid.shape[grid.order[0]]
    between = spacing_of(grid)[0]
    found = []
    turned = max(_degrees(normal, 2), _degrees(columns, 0), _degrees(rows, 1))
    if turned > TOO_OBLIQUE:
        raise ScanError(
            "oblique",
            f"its slices lie {turned:.0f} degrees from the axial plane or are turned so far within it; "
            "reformat the scan along the patient's axes",
        )
    if turned > OBLIQUE:
        text = f"its slices lie {turned:.1f} degrees from the patient's axes; they are scored as they lie"
        found.append(Outcome("oblique", "note", text))
    tilt = math.degrees(math.acos(min(1.0, abs(float(slices @ normal)))))
    if count > 1 and tilt > TILT:
        text = (
            f"the gantry was tilted by {tilt:.1f} degrees, so each slice is shifted against the one before; volumes "
            "are right, and lungs that are looked for in three dimensions are sheared"
        )
        found.append(Outcome("gantry_tilt", "note", text))
    if count > 1 and between > THICK:
        text = f"its slices are {between:.1f} mm apart, above {THICK:.0f} mm; volumes, shares and thirds are coarse"
        found.append(Outcome("spacing_above_10_mm", "note", text))
    return found + few(count)


def few(count: int) -> list[Outcome]:
    """A note on a scan of fewer than `FEW` slices."""
    if count >= FEW:
        return []
    text = f"it has {count} slice{'s' if count > 1 else ''}, so nothing is said of the whole lungs or of thirds"
    return [Outcome("few_slices", "note", text)]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _degrees(direction: np.ndarray, axis: int) -> float:
    """Angle between a direction and an axis of the patient, whichever way either runs."""
    return math.degrees(math.acos(min(1.0, abs(float(direction[axis])))))
