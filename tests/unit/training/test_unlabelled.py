"""The slices of the pretext task: the training part and any number of unlabelled stores, without what is held out."""

import contextlib

import numpy as np

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
