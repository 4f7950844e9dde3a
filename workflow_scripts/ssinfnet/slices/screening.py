"""Which unlabelled slices a training may see: none that shows a slice that is held out.

The table has a row for each unlabelled slice: `source`, the name of its store without suffix; its `id`; `copy_of`, the
slice held out for validation or test of which it is a copy (see `copies`), or nothing where it is usable.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from ssinfnet.errors import InputError
from ssinfnet.files.tables import read_csv
from ssinfnet.slices.copies import copies_between
from ssinfnet.slices.store import SliceStore

COLUMNS = ("source", "id", "copy_of")


def screen(unlabelled: Sequence[SliceStore], labelled: SliceStore, held_out: Sequence[str]) -> pd.DataFrame:
    """The table of all slices of the `unlabelled` stores, compared with the slices `held_out` of `labelled`.

    Raises `InputError` for two stores of one name, as their slices could not be told apart.
    """
    names = [source(store) for store in unlabelled]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{twice[0]}: two stores of unlabelled slices have this name; rename one of them")
    rows = []
    for store, name in zip(unlabelled, names, strict=True):
        found = copies_between(store.ids, partial(store.read, "image"), held_out, partial(labelled.read, "image"))
        # Where a slice is held out twice, both are copies of it; the first is named.
        copy_of = {copy.one: copy.other for copy in reversed(found)}
        rows += [(name, slice_id, copy_of.get(slice_id, "")) for slice_id in store.ids]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=str)


def read_screened(path: str | Path) -> pd.DataFrame:
    """The table that `screen` made, from its CSV file; raises `InputError` for another one."""
    table = read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{path}: not a table of screened slices (columns {', '.join(COLUMNS)})")
    return table


def usable(screened: pd.DataFrame, store: SliceStore) -> list[str]:
    """The slices of `store` that show nothing held out, in the store's order.

    Raises `InputError` for a slice that was not screened, as for that nobody knows.
    """
    rows = screened[screened["source"] == source(store)]
    if unknown := [slice_id for slice_id in store.ids if slice_id not in set(rows["id"])]:
        raise InputError(f"{store.path}: slice {unknown[0]} was not screened; run screen_unlabelled.py on this store")
    copies = set(rows.loc[rows["copy_of"] != "", "id"])
    return [slice_id for slice_id in store.ids if slice_id not in copies]


def source(store: SliceStore) -> str:
    """The name of a store in the table: that of its file without suffix."""
    return store.path.stem
