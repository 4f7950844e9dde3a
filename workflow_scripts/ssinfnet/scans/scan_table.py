"""A person's table of scans to score: one input a row, and what is given with it."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ssinfnet.errors import InputError
from ssinfnet.files import folder_content, user_table
from ssinfnet.scans.names import safe

REQUIRED, OPTIONAL = ("scan",), ("name", "lobes", "compare", "earlier_scan")


@dataclass(frozen=True)
class Row:
    """A row of the table, its `number` as a spreadsheet counts.

    `scan` is an input as the command takes it; `name` what its scans are called, None for names of their own; `lobes`
    a mask, `compare` an earlier result and `earlier_scan` the DICOM that it is from, of an input with one scan.
    """

    number: int
    scan: Path
    name: str | None = None
    lobes: Path | None = None
    compare: Path | None = None
    earlier_scan: Path | None = None

    def paths(self) -> Iterator[Path]:
        """All that is read for it."""
        yield from (path for path in (self.scan, self.lobes, self.compare, self.earlier_scan) if path is not None)


def read(path: str | Path) -> list[Row]:
    """The rows of the table `path`, in any form that `user_table` reads; relative paths are from the table's folder.

    Raises `InputError` that lists every row without a scan, path that is not there, name that is none, and name that is
    there twice.
    """
    path = Path(path)
    table = user_table.read(path, REQUIRED, may_have=OPTIONAL)
    if table.empty:
        raise InputError(f"{path}: has no row; write the path of a scan into the column scan")
    rows, defects = [], []
    named: dict[str, int] = {}
    for number, scan, name, *others in table.itertuples():
        if not scan:
            defects.append(f"{path}: row {number}: no scan")
            continue
        row = Row(number, _from(path.parent, scan), name or None, *(_from(path.parent, text) for text in others))
        rows.append(row)
        if row.earlier_scan and not row.compare:
            defects.append(f"{path}: row {number}: earlier_scan is the scan of the results in compare; give both")
        for one in row.paths():
            if not one.exists():
                defects.append(f"{path}: row {number}: {one} is not there")
        if name and name != safe([name]):
            defects.append(f"{path}: row {number}: {name!r} is no name of a folder; {safe([name])!r} would be")
        elif name and (other := named.setdefault(name.casefold(), number)) != number:
            defects.append(f"{path}: row {number}: {name} is the name of row {other} too; change one of them")
    if defects:
        raise InputError.from_defects(path, defects)
    return rows


def stamp(rows: Sequence[Row]) -> str:
    """SHA-256 of rows and of names, sizes and times of all files behind them, as a thousand scans are not read for it.

    Raises `InputError` for a folder that cannot be looked into.
    """
    lines = []
    for row in rows:
        lines.append(repr(row))
        for path in row.paths():
            files = sorted(folder_content.walk(path)) if path.is_dir() else [path]
            lines += [f"{os.fsencode(file)!r} {_state(file)}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _state(file: Path) -> str:
    try:
        state = file.stat()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from None
    return f"{state.st_size} {state.st_mtime_ns}"


def _from(folder: Path, text: str) -> Path | None:
    return folder / Path(text).expanduser() if text else None
