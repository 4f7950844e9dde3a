"""Files made to do harm: checkpoints and stores."""

import json
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import crafted
import h5py
import numpy as np
import torch
from crafted import Crafted, archive, file

from ssinfnet.slices import store as slices

# --- checkpoints ----------------------------------------------------------------------------------------------------


class Payload:
    """Unpickled without care, it writes the file `evil` where the process runs."""

    def __reduce__(self) -> tuple:
        return (Path.write_text, (Path("evil"), "executed"))


def saved(value: object, **options: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        torch.save(value, folder / "a.pt", **options)
        return folder / "a.pt"

    return make


def safetensors(header: dict, data: bytes = bytes(16), length: int | None = None) -> Callable[[Path], Path]:
    text = json.dumps(header).encode()
    return file("a.safetensors", lambda: struct.pack("<Q", len(text) if length is None else length) + text + data)


def tensor(shape: list[int], offsets: list[int], dtype: str = "F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def claimed(size: int) -> bytes:
    """A training state whose directory states `size` bytes for a record, as if it were compressed."""
    return crafted.patched(archive(("a/data.pkl", pickle.dumps({})), ("a/byteorder", b"little")), 24, size)


BROKEN = "cannot be read as safetensors"
NAN = struct.pack("<4f", 1, np.nan, 1, 1)
CHECKPOINTS = {
    "own weights": Crafted("weights", safetensors({"a": tensor([4], [0, 16])}), None),
    "pickle as weights": Crafted("weights", file("a.safetensors", lambda: pickle.dumps(Payload())), BROKEN),
    "header too long": Crafted("weights", safetensors({}, length=2**62), BROKEN),
    "header of 90 MB": Crafted("weights", safetensors({}, length=90_000_000), BROKEN),
    "tensors overlap": Crafted("weights", safetensors({"a": tensor([4], [0, 16]), "b": tensor([4], [0, 16])}), BROKEN),
    "offsets backwards": Crafted("weights", safetensors({"a": tensor([4], [16, 0])}), BROKEN),
    "shape too large": Crafted("weights", safetensors({"a": tensor([2**40, 2**40], [0, 16])}), BROKEN),
    "unknown type": Crafted("weights", safetensors({"a": tensor([4], [0, 16], "F33")}), BROKEN),
    "weights of NaN": Crafted("weights", safetensors({"a": tensor([4], [0, 16])}, NAN), "a holds NaN"),
    "metadata no JSON": Crafted(
        "weights", safetensors({"__metadata__": {"ssinfnet": "["}, "a": tensor([4], [0, 16])}), BROKEN
    ),
    "metadata deep": Crafted(
        "weights", safetensors({"__metadata__": {"ssinfnet": "[" * 10**5}, "a": tensor([4], [0, 16])}), BROKEN
    ),
    "metadata a list": Crafted(
        "weights", safetensors({"__metadata__": {"ssinfnet": "[]"}, "a": tensor([4], [0, 16])}), "metadata"
    ),
    "own state": Crafted("state", saved({"epoch": 1, "network": {"a": torch.zeros(2)}}), None),
    "pickle as state": Crafted("state", file("a.pt", lambda: pickle.dumps(Payload())), "not a whole zip archive"),
    "payload in a state": Crafted("state", saved({"network": Payload()}), "cannot be read as a training state"),
    "state that is a list": Crafted("state", saved([1]), "holds list"),
    "state that unpacks": Crafted("state", file("a.pt", lambda: claimed(2**31)), "times its size"),
    "pickle as published": Crafted(
        "published", file("a.pt", lambda: pickle.dumps(Payload())), "cannot be read as a Py"
    ),
    "payload, old format": Crafted(
        "published", saved({"a": Payload()}, _use_new_zipfile_serialization=False), "cannot be read as a PyTorch"
    ),
}


# --- stores ---------------------------------------------------------------------------------------------------------


def store(change: Callable[[h5py.File, Path], None] = lambda file, folder: None) -> Callable[[Path], Path]:
    """A store of one slice, changed."""

    def make(folder: Path) -> Path:
        with slices.create_store(folder / "a.h5") as writer:
            writer.add("s1", group="g", origin="memory", image=np.zeros((8, 8), np.uint8))
        with h5py.File(folder / "a.h5", "r+") as opened:
            change(opened, folder)
        return folder / "a.h5"

    return make


def replaced(name: str, put: Callable[[h5py.File, Path], object]) -> Callable[[Path], Path]:
    def change(file: h5py.File, folder: Path) -> None:
        del file[name]
        put(file, folder)

    return store(change)


def image(**options: object) -> Callable[[Path], Path]:
    """A store whose image is another dataset."""
    return replaced("image/s1", lambda file, folder: file.create_dataset("image/s1", **options))


def outside(file: h5py.File, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = np.zeros((8, 8), np.uint8)
    file["image/s1"] = h5py.ExternalLink("other.h5", "x")


def virtual(file: h5py.File, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = np.zeros((8, 8), np.uint8)
    layout = h5py.VirtualLayout((8, 8), np.uint8)
    layout[:] = h5py.VirtualSource("other.h5", "x", (8, 8))
    file.create_virtual_dataset("image/s1", layout)


def circle(file: h5py.File, folder: Path) -> None:
    file["image"] = h5py.SoftLink("/image")


def repeated(file: h5py.File, folder: Path) -> None:
    for name in slices.COLUMNS:
        file[f"index/{name}"] = np.array([b"s1", b"s1"])


def endless(file: h5py.File, folder: Path) -> None:
    file.create_dataset("index/id", (2**40,), "S9", chunks=(1024,))


def index(values: list[bytes], dtype: object = "S99") -> Callable[[Path], Path]:
    return replaced("index/id", lambda file, folder: file.create_dataset("index/id", data=values, dtype=dtype))


HUGE = {"shape": (2**20, 2**20), "dtype": "u1", "chunks": (64, 64), "compression": "gzip"}


def chunk_bomb(file: h5py.File, folder: Path) -> None:
    """A chunk of 64 bytes that unpacks to 64 MB."""
    dataset = file.create_dataset("image/s1", (8, 8), "u1", chunks=(8, 8), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(2**26), 1))


GROWING = {"shape": (8, 8), "maxshape": (None, None), "dtype": "u1", "chunks": (2**16, 2**15)}
PASSWORDS = [("/etc/passwd", 0, 64)]
STORES = {
    "own store": Crafted("store", store(), None),
    "HDF5, not ours": Crafted("store", store(lambda file, folder: file.attrs.pop("format")), "not a slice store"),
    "no index": Crafted("store", store(lambda file, folder: file.pop("index")), "no column id"),
    "index of numbers": Crafted("store", index([1.0], "f8"), "no column id"),
    "index in a heap": Crafted("store", index([b"s1"], h5py.string_dtype()), "no column id"),
    "index of other length": Crafted("store", index([b"s1", b"s2"]), "damaged index"),
    "id twice": Crafted("store", replaced("index", repeated), "there twice"),
    "id with a path": Crafted("store", index([b"../../evil"]), "no slice id"),
    "id with a line break": Crafted("store", index([b"a\nb"]), "no slice id"),
    "id without array": Crafted("store", index([b"s2"]), "no image of slice s2"),
    "index of 2 ** 40 rows": Crafted("store", replaced("index/id", endless), "no column id"),
    "array of 2 ** 40 pixels": Crafted("store", image(**HUGE), "not as in a store"),
    "array of other type": Crafted("store", image(data=np.zeros((8, 8))), "not as in a store"),
    "array of other rank": Crafted("store", image(data=np.zeros(8, np.uint8)), "not as in a store"),
    "chunk that unpacks to megabytes": Crafted("store", replaced("image/s1", chunk_bomb), "more room than its values"),
    "chunk of gigabytes": Crafted("store", image(**GROWING), "no image"),
    "group for an array": Crafted("store", replaced("image/s1", lambda f, _: f.create_group("image/s1")), "no image"),
    "link to another file": Crafted("store", replaced("image/s1", outside), "no image of slice s1"),
    "bytes of another file": Crafted("store", image(shape=(8, 8), dtype="u1", external=PASSWORDS), "no image"),
    "view of another file": Crafted("store", replaced("image/s1", virtual), "no image of slice s1"),
    "links in a circle": Crafted("store", replaced("image", circle), "no image|is damaged"),
}
