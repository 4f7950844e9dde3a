"""What the tests of self-training share: a teacher and slices without masks."""

import numpy as np
import pytest
from self_training import train

import train_single
from ssinfnet.slices.store import SliceStore, create_store


@pytest.fixture(scope="session")
def teacher(labelled, tmp_path_factory):
    """A single network that has learned a little."""
    folder = tmp_path_factory.mktemp("teacher")
    return train(train_single, labelled, folder, 3)


@pytest.fixture(scope="session")
def unlabelled(labelled, tmp_path_factory):
    """Two stores: ten new slices of 80 pixels and, in the second, two of the same ids and a copy of a test slice."""
    folder = tmp_path_factory.mktemp("unlabelled")
    random = np.random.default_rng(1)

    def picture():
        image = random.integers(20, 60, (80, 80))
        y, x = random.integers(4, 40, 2)
        image[y : y + 24, x : x + 24] += 150
        return image.astype(np.uint8)

    with create_store(folder / "unlabelled.h5") as store:
        for number in range(10):
            store.add(f"u{number}", group=f"p{number // 2}", origin=f"u{number}.png", image=picture())
    with create_store(folder / "patients.h5") as store, SliceStore(labelled["slices"]) as known:
        store.add("u0", group="p", origin="first", image=picture())
        store.add("copy", group="p", origin="second", image=known.read("image", "s11"))
        store.add("u1", group="p", origin="third", image=picture())
    return [folder / "unlabelled.h5", folder / "patients.h5"]
