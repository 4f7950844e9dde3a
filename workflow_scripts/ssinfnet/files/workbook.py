"""The sheets of an .xlsx workbook, read within limits: a zip archive of XML can hide gigabytes of either."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ssinfnet.errors import InputError
from ssinfnet.files import archives, untrusted

MAX_BYTES = 16 * untrusted.MIB
"""Of all parts unpacked; openpyxl makes a hundred times as much of the smallest cells. The table of iCTCF has 1 MiB."""
MAX_PART_BYTES = 2 * untrusted.MIB
"""Of a part that is neither sheet nor text; openpyxl makes an object of a kilobyte from five bytes of a style."""
MAX_ROWS, MAX_COLUMNS = 100_000, 1_000
_CELLS = ("xl/worksheets/", "xl/sharedStrings.xml")


@contextmanager
def sheets(path: Path) -> Iterator[list[tuple[str, Iterator[list[str]]]]]:
    """Name and rows of each sheet: cells as text, empty ones as "", up to the last that is not empty.

    Numbers without a fraction are written as integers. Raises `InputError`, while rows are read too, for what is no
    workbook or too big for one.
    """
    try:
        parts = archives.inspect(path, max_bytes=MAX_BYTES)
        markup = {name: size for name, size in parts.items() if name.endswith((".xml", ".rels"))}
        heavy = [name for name, size in markup.items() if size > MAX_PART_BYTES and not name.startswith(_CELLS)]
        if heavy:
            raise InputError(f"{path}: {heavy[0]} is larger than that of any table")
    except InputError as error:
        raise _refused(path, str(error).removeprefix(f"{path}: ")) from None
    import openpyxl

    with path.open("rb") as file:  # by its name, openpyxl would judge it by the suffix
        try:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl and its XML parser raise many kinds for a damaged workbook
            raise _refused(path, error) from None
        try:
            yield [(sheet.title, _rows(path, sheet)) for sheet in workbook.worksheets]
        finally:
            workbook.close()


def _rows(path: Path, sheet: Any) -> Iterator[list[str]]:
    try:
        # What the sheet says of its own size may be wrong, and each row would be filled up to it.
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > MAX_ROWS or len(row) > MAX_COLUMNS:
                raise InputError(f"{path}: more than {MAX_ROWS:,} rows or {MAX_COLUMNS:,} columns; save it as .csv")
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            yield cells
    except InputError:
        raise
    except Exception as error:  # see above
        raise _refused(path, error) from None


def _refused(path: Path, error: Exception | str) -> InputError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return InputError(f"{path}: cannot be read as a table ({reason}); save it as .csv")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
