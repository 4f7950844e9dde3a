"""Tables that one stage writes, or a person keeps, and another reads."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted

MAX_BYTES = 256 * untrusted.MIB
"""The manifest of all of iCTCF, a line for each of some hundred thousand pictures, has a third of it."""
MAX_COLUMNS = 1_000


def read_csv(path: str | Path, **options: Any) -> pd.DataFrame:
    """The CSV `path`, read by pandas with `options`; raises `InputError` for what cannot be read as a table."""
    content = untrusted.read(path, MAX_BYTES)
    # A column costs pandas a thousand times its byte of the file.
    if max((line.count(b",") for line in io.BytesIO(content)), default=0) >= MAX_COLUMNS:
        raise InputError(f"{path}: cannot be read as a table (more than {MAX_COLUMNS} columns)")
    try:
        # Without index_col=False, a row longer than the first one shifts all columns.
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            return pd.read_csv(io.BytesIO(content), index_col=False, **options)
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from None


def read_table(
    path: Path,
    columns: Sequence[str],
    *,
    numbers: Sequence[str] = (),
    remedy: str = "run the stage that writes it again",
    **options: Any,
) -> pd.DataFrame:
    """As `read_csv`; the table may have more than `columns`.

    Raises `InputError` also for a missing column, with the `remedy`, and for text in one that is listed in `numbers`.
    """
    table = read_csv(path, **options)
    if missing := [column for column in columns if column not in table]:
        raise InputError(f"{path}: no column {missing[0]}; {remedy}")
    for column in numbers:
        if not pd.api.types.is_numeric_dtype(table[column]):
            wrong = table[column][pd.to_numeric(table[column], errors="coerce").isna()]
            example = repr(str(next(iter(wrong), "")))
            raise InputError(f"{path}: {example} in column {column} is not a number; {remedy}")
    return table
