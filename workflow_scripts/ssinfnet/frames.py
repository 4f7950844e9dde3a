"""Tables that one stage writes, or a person keeps, and another reads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ssinfnet.errors import InputError


def read_table(
    path: Path, columns: Sequence[str], *, remedy: str = "run the stage that writes it again", **options: Any
) -> pd.DataFrame:
    """The CSV `path`, read by pandas with `options`; it may have more than `columns`.

    Raises `InputError` for what cannot be read, and for a missing column, with the `remedy`.
    """
    try:
        table = pd.read_csv(path, **options)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from None
    if missing := [column for column in columns if column not in table]:
        raise InputError(f"{path}: no column {missing[0]}; {remedy}")
    return table


def text(value: Any) -> str:
    """A number as the tables of results print it, six significant digits; empty for None."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
