"""The one store format: HDF5 with images, masks and probability maps of slices, keyed by slice id.

Layout of the file, attribute `format` = "ssinfnet-slices/2":

- `index/id`, `index/group`, `index/origin`: UTF-8 strings, one row per slice. A group is what must not
  be split (a volume, a patient); the origin is the file, and where needed the position in it. The strings have a fixed
  length: HDF5 keeps others in a heap without checksum, and a damaged one makes it read for ever.
- `<array>/<id>`: the arrays of a slice, each of its own shape, gzip-compressed:

| array     | dtype, shape           | values                                                       |
|-----------|------------------------|--------------------------------------------------------------|
| image     | uint8 (H, W)           | lung window, 0 to 255, patient upright                       |
| mask      | uint8 (H, W)           | 0 background, 1 GGO, 2 consolidation, 3 pleural effusion     |
| lungs     | uint8 (H, W)           | 0 or 1, the parenchyma                                       |
| infection | float16 (H, W)         | probability of infection                                     |
| classes   | float16 (3, H, W)      | probability of background, GGO, consolidation                |
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.files.atomic import atomic_path
from ssinfnet.files.sink import Sink

FORMAT = "ssinfnet-slices/2"
ARRAYS = {
    "image": (np.uint8, 2),
    "mask": (np.uint8, 2),
    "lungs": (np.uint8, 2),
    "infection": (np.float16, 2),
    "classes": (np.float16, 3),
}
COLUMNS = ("id", "group", "origin")
_SLACK = 4096
MAX_INDEX_BYTES = 256 * untrusted.MIB
MAX_VALUES = 3 * 4096 * 4096
"""Of an array: a map for each of three classes of the largest picture that `pictures` reads."""


class SliceStore:
    """A slice store opened for reading; use it as a context manager.

    `index` is a frame with the columns id, group and origin, in the order in which slices were added.
    """

    def __init__(self, path: str | Path):
        """Open `path`; raises `InputError` when it is missing or not a slice store."""
        self.path = untrusted.check(path)
        try:
            self._file = h5py.File(self.path, "r")
        except Exception as error:  # h5py raises many kinds for a damaged file
            raise InputError(f"{path}: cannot be read as a slice store ({error})") from None
        try:
            self.index = self._read_index()
        except InputError:
            self._file.close()
            raise
        except Exception as error:
            self._file.close()
            raise InputError(f"{path}: damaged index of a slice store ({error})") from None

    @property
    def ids(self) -> list[str]:
        """The slice ids, in order."""
        return list(self.index["id"])

    def has(self, array: str, slice_id: str) -> bool:
        """Whether the slice carries this array."""
        return f"{array}/{slice_id}" in self._file

    def read(self, array: str, slice_id: str) -> np.ndarray:
        """One array of one slice; raises `InputError` when the store does not hold it, or something else there."""
        try:
            dataset = _own(self._file, f"{array}/{slice_id}")
            if dataset is None:
                raise InputError(f"{self.path}: no {array} of slice {slice_id}")
            dtype, dimensions = ARRAYS[array]
            if dataset.dtype != dtype or dataset.ndim != dimensions or dataset.size > MAX_VALUES:
                raise InputError(
                    f"{self.path}: {array} of slice {slice_id} is {dataset.dtype} {dataset.shape}, not as in a store"
                )
            if dataset.id.get_storage_size() > 2 * dataset.nbytes + _SLACK:
                raise InputError(f"{self.path}: {array} of slice {slice_id} takes more room than its values")
            value = dataset[()]
        except InputError:
            raise
        except Exception as error:  # h5py raises many kinds for a damaged file
            raise InputError(f"{self.path}: {array} of slice {slice_id} is damaged ({error})") from None
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise InputError(f"{self.path}: {array} of slice {slice_id} holds NaN or infinite values")
        return value

    def _read_index(self) -> pd.DataFrame:
        if not _has_format(self._file):
            raise InputError(f"{self.path}: is HDF5, but not a slice store ({FORMAT})")
        columns = {name: _own(self._file, f"index/{name}") for name in COLUMNS}
        for name, column in columns.items():
            if column is None or column.ndim != 1 or column.dtype.kind != "S" or column.nbytes > MAX_INDEX_BYTES:
                raise InputError(f"{self.path}: damaged index of a slice store (no column {name})")
        index = pd.DataFrame({name: column.asstr()[:] for name, column in columns.items()})
        unusable = [slice_id for slice_id in index["id"] if not _is_id(slice_id)]
        if unusable or index["id"].duplicated().any():
            reason = f"{unusable[0]!r} is no slice id" if unusable else "a slice id is there twice"
            raise InputError(f"{self.path}: damaged index of a slice store ({reason})")
        return index

    def read_infection(self, slice_id: str, infection_labels: tuple[int, ...]) -> np.ndarray:
        """The binary infection mask, bool (H, W): where the class mask is one of `infection_labels`."""
        return np.isin(self.read("mask", slice_id), infection_labels)

    def close(self) -> None:
        """Close the file; reading afterwards fails."""
        self._file.close()

    def __enter__(self) -> "SliceStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SliceWriter:
    """Adds slices to a store under construction; made by `create_store`."""

    def __init__(self, file: h5py.File, sink: Sink):
        self._file = file
        self._sink = sink
        self._rows: list[tuple[str, str, str]] = []
        self._ids: set[str] = set()

    def add(self, slice_id: str, *, group: str, origin: str, **arrays: np.ndarray) -> None:
        """Add one slice with its arrays (names, dtypes and dimensions as in the module's table).

        Raises `InputError` for a duplicate or unusable id, `ValueError` for an array of another kind.
        """
        if not _is_id(slice_id):
            raise InputError(f"{origin}: {slice_id!r} cannot be a slice id")
        if not (group.isprintable() and origin.isprintable()):
            raise InputError(f"{origin}: unprintable characters in its name or in that of its group {group!r}")
        if slice_id in self._ids:
            raise InputError(f"{origin}: duplicate slice id {slice_id!r}")
        for name, value in arrays.items():
            dtype, dimensions = ARRAYS[name]
            if value.dtype != dtype or value.ndim != dimensions:
                raise ValueError(f"{name} of {slice_id} is {value.dtype} with {value.ndim} dimensions")
            self._file.create_dataset(
                f"{name}/{slice_id}", data=value, compression="gzip", compression_opts=1, shuffle=True
            )
        self._sink.check()
        self._ids.add(slice_id)
        self._rows.append((slice_id, group, origin))

    def finish(self) -> None:
        """Write the index."""
        for position, name in enumerate(COLUMNS):
            values = [row[position].encode() for row in self._rows]
            dtype = h5py.string_dtype(length=max([1, *map(len, values)]))
            self._file.create_dataset(f"index/{name}", data=np.array(values, dtype), dtype=dtype)
        self._file.attrs["format"] = np.bytes_(FORMAT)


@contextmanager
def create_store(path: str | Path) -> Iterator[SliceWriter]:
    """Write a slice store atomically: the file appears under its name once the block ends without error.

    The same slices in the same order give the same bytes.
    """
    with atomic_path(path) as temporary, Sink(temporary) as sink:
        with h5py.File(sink, "w") as file:
            writer = SliceWriter(file, sink)
            yield writer
            writer.finish()
        sink.check()


def write_derived(
    path: str | Path, store: SliceStore, array: str, values: Iterable[tuple[str, np.ndarray]], count: int
) -> None:
    """Write one array of some of `store`'s slices as a store of its own, with progress.

    `values` yields `count` pairs of slice id and array; group and origin are taken over from `store`.
    """
    rows = store.index.set_index("id")
    with create_store(path) as writer:
        for slice_id, value in tqdm(values, total=count, unit="slice", mininterval=5, file=sys.stderr):
            row = rows.loc[slice_id]
            writer.add(slice_id, group=row["group"], origin=row["origin"], **{array: value})


def _is_id(name: str) -> bool:
    """Whether a name can be that of a slice: of a dataset, and of a picture in the results."""
    return bool(name) and name.isprintable() and "/" not in name and name not in {".", ".."}


def _has_format(file: h5py.File) -> bool:
    """Whether the file says that it is a store; text of variable length is not read, see above."""
    if "format" not in file.attrs or file.attrs.get_id("format").dtype.kind != "S":
        return False
    return file.attrs["format"] == FORMAT.encode()


def _own(file: h5py.File, name: str) -> h5py.Dataset | None:
    """The dataset at a path of two parts, or None: HDF5 can refer to other files, and those are not followed."""
    folder, _, leaf = name.partition("/")
    for parent, part in ((file, folder), (file.get(folder), leaf)):
        if not isinstance(parent, h5py.Group) or not isinstance(parent.get(part, getlink=True), h5py.HardLink):
            return None
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
        return None
    # A chunk is unpacked as a whole, so it may not be larger than the array that it belongs to.
    if dataset.chunks and any(chunk > max(side, 1) for chunk, side in zip(dataset.chunks, dataset.shape, strict=True)):
        return None
    return dataset
