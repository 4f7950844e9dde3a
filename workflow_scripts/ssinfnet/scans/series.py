"""DICOM files told apart into series, and a series read as a volume.

A series is what shares a series UID, a plane, a size and a pixel. Slices are sorted by where they lie along their
normal; names, numbers and dates of files say nothing here. Positions are the patient's, so head or feet first needs no
thought.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files import dicom
from ssinfnet.scans import geometry, headers, positions, slices
from ssinfnet.scans.slices import Slice
from ssinfnet.scans.units import in_hounsfield
from ssinfnet.scans.volume import Outcome, ScanError, Source, Volume
from ssinfnet.slices.hounsfield import AIR

MAX_VOXELS = 2**28
"""1,024 slices of 512 x 512: half a gigabyte as HU."""
SAME_PLANE = 0.01
"""How far direction cosines, and millimetres of a pixel, may differ within a series."""
_NO_HU = (-1024, 3071)
"""HU that 12 bits say; of padding, which no scanner measured, what lies outside of them becomes air."""
_TO_RAS = np.array([-1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Series:
    """The slices of one series, as found; `name` is made of its UID alone and tells nothing of the patient."""

    name: str
    found: tuple[Slice, ...]
    notes: tuple[Outcome, ...] = ()
    refused: ScanError | None = None


@dataclass(frozen=True)
class LeftOut:
    """Files of the input `path` that are no scan to score, and why; `files` are the first few of them."""

    path: Path
    files: tuple[Path, ...]
    outcome: Outcome


def tell_apart(files: Iterable[Path], given: Path, *, keep_derived: bool = False) -> tuple[list[Series], list[LeftOut]]:
    """The series in DICOM `files`, and what is left out of them; `given` is the path that the user gave.

    With `keep_derived`, series that are derived (reformats, secondary ones) are scans too.
    """
    by_uid: dict[str, list[Slice]] = {}
    elsewhere: dict[str, str] = {}
    reasons: dict[tuple[str, Outcome], list[Path]] = {}
    for path in files:
        try:
            header = dicom.read_header(path)
            series = str(header.get("SeriesInstanceUID") or "")
            if (reason := headers.skipped(header, keep_derived=keep_derived)) is not None:
                reasons.setdefault((series, reason), []).append(path)
                continue
            if (part := headers.not_chest(header)) is not None:
                elsewhere[series] = part
            enhanced = header.get("SOPClassUID") in headers.ENHANCED
            found = slices.of_header(header, path, enhanced=enhanced)
            by_uid.setdefault(series, []).extend(found)
        except InputError as error:
            reasons.setdefault(("", ScanError.from_error(error, path).outcome), []).append(path)
    result = [one for series, found in by_uid.items() for one in _parts(series, found, elsewhere.get(series))]
    return result, [_left_out(given, paths, reason) for (_, reason), paths in reasons.items()]


def read(series: Series, source: Path, name: str) -> Volume:
    """The volume of a series that came out of the input `source`, under a `name` that is unique in the batch.

    Raises `ScanError` for what cannot be scored or read.
    """
    if series.refused:
        raise series.refused
    found = sorted(series.found, key=lambda one: (_place(one), one.instance))
    if len(found) * np.prod(found[0].shape) > MAX_VOXELS:
        raise ScanError("too_large", f"it has more than {MAX_VOXELS:,} voxels; resample it to thicker slices")
    stored, negative = _stored(found)
    found, stored, notes = _without_doubles(found, stored)
    step, more = _step(found)
    affine = _affine(found, step)
    frames = tuple(one.frame for one in found) if found[0].part else ()
    if frames and sorted(frames) != list(range(len(frames))):
        raise ScanError("several_stacks", "the frames of its file are of several stacks; export one of them alone")
    grid = geometry.grid_of(affine, stored.shape, frames=frames, slices_first=True)
    notes += [*series.notes, *more, *geometry.notes_of(grid)]
    if negative:
        notes.append(Outcome("negative", "note", "its values were stored as a negative (MONOCHROME1) and are inverted"))
    spacing = geometry.spacing_of(grid)
    if len(found) == 1 and found[0].thickness is None:
        spacing = None
        notes.append(Outcome("no_thickness", "note", "it is one slice of unknown thickness, so it has no volume in ml"))
    paths = (found[0].path,) if frames else tuple(one.path for one in found)
    return Volume(grid.show(stored), spacing, True, grid, name, Source("dicom", source, paths), tuple(notes))


def _parts(series: str, found: list[Slice], elsewhere: str | None) -> list[Series]:
    """A series as its UID has it, cut where plane, size, pixel or file (of enhanced ones) differ, copies left out."""
    once = {one.instance: one for one in reversed(found)}
    copies = len(found) - len(once)
    notes = [Outcome("copied_files", "note", f"{copies} files are copies of others and count once")] if copies else []
    refused = None
    if elsewhere:
        refused = ScanError(
            "not_chest", f"its header says that it shows the {elsewhere}, where no lungs are; give a chest CT"
        )
    groups: list[list[Slice]] = []
    for one in sorted(once.values(), key=lambda one: one.instance):
        group = next((group for group in groups if _belongs(one, group[0])), None)
        groups.append([one]) if group is None else group.append(one)
    groups = [part for group in groups for part in _by_acquisition(group)]
    groups.sort(key=lambda group: (-len(group), group[0].instance))
    identity = series or groups[0][0].instance
    name = f"ct-{hashlib.sha256(identity.encode()).hexdigest()[:10]}"
    return [
        Series(name if number == 1 else f"{name}-{number}", tuple(group), tuple(notes), refused)
        for number, group in enumerate(groups, 1)
    ]


def _belongs(one: Slice, other: Slice) -> bool:
    near = (abs(a - b) <= SAME_PLANE for a, b in zip(one.axes + one.pixel, other.axes + other.pixel, strict=True))
    return one.shape == other.shape and one.part == other.part and all(near)


def _by_acquisition(group: list[Slice]) -> list[list[Slice]]:
    """A group as it is, or by its acquisitions if slices lie at one place and the acquisitions tell them apart."""
    if not _doubled(group):
        return [group]
    parts: dict[str, list[Slice]] = {}
    for one in group:
        parts.setdefault(one.acquisition, []).append(one)
    return [group] if any(_doubled(part) for part in parts.values()) else list(parts.values())


def _doubled(group: Sequence[Slice]) -> bool:
    return bool(positions.doubled(np.sort([_place(one) for one in group])))


def _place(one: Slice) -> float:
    return float(positions.along_normal(np.array([one.position]), one.axes)[0])


def _stored(found: Sequence[Slice]) -> tuple[np.ndarray, bool]:
    """HU of the slices, int16 (slices, rows, columns), and whether they were stored as a negative.

    By the standard, MONOCHROME1 changes how a slice is shown and not what its values are. Some writers store a negative
    nevertheless, so what the values say decides: of both readings, one has air and soft tissue.
    """
    raw = _hounsfield(found, inverted=False)
    if not all(one.negative for one in found):
        return in_hounsfield(raw), False
    try:
        return in_hounsfield(raw), False
    except ScanError:
        return in_hounsfield(_hounsfield(found, inverted=True)), True


def _hounsfield(found: Sequence[Slice], *, inverted: bool) -> np.ndarray:
    result = np.empty((len(found), *found[0].shape), np.int16)
    frames: dict[Path, np.ndarray] = {}
    for number, one in enumerate(found):
        if one.path not in frames:
            try:
                frames = {one.path: dicom.read_pixels(one.path, inverted=inverted)}
            except InputError as error:
                raise ScanError.from_error(error, one.path) from None
        values = frames[one.path][one.frame]
        units = values * one.slope + one.intercept
        if one.padding:
            padded = (values >= one.padding[0]) & (values <= one.padding[1])
            units[padded & ((units < _NO_HU[0]) | (units > _NO_HU[1]))] = AIR
        result[number] = np.clip(np.rint(units), -32768, 32767)
    return result


def _without_doubles(found: list[Slice], stored: np.ndarray) -> tuple[list[Slice], np.ndarray, list[Outcome]]:
    """The slices without those that lie where another one with the same values does; other ones there are refused."""
    doubled = positions.doubled(np.array([_place(one) for one in found]))
    if not doubled:
        return found, stored, []
    different = sum(bool((stored[index] != stored[index - 1]).any()) for index in doubled)
    if different:
        raise ScanError(
            "doubled_slices",
            f"{different} of its slices lie where another one with other values lies, so it holds several phases or "
            "reconstructions; export one of them alone",
        )
    kept = [index for index in range(len(found)) if index not in set(doubled)]
    text = f"{len(doubled)} slices are there twice, with the same values, and count once"
    return [found[index] for index in kept], stored[kept], [Outcome("doubled_slices", "note", text)]


def _step(found: Sequence[Slice]) -> tuple[np.ndarray, list[Outcome]]:
    """Millimetres (3,) from a slice to the next, and what is odd about their places."""
    normal = np.cross(found[0].axes[:3], found[0].axes[3:])
    if len(found) == 1:
        return normal * (found[0].thickness or 1.0), []
    lies = np.array([one.position for one in found])
    places = positions.along_normal(lies, found[0].axes)
    between, notes = positions.distance(places)
    positions.require_straight(lies, places)
    return (lies[-1] - lies[0]) / (places[-1] - places[0]) * between, notes


def _affine(found: Sequence[Slice], step: np.ndarray) -> np.ndarray:
    """Slice, row and column to millimetres (4, 4), RAS+."""
    one = found[0]
    affine = np.eye(4)
    along = (step, np.array(one.axes[3:]) * one.pixel[0], np.array(one.axes[:3]) * one.pixel[1], one.position)
    affine[:3] = np.stack(along, axis=1) * _TO_RAS[:, None]
    return affine


def _left_out(given: Path, paths: list[Path], reason: Outcome) -> LeftOut:
    count = f"{len(paths):,} file{'s' if len(paths) > 1 else ''}: "
    return LeftOut(given, tuple(paths[:3]), replace(reason, text=count + reason.text))
