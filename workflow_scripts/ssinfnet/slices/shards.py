"""Slices shared out over shards: who has which, and the stores of all shards read as one."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.slices.store import SliceStore

Item = TypeVar("Item")


def members(items: Sequence[Item], shard: int, shards: int) -> list[Item]:
    """The items of a shard: those at the positions `shard`, `shard` + `shards`, ...

    Raises `InputError` for a shard that does not exist.
    """
    if not 0 <= shard < shards:
        raise InputError(f"there is no shard {shard} of {shards}; they are numbered from 0")
    return list(items[shard::shards])


class Shards:
    """Slice stores that share out the slices; use it as a context manager."""

    def __init__(self, paths: Sequence[Path]):
        """Open all of `paths`; raises `InputError` for one that is no store, and for a slice in two of them."""
        self._stack = ExitStack()
        self._by_id: dict[str, SliceStore] = {}
        self._paths = paths
        try:
            for path in paths:
                store = self._stack.enter_context(SliceStore(path))
                for slice_id in store.ids:
                    if slice_id in self._by_id:
                        raise InputError(f"{path}: {slice_id} is in {self._by_id[slice_id].path} already")
                    self._by_id[slice_id] = store
        except InputError:
            self._stack.close()
            raise

    def read(self, array: str, slice_id: str) -> np.ndarray:
        """One array of one slice; raises `InputError` when no shard holds it."""
        if slice_id not in self._by_id:
            raise InputError(f"{self._paths[0]} and the other shards: no slice {slice_id}; give all shards of a run")
        return self._by_id[slice_id].read(array, slice_id)

    def __enter__(self) -> "Shards":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
