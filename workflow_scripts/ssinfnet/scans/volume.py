"""One scan, lying as it is shown, with all that is needed to write results on the grid of the input."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ssinfnet.errors import InputError


@dataclass(frozen=True)
class Outcome:
    """Something about a scan that a person must know, in words that quote nothing of a header but numbers.

    `level` is "note" where a score is still given, "refused" where none is, and "skipped" for what is no scan to score,
    as a localiser. `code` is for programs. `text` is one sentence with the numbers and, for what is refused, a remedy.
    """

    code: str
    level: Literal["note", "refused", "skipped"]
    text: str


class ScanError(InputError):
    """A scan that gets no score; `outcome` says why, and the message names the file where one is to blame."""

    def __init__(self, code: str, text: str, path: str | Path | None = None):
        super().__init__(text if path is None else f"{path}: {text}")
        self.outcome = Outcome(code, "refused", text)

    @classmethod
    def from_error(cls, error: InputError, path: str | Path) -> "ScanError":
        """For a file that cannot be read: the error's words, without the path in the outcome."""
        if isinstance(error, cls):
            return error
        return cls("unreadable_file", str(error).removeprefix(str(InputError(f"{path}:"))).strip(), path)


@dataclass(frozen=True)
class Source:
    """Where a scan comes from: the `path` that the user gave, and the `files` below it, or unpacked from it.

    The files of a DICOM series are sorted as the slices of `Grid.restore`; an enhanced series is one file, whose frames
    keep their order. Files out of an archive are there as long as `inputs.find` has not gone on.
    """

    kind: Literal["dicom", "nifti", "pictures"]
    path: Path
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Grid:
    """How the input lay: axis i of the display (slices, rows, columns) is the input's axis `order[i]`.

    `flipped` says by display axis whether it runs against the input's. `affine` (4, 4) takes the input's indices to
    millimetres, RAS+ as in NIfTI; None for pictures. The input's `shape` is that of a NIfTI file without trailing axes
    of one, and (slices, rows, columns) as stored for DICOM and pictures. `frames` is for an enhanced DICOM file: where
    in it each slice lies, in the order of their positions; the affine is of that order. `slices_first` tells DICOM and
    pictures, whose stored axes are slices, rows and columns, from NIfTI.
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]
    shape: tuple[int, int, int]
    affine: np.ndarray | None = field(default=None, compare=False)
    frames: tuple[int, ...] = ()
    slices_first: bool = False

    def show(self, stored: np.ndarray) -> np.ndarray:
        """An array on the input's grid, its frames sorted, in display orientation (slices, rows, columns)."""
        shown = np.transpose(stored, self.order)
        return np.ascontiguousarray(shown[self._turn()])

    def restore(self, shown: np.ndarray) -> np.ndarray:
        """An array in display orientation on the input's grid: for NIfTI its axes, for DICOM its sorted files."""
        stored = self._sorted(shown)
        if self.frames:
            result = np.empty_like(stored)
            result[list(self.frames)] = stored
            return result
        return np.ascontiguousarray(stored)

    def as_nifti(self, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """An array in display orientation with the axes of a NIfTI file of the scan, and its affine (4, 4), RAS+.

        For NIfTI that is `restore`; the axes of a DICOM series become column, row and slice, sorted by position, as
        converters write them. It is a view, since the order in memory is mostly that of the file already. Raises
        `InputError` for pictures, of which nobody knows where they lie.
        """
        if self.affine is None:
            raise InputError("pictures have no position, so they cannot be written as NIfTI")
        stored = self._sorted(shown)
        if not self.slices_first:
            return stored, self.affine
        return stored.transpose(2, 1, 0), self.affine[:, [2, 1, 0, 3]]

    def _sorted(self, shown: np.ndarray) -> np.ndarray:
        back = np.argsort(self.order)
        return np.transpose(np.asarray(shown)[self._turn()], back)

    def _turn(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)


@dataclass(frozen=True)
class Volume:
    """One scan in axial display orientation: slice 0 is nearest the head, row 0 anterior, column 0 the patient's right.

    `values` is (slices, rows, columns): int16 HU or, for pictures (not `hounsfield`), uint8 grey levels. `spacing` is
    in mm between slices, rows and columns; None where nobody knows it. `name` is unique within a batch, safe as a file
    name, and taken from no text of a header. `notes` are what is odd but forbids no score.
    """

    values: np.ndarray
    spacing: tuple[float, float, float] | None
    hounsfield: bool
    grid: Grid
    name: str
    source: Source
    notes: tuple[Outcome, ...] = ()
