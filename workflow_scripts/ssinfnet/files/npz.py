"""Arrays in NumPy's .npz archives, unpacked only once they are known to be what is expected."""

import math
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from ssinfnet.errors import InputError
from ssinfnet.files import archives, untrusted

_HEADER = 64 * 1024
_RATIO = 1_100
"""Deflate packs constant data 1,032 times; how much that may be is said by the expected shape."""
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_floats(path: str | Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array `name` of an archive, floats of 2, 4 or 8 bytes in this `shape`; nothing is unpickled.

    Raises `InputError` for what is no such archive, for an array of another kind or shape, and for NaN.
    """
    limit = 8 * math.prod(shape) + _HEADER
    sizes = archives.inspect(path, max_files=16, max_bytes=16 * limit, max_ratio=_RATIO)
    entry = f"{name}.npy"
    if entry not in sizes:
        raise InputError(f"{path}: no array {name}, but {', '.join(sizes) or 'nothing'}")
    if sizes[entry] > limit:
        raise InputError(f"{path}: {name} has {sizes[entry]:,} bytes, more than an array of the shape {shape}")
    try:
        with zipfile.ZipFile(untrusted.check(path)) as archive, archive.open(entry) as file:
            version = npy.read_magic(file)
            if version not in _READERS:
                raise InputError(f"{path}: {name} is of version {version} of NumPy's format; save it again")
            found, fortran, dtype = _READERS[version](file)
            if dtype.kind != "f" or dtype.itemsize > 8:
                raise InputError(f"{path}: {name} holds {dtype}, where floats are expected")
            if found != shape:
                raise InputError(f"{path}: {name} has the shape {found}, where {shape} is expected")
            content = file.read()
            values = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    except InputError:
        raise
    except Exception as error:  # zipfile and NumPy raise many kinds for a damaged file
        raise InputError(f"{path}: damaged or no NumPy archive ({error})") from None
    if np.isnan(values).any():
        raise InputError(f"{path}: {name} holds NaN")
    return values
