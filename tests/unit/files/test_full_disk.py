"""A full disk is one clear error for every kind of file, and what was there before stays."""

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from small_disk import CannotMountError, mounted

from ssinfnet.errors import InputError
from ssinfnet.figures import contact_sheet, style
from ssinfnet.files.atomic import write_text
from ssinfnet.files.json_file import write_json
from ssinfnet.inference import weights
from ssinfnet.slices import store as slices
from ssinfnet.training import state

MEGABYTE = 1 << 20
NOISE = np.random.default_rng(0).integers(0, 256, (1200, 1200), dtype=np.uint8)  # which no format makes smaller


def noisy_figure() -> Figure:
    figure = Figure(figsize=(12, 12))
    figure.figimage(NOISE)
    return figure


def write_store(path):
    with slices.create_store(path) as store:
        for number in range(4):
            store.add(f"s{number}", group="g", origin="o", image=NOISE)


def write_small_store(path):
    """Fits into HDF5's buffers, so that it is written when the file is closed."""
    with slices.create_store(path) as store:
        store.add("s", group="g", origin="o", image=NOISE[:200])


WRITERS = {
    "text": lambda path: write_text(path, "x" * MEGABYTE),
    "json": lambda path: write_json(path, ["x" * MEGABYTE]),
    "table": lambda path: write_text(path, pd.DataFrame(NOISE).to_csv()),
    "store": write_store,
    "small store": write_small_store,
    "weights": lambda path: weights.save_weights(path, {"a": torch.from_numpy(NOISE)}, {}),
    "state": lambda path: state.save_state(path, {"a": torch.from_numpy(NOISE)}),
    "figure": lambda path: style.save(noisy_figure(), path),
    "contact sheet": lambda path: contact_sheet.save(path, "noise", [(NOISE, np.ones_like(NOISE), ["noise"])] * 40),
}
SUFFIXES = {"figure": ".png", "contact sheet": ".png", "weights": ".safetensors"}


@pytest.fixture
def full_disk(tmp_path):
    try:
        with mounted(tmp_path, 4 * MEGABYTE) as disk:
            yield disk
    except CannotMountError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_one_clear_error_and_leaves_what_was_there(full_disk, kind):
    path = full_disk.folder / f"result{SUFFIXES.get(kind, '')}"
    path.write_bytes(b"before")
    full_disk.leave(16 * 1024)
    with pytest.raises(InputError) as raised:
        WRITERS[kind](path)
    assert str(raised.value).startswith(f"{path}: no space left on the disk")
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == b"before"
    assert list(full_disk.folder.iterdir()) == [path]

    full_disk.leave(100 * MEGABYTE)
    WRITERS[kind](path)
    assert path.read_bytes() != b"before"
    assert list(full_disk.folder.iterdir()) == [path]


def test_another_failure_of_a_write_is_not_taken_for_a_full_disk(tmp_path):
    (tmp_path / "a").write_text("a file, no folder")
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "a" / "b", "")
