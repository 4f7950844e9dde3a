"""The slices of the pretext task: the training part and any number of unlabelled stores, without what is held out."""

import contextlib

import numpy as np
import pytest
import torch

from ssinfnet.errors import InputError
from ssinfnet.slices.screening import screen
from ssinfnet.slices.store import SliceStore, create_store
from ssinfnet.training.unlabelled import load_slices


def test_several_unlabelled_stores_are_joined_and_held_out_slices_are_not(tmp_path, capsys):
    greys = {"labelled": [10, 20, 30], "folder": [40, 30, 50], "patients": [60, 10]}  # 30 is held out, 10 is not
    for name, values in greys.items():
        with create_store(tmp_path / f"{name}.h5") as store:
            for grey in values:
                image = np.random.default_rng(grey).integers(0, 256, (64, 64)).astype(np.uint8)
                image[0, 0] = grey
                store.add(f"s{grey}", group="g", origin="test", image=image)
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(SliceStore(tmp_path / f"{name}.h5")) for name in greys]
        screened = screen(stores[1:], stores[0], ["s30"])
        slices = load_slices(stores[0], ["s10", "s20"], 64, stores[1:], screened)
        alone = load_slices(stores[0], ["s10", "s20"], 64)
    assert slices.images[:, 0, 0, 0].tolist() == [10, 20, 40, 50, 60, 10]
    assert alone.images[:, 0, 0, 0].tolist() == [10, 20]
    lines = capsys.readouterr().err
    assert "folder.h5: 2 of 3 unlabelled" in lines and "patients.h5: 2 of 2 unlabelled" in lines


def test_unlabelled_slices_are_brought_to_the_window_of_the_training_part_alone(tmp_path, capsys):
    random = np.random.default_rng(0)

    def slice_of(lung, tissue):
        image = random.normal(tissue, 3, (64, 64))
        image[16:48, 8:56] = random.normal(lung, 3, (32, 48))
        return image.round().astype(np.uint8)

    with create_store(tmp_path / "labelled.h5") as store:
        for name, peaks in {"train": (40, 210), "test": (90, 250)}.items():
            store.add(name, group=name, origin="test", image=slice_of(*peaks))
    with create_store(tmp_path / "unlabelled.h5") as store:
        for number in range(2):
            store.add(str(number), group=str(number), origin="test", image=slice_of(15, 100))
    with SliceStore(tmp_path / "labelled.h5") as labelled, SliceStore(tmp_path / "unlabelled.h5") as unlabelled:
        screened = screen([unlabelled], labelled, ["test"])
        kept = load_slices(labelled, ["train"], 64, [unlabelled], screened).images
        matched = load_slices(labelled, ["train"], 64, [unlabelled], screened, window="match").images
    assert torch.equal(kept[0], matched[0])
    lungs, tissue = matched[1:, 0, 20:44, 12:52].double(), matched[1:, 0, :12].double()
    assert lungs.median().item() == pytest.approx(40, abs=4) and tissue.median().item() == pytest.approx(210, abs=4)
    assert "2 of 2 slices brought to lung at grey" in capsys.readouterr().err


def test_training_slices_without_peaks_cannot_be_matched(tmp_path):
    with create_store(tmp_path / "flat.h5") as store:
        for name in "ab":
            store.add(name, group=name, origin="test", image=np.full((64, 64), 7 + ord(name), np.uint8))
    with SliceStore(tmp_path / "flat.h5") as flat, pytest.raises(InputError, match=r"set unlabelled\.window to keep"):
        load_slices(flat, ["a"], 64, [flat], screen([flat], flat, []), window="match")
