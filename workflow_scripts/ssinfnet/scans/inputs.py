"""What a person's inputs hold: DICOM series, NIfTI files and folders of pictures, at any depth and in zip archives."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ssinfnet.errors import InputError
from ssinfnet.files import archives, dicom, folders, pictures, untrusted
from ssinfnet.scans import nifti_volume, picture_volume, series
from ssinfnet.scans.names import Names, safe
from ssinfnet.scans.series import LeftOut
from ssinfnet.scans.volume import Outcome, ScanError, Volume

_NIFTI = (".nii", ".nii.gz")


@dataclass(frozen=True)
class Found:
    """A scan of the input `path`, in these `files`, which are there until `find` goes on.

    `slices` is their number, where that is known before reading; `series` what a DICOM series is called, wherever it is
    found.
    """

    name: str
    path: Path
    slices: int | None
    files: tuple[Path, ...]
    load: Callable[[str], Volume]
    series: str | None = None

    def read(self) -> Volume:
        """The volume of the scan, under its name; raises `ScanError` for what cannot be scored."""
        return self.load(self.name)


@dataclass(frozen=True)
class _Place:
    """Where files are looked at: the input that the user gave, what names begin with, and the folder they are below."""

    given: Path
    prefix: tuple[str, ...]
    folder: Path
    unpacked: bool = False


class Batch:
    """The names of scans of several inputs: each once, and the same for the same inputs in the same order."""

    def __init__(self):
        self._names, self._series = Names(), set()

    def take(self, name: str, series: str | None) -> str | None:
        """A name like `name`, which is unique in its input; None for a series that an input before had."""
        if series is not None:
            if series in self._series:
                return None
            self._series.add(series)
        return self._names.take(name)


def find(inputs: Sequence[str | Path], *, keep_derived: bool = False) -> Iterator[Found | LeftOut]:
    """Yield every scan of the inputs, and every part of them that is none, with its reason.

    An input is a folder, a zip archive or a file, and may hold many scans of any kind. Names are unique among all that
    is yielded and the same in each call with the same inputs: a DICOM series is called after its UID, whatever its
    files are called, and anything else after its path below the input. With `keep_derived`, derived DICOM series are
    scans too.

    An archive is unpacked while its scans are yielded, so read a scan before asking for the next. Raises `InputError`
    for an input that is not there, before anything is yielded.
    """
    paths = [Path(one) for one in inputs]
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: cannot be read (no such file or folder)")
    return _find(paths, keep_derived)


def _find(paths: list[Path], keep_derived: bool) -> Iterator[Found | LeftOut]:
    batch = Batch()
    for path in paths:
        for one in look(path, keep_derived=keep_derived):
            if not isinstance(one, Found):
                yield one
            elif (name := batch.take(one.name, one.series)) is not None:
                yield replace(one, name=name)
            else:
                yield again(path, one)


def again(path: Path, one: Found) -> LeftOut:
    """What is said of a series that an input before the input `path` had."""
    return LeftOut(path, one.files[:3], _outcome(len(one.files), "series_again", "a series that was found before"))


def look(path: Path, *, keep_derived: bool = False) -> Iterator[Found | LeftOut]:
    """As `find` of one input; names are unique among what it holds."""
    count = 0
    for one in _of_input(path, Names(), set(), keep_derived):
        count += isinstance(one, Found) or one.outcome.level == "refused"
        yield one
    if not count:
        yield LeftOut(path, (), Outcome("no_scan", "refused", "it holds no CT series, NIfTI file or picture"))


def _of_input(path: Path, names: Names, seen: set[str], keep_derived: bool) -> Iterator[Found | LeftOut]:
    try:
        if path.is_dir():
            place = _Place(path, (), path)
            yield from _of_files(place, folders.files(path), names, seen, keep_derived)
        else:
            untrusted.check(path)
            yield from _of_files(_Place(path, (), path.parent), [path], names, seen, keep_derived)
    except InputError as error:
        yield _refused(path, path, error)


def _of_files(
    place: _Place, files: list[Path], names: Names, seen: set[str], keep_derived: bool
) -> Iterator[Found | LeftOut]:
    by_kind: dict[str, list[Path]] = {}
    for path in files:
        by_kind.setdefault(_kind(path), []).append(path)
    yield from _of_dicom(place, by_kind.get("dicom", []), names, seen, keep_derived)
    for path in by_kind.get("nifti", []):
        name = names.take(safe(_parts(place, path)))
        yield Found(name, place.given, None, (path,), partial(nifti_volume.read, path, place.given))
    shown = by_kind.get("picture", [])
    if shown and "dicom" in by_kind:
        yield _skipped(place, shown, "pictures_beside_dicom", "pictures beside DICOM, as viewers have them")
    else:
        yield from _of_pictures(place, shown, names)
    for path in by_kind.get("zip", []):
        if place.unpacked:
            yield _skipped(place, [path], "nested_archive", "an archive in an archive; unpack it first", "refused")
        else:
            yield from _of_archive(place, path, names, seen, keep_derived)
    if left := by_kind.get("closed"):
        yield _skipped(place, left, "unreadable_file", "may not be opened; allow reading them", "refused")
    if left := by_kind.get("other"):
        yield _skipped(place, left, "other_files", "neither DICOM nor NIfTI nor pictures")


def _of_archive(
    place: _Place, path: Path, names: Names, seen: set[str], keep_derived: bool
) -> Iterator[Found | LeftOut]:
    try:
        with archives.unpacked(path) as folder:
            inside = _Place(place.given, _parts(place, path), folder, unpacked=True)
            yield from _of_files(inside, folders.files(folder), names, seen, keep_derived)
    except InputError as error:
        yield _refused(place.given, path, error)


def _of_dicom(
    place: _Place, files: list[Path], names: Names, seen: set[str], keep_derived: bool
) -> Iterator[Found | LeftOut]:
    found, left_out = series.tell_apart(files, place.given, keep_derived=keep_derived)
    yield from left_out
    for one in found:
        # An enhanced file holds many slices.
        paths = tuple(dict.fromkeys(slice_.path for slice_ in one.found))
        if one.name in seen:
            yield _skipped(place, paths, "series_again", "a series that was found before")
            continue
        seen.add(one.name)
        name = names.take(one.name)
        yield Found(name, place.given, len(one.found), paths, partial(series.read, one, place.given), one.name)


def _of_pictures(place: _Place, files: list[Path], names: Names) -> Iterator[Found]:
    by_folder: dict[Path, list[Path]] = {}
    for path in files:
        by_folder.setdefault(path.parent, []).append(path)
    for folder, inside in by_folder.items():
        inside.sort(key=lambda path: pictures.natural_key(path.name))
        single = place.given.is_file() and not place.unpacked
        name = names.take(safe(_parts(place, inside[0] if single else folder)))
        yield Found(name, place.given, len(inside), tuple(inside), partial(picture_volume.read, inside, place.given))


def _kind(path: Path) -> str:
    lower = path.name.lower()
    if lower.endswith(_NIFTI):
        return "nifti"
    if pictures.is_picture(path):
        return "picture"
    try:
        with path.open("rb") as file:
            found = untrusted.recognise(file.read(untrusted.HEAD))
    except OSError:
        return "closed"
    if found == "DICOM" or (found is None and path.suffix.lower() in dicom.SUFFIXES):
        return "dicom"
    if found == "NIfTI":
        return "nifti"
    return "zip" if found == "a zip archive" and path.suffix.lower() in (".zip", "") else "other"


def _parts(place: _Place, path: Path) -> tuple[str, ...]:
    """What a scan at `path` is called after: its path below the input without suffix, or the input itself."""
    below = path.relative_to(place.folder).parts
    if below:
        last = below[-1]
        suffix = next(
            (one for one in (".nii.gz", ".nii", ".zip", *pictures.SUFFIXES) if last.lower().endswith(one)), ""
        )
        below = (*below[:-1], last[: len(last) - len(suffix)] if path.is_file() else last)
    return (*place.prefix, *below) or (place.given.resolve().name,)


def _skipped(place: _Place, files: Sequence[Path], code: str, text: str, level: str = "skipped") -> LeftOut:
    return LeftOut(place.given, tuple(files[:3]), _outcome(len(files), code, text, level))


def _outcome(files: int, code: str, text: str, level: str = "skipped") -> Outcome:
    return Outcome(code, level, f"{files:,} file{'s' if files > 1 else ''}: {text}")


def _refused(given: Path, path: Path, error: InputError) -> LeftOut:
    return LeftOut(given, (path,), ScanError.from_error(error, path).outcome)
