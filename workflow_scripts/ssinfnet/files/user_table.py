"""A table that a person keeps: CSV in any usual form, or a workbook.

Spreadsheets save a table with commas, semicolons or tabs, in UTF-8, UTF-16 or what the country had before, with a
title above it or on the second sheet. The columns that a caller needs are known by name, so the form is not guessed: it
is the one in which a row near the top holds these names. Tables of the workflow itself are read by `tables`, strictly.
"""

import csv
import io
import itertools
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files import encoding, untrusted, workbook

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm")
"""How such a file is usually named; what it is, its content decides."""
MAX_BYTES = 32 * untrusted.MIB
MAX_COLUMNS = workbook.MAX_COLUMNS
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_TOP = 10  # rows, empty ones not counted, of which one is the header
_SHOWN = 12  # names of columns in a message


class ColumnError(InputError):
    """A table that can be read but does not have the columns."""


class _Row(NamedTuple):
    number: int  # as a spreadsheet counts
    cells: list[str]


class _Sheet(NamedTuple):
    """A way to read the file: a sheet of a workbook, or text cut at a delimiter."""

    name: str
    usual: bool  # so that nothing need be said
    top: list[_Row]  # up to `_TOP` rows
    rest: Iterator[_Row]
    delimiter: str | None = None
    ended: bool = True  # by a line break
    broken: Sequence[str] = ()  # why the rest could not be read, known at its end


class _Header(NamedTuple):
    place: int  # in the top
    columns: list[int | None]  # where each of the needed ones is


def read(
    path: str | Path,
    columns: Sequence[str],
    *,
    numbers: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
    may_have: Sequence[str] = (),
) -> pd.DataFrame:
    """The `columns` of the table `path` as text without blanks around it; the index is the number of a row in the file.

    Case and blanks in the names of columns do not matter; empty rows are left out. Columns that it `may_have` follow,
    empty where it has none of the name. Those of `numbers` become float,
    with a decimal comma where semicolons part the cells. A form that is not the plain one (UTF-8, commas or a
    workbook's first sheet, header in row 1) is said on standard error. `options` says by column which option names it.

    Raises `InputError` for what is no table or can be read in two ways, and `ColumnError` with what was found.
    """
    path = Path(path)
    content = untrusted.read(path, MAX_BYTES)
    _refuse_other_formats(path, content)
    if content.startswith(b"PK"):
        with workbook.sheets(path) as sheets:
            return _pick(path, _of_workbook(sheets), columns, numbers, options or {}, "UTF-8", may_have=may_have)
    text = encoding.decode(path, content)
    sheets = _of_text(path, text.text)
    return _pick(path, sheets, columns, numbers, options or {}, text.name, sure=text.sure, may_have=may_have)


def holds(path: str | Path, fits: Callable[[str], bool]) -> bool:
    """Whether a cell of the table, on whatever sheet and whatever parts the cells, fits; raises as `read`."""
    path = Path(path)
    content = untrusted.read(path, MAX_BYTES)
    _refuse_other_formats(path, content)
    if content.startswith(b"PK"):
        with workbook.sheets(path) as sheets:
            return any(fits(_trimmed(cell)) for _, rows in sheets for row in rows for cell in row)
    cells = re.split(r"[,;\t|\r\n]", encoding.decode(path, content).text)
    return any(fits(_trimmed(cell.strip('"'))) for cell in cells)


