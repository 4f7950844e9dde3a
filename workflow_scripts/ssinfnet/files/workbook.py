"""The first sheet of an .xlsx workbook, read within limits: a zip archive of XML can hide gigabytes of either."""

from collections.abc import Iterator
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


def read_rows(path: Path) -> Iterator[list[str]]:
    """The rows of the first sheet as text, empty cells as "", up to the last that is not empty.

    Numbers without a fraction are written as integers. Raises `InputError` for what is no workbook or too big for one.
    """
    try:
        parts = archives.inspect(path, max_bytes=MAX_BYTES)
        markup = {name: size for name, size in parts.items() if name.endswith((".xml", ".rels"))}
        heavy = [name for name, size in markup.items() if size > MAX_PART_BYTES and not name.startswith(_CELLS)]
        if heavy:
            raise InputError(f"{path}: {heavy[0]} is larger than that of any table")
    except InputError as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise InputError(f"{path}: cannot be read as a table ({reason}); save it as .csv") from None
    try:
        yield from _rows(path)
    except InputError:
        raise
    except Exception as error:  # openpyxl and its XML parser raise many kinds for a damaged workbook
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: cannot be read as a table ({reason}); save it as .csv") from None


def _rows(path: Path) -> Iterator[list[str]]:
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        sheet = workbook.worksheets[0]
        # What the sheet says of its own size may be wrong, and each row would be filled up to it.
        sheet.reset_dimensions()
        empty = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > MAX_ROWS or len(row) > MAX_COLUMNS:
                raise InputError(f"{path}: more than {MAX_ROWS:,} rows or {MAX_COLUMNS:,} columns; save it as .csv")
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                empty += 1
                continue
            yield from ([] for _ in range(empty))
            empty = 0
            yield cells
    finally:
        workbook.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
