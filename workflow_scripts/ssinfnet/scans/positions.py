"""Whether the slices of a series lie one after the other at equal distances, and what is said where they do not."""

from collections.abc import Sequence

import numpy as np

from ssinfnet.scans.volume import Outcome, ScanError

SAME_PLACE = 0.01
"""Millimetres up to which two slices lie at one place."""
TOLERANCE = 0.1, 0.11
"""How far a gap may be off: a share of it, and millimetres, as positions are often rounded to tenths."""
STRAIGHT = 2.0
"""Millimetres that a slice may be off the straight line from the first to the last."""
MISSING_SHARE = 0.05
"""Share of the slices that may be missing, one at a time, without that the scan is refused."""


def along_normal(positions: np.ndarray, axes: Sequence[float]) -> np.ndarray:
    """Millimetres of each slice along the normal, from positions (n, 3) and the direction cosines of row and column."""
    return positions @ np.cross(axes[:3], axes[3:])


def doubled(places: np.ndarray) -> list[int]:
    """The indices, in sorted places (n,), of slices that lie where the one before them lies."""
    return (np.flatnonzero(np.diff(places) < SAME_PLACE) + 1).tolist()


def distance(places: np.ndarray) -> tuple[float, list[Outcome]]:
    """The distance of slices from their sorted places (n,), at least two and none doubled, and what is odd about them.

    Raises `ScanError` for distances that vary, and where more slices are missing than may be.
    """
    gaps = np.diff(places)
    usual = float(np.median(gaps))
    steps = np.maximum(np.rint(gaps / usual), 1)
    allowed = max(TOLERANCE[0] * usual, TOLERANCE[1])
    off = np.abs(gaps - steps * usual)
    if (off > allowed).any():
        raise ScanError(
            "varying_spacing",
            f"its slices are {gaps.min():.2f} to {gaps.max():.2f} mm apart, so they are of several scans or not all of "
            "one; give one series with equal distances, or resample it",
        )
    missing = int((steps - 1).sum())
    if not missing:
        return float((places[-1] - places[0]) / len(gaps)), []
    count, holes = len(places), int((steps > 1).sum())
    text = (
        f"{missing} slice{'s are' if missing > 1 else ' is'} missing in {holes} place{'s' if holes > 1 else ''} "
        f"between the {count} that are there, {usual:.2f} mm apart"
    )
    if steps.max() > 2 or missing > MISSING_SHARE * count:
        raise ScanError("missing_slices", f"{text}; fetch the whole series again")
    share = 100 * missing / (count + missing)
    return usual, [Outcome("missing_slices", "note", f"{text}; volumes are up to {share:.1f} % too small")]


def require_straight(positions: np.ndarray, places: np.ndarray) -> None:
    """Raise `ScanError` where slices, at positions (n, 3) and sorted places (n,), do not follow one straight line."""
    share = (places - places[0]) / (places[-1] - places[0])
    line = positions[0] + share[:, None] * (positions[-1] - positions[0])
    off = float(np.linalg.norm(positions - line, axis=1).max())
    if off > STRAIGHT:
        raise ScanError(
            "varying_spacing",
            f"its slices are shifted against each other by up to {off:.1f} mm, so they are of several scans; give one "
            "series alone",
        )