def folded(name: str) -> str:
    """A name without what people do not mean by it: case, blanks, wide letters."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _refuse_other_formats(path: Path, content: bytes) -> None:
    found = untrusted.recognise(content[: untrusted.HEAD])
    if not content.strip():
        reason = "it is empty; is it a download that broke off?"
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        reason = "it is an old or an encrypted workbook; save it as .xlsx without a password, or as .csv"
    elif found == "a web page":
        reason = (
            "it is a web page or XML, as servers send in place of a file; fetch the table itself, or save it as .csv"
        )
    elif found not in (None, "a zip archive"):
        reason = f"it is {found}; save the table as .xlsx or .csv"
    else:
        return
    what, _, remedy = reason.partition("; ")
    raise InputError(f"{path}: cannot be read as a table ({what}); {remedy}")


def _of_workbook(sheets: Sequence[tuple[str, Iterator[list[str]]]]) -> list[_Sheet]:
    return [_sheet(f"sheet {name!r}", place == 0, rows) for place, (name, rows) in enumerate(sheets)]


def _of_text(path: Path, text: str) -> list[_Sheet]:
    if "\0" in text:
        raise InputError(f"{path}: cannot be read as a table (it has NUL characters); save it as .csv")
    ended = text.endswith(("\n", "\r"))
    result = []
    for delimiter, name in _DELIMITERS.items():
        broken: list[str] = []
        sheet = _sheet(f"cells parted by {name}", delimiter == ",", _split(text, delimiter, broken), delimiter)
        result.append(sheet._replace(broken=broken, ended=ended))
    return result


def _split(text: str, delimiter: str, broken: list[str]) -> Iterator[list[str]]:
    """The rows up to one that cannot be cut at this delimiter, for which the reason is added to `broken`."""
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        broken.append(str(error))


def _sheet(name: str, usual: bool, rows: Iterator[list[str]], delimiter: str | None = None) -> _Sheet:
    numbered = (
        _Row(number, [cell.strip("\ufeff\u200b \t\r\n\xa0") for cell in row]) for number, row in enumerate(rows, 1)
    )
    filled = (row for row in numbered if any(row.cells))
    return _Sheet(name, usual, list(itertools.islice(filled, _TOP)), filled, delimiter)


def _trimmed(cell: str) -> str:
    return cell.strip().strip("\ufeff\u200b").strip()  # marks without width, from the web and from Windows


def _pick(
    path: Path,
    sheets: list[_Sheet],
    columns: Sequence[str],
    numbers: Sequence[str],
    options: Mapping[str, str],
    encoding_name: str,
    *,
    sure: bool = True,
    may_have: Sequence[str] = (),
) -> pd.DataFrame:
    found = [(sheet, _header(path, sheet, columns)) for sheet in sheets]
    whole = [(sheet, header) for sheet, header in found if header and None not in header.columns]
    if len(whole) > 1 and whole[0][0].delimiter:  # a header of one column alone is there in any way of cutting
        whole = [max(whole, key=lambda pair: len(pair[0].top[pair[1].place].cells))]
    if not whole:
        raise ColumnError(f"{path}: {_missing(found, columns, options, encoding_name)}")
    if len(whole) > 1:
        names = " and ".join(sheet.name for sheet, _ in whole)
        raise InputError(f"{path}: {names} both have the columns {', '.join(columns)}; keep one of them in the file")
    (sheet, header), number = whole[0], whole[0][0].top[whole[0][1].place].number
    odd = [] if encoding_name == "UTF-8" else [encoding_name]
    odd += [] if sheet.usual else [sheet.name]
    odd += [] if number == 1 else [f"header in row {number}"]
    if odd:
        print(InputError(f"{path}: read as a table with {', '.join(odd)}"), file=sys.stderr)
    names = sheet.top[header.place]
    header = header._replace(columns=[*header.columns, *(_place_once(path, names, column) for column in may_have)])
    table = _cells(path, sheet, header, [*columns, *may_have])
    if not sure:
        _refuse_unknown_letters(path, table)
    for column in numbers:
        table[column] = _numbers(path, table[column], comma=sheet.delimiter == ";")
    return table


def _header(path: Path, sheet: _Sheet, columns: Sequence[str]) -> _Header | None:
    """The row of the top that has most of the columns, of those the longest, of those the first."""
    best, best_rank = None, (-1, -1)
    for place, row in enumerate(sheet.top):
        if len(row.cells) > MAX_COLUMNS:
            if sheet.usual:
                raise InputError(f"{path}: cannot be read as a table (more than {MAX_COLUMNS} columns)")
            return None
        places = [_place(row.cells, column) for column in columns]
        if None not in places:
            for column in columns:
                _place_once(path, row, column)
            return _Header(place, places)
        rank = (len(places) - places.count(None), sum(map(bool, row.cells)))
        if rank > best_rank:
            best, best_rank = _Header(place, places), rank
    return best


def _place_once(path: Path, row: _Row, column: str) -> int | None:
    """As `_place`; raises `InputError` for a column that is there twice."""
    if (place := _place(row.cells, column)) is ...:
        raise InputError(f"{path}: row {row.number} has the column {column!r} twice; rename one of them")
    return place


def _place(names: list[str], column: str) -> int | None:
    """Where a column is, spelt as it is or else without regard to case and blanks; `...` when it is there twice."""
    for spelling in (str, folded):
        places = [place for place, name in enumerate(names) if spelling(name) == spelling(column.strip())]
        if places:
            return places[0] if len(places) == 1 else ...
    return None


def _cells(path: Path, sheet: _Sheet, header: _Header, columns: Sequence[str]) -> pd.DataFrame:
    names = sheet.top[header.place]
    numbers, values, short = [], [], False
    for number, cells in itertools.chain(sheet.top[header.place + 1 :], sheet.rest):
        # In a workbook a remark beside the table moves no cell; in text it is an unquoted delimiter.
        if sheet.delimiter and any(cells[len(names.cells) :]):
            raise InputError(
                f"{path}: cannot be read as a table (row {number} has {len(cells)} cells, the header in row "
                f"{names.number} has {len(names.cells)}); put text that holds the delimiter between quotes"
            )
        numbers.append(number)
        values.append([cells[place] if place is not None and place < len(cells) else "" for place in header.columns])
        short = len(cells) < len(names.cells)
    if sheet.broken:
        raise InputError(f"{path}: cannot be read as a table ({sheet.broken[0]}); save it as .csv anew")
    if short and not sheet.ended:
        raise InputError(
            f"{path}: ends in the middle of row {numbers[-1]}; is it a download that broke off? If not, end it with a "
            "line break"
        )
    return pd.DataFrame(values, index=numbers, columns=list(columns), dtype=str)


def _missing(
    found: Sequence[tuple[_Sheet, _Header | None]], columns: Sequence[str], options: Mapping[str, str], name: str
) -> str:
    """What is missing, what there is instead, and what helps."""
    there = [(sheet, header) for sheet, header in found if header]
    if not there:
        return f"no column {columns[0]!r}; it has no cell in it"

    def rank(pair: tuple[_Sheet, _Header]) -> tuple[int, int]:
        return len(columns) - pair[1].columns.count(None), len(pair[0].top[pair[1].place].cells)

    best = max(there, key=rank)
    lacking = [column for column, place in zip(columns, best[1].columns, strict=True) if place is None]
    described = [best] if best[0].delimiter else there
    texts = [_names(sheet.top[header.place]) for sheet, header in described]
    if len(texts) > 1:
        texts = [f"{text} ({sheet.name})" for text, (sheet, _) in zip(texts, described, strict=True)]
    cut = best[0].name if len(best[0].top[best[1].place].cells) > 1 else "one cell a row"
    form = f" ({name}, {cut})" if best[0].delimiter else ""
    remedy = " and ".join(f"give its name as {options[column]}" for column in lacking if column in options)
    remedy = remedy or f"one row at the top must name the columns {', '.join(columns)}"
    return f"no column {' and no column '.join(map(repr, lacking))} among {'; '.join(texts)}{form}; {remedy}"


def _names(row: _Row) -> str:
    names = [name for name in row.cells if name]
    return ", ".join([name[:60] for name in names[:_SHOWN]] + (["..."] if len(names) > _SHOWN else []))


def _refuse_unknown_letters(path: Path, table: pd.DataFrame) -> None:
    for number, *cells in table.itertuples():
        for column, cell in zip(table.columns, cells, strict=True):
            if not cell.isascii():
                raise InputError(
                    f"{path}: row {number}: letters of {column} in an unknown encoding; save it as 'CSV UTF-8' or .xlsx"
                )


def _numbers(path: Path, texts: pd.Series, *, comma: bool) -> pd.Series:
    values = pd.to_numeric(texts.str.replace(",", ".") if comma else texts, errors="coerce")
    for number, text in texts[values.isna()].items():
        raise InputError(f"{path}: row {number}: {text!r} in column {texts.name} is not a number")
    return values.astype(float)
