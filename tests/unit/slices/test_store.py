import h5py
import numpy as np
import pytest

from ssinfnet.errors import InputError
from ssinfnet.slices import store as slices
from ssinfnet.slices.store import SliceStore


def write(path, ids=("b", "a")):
    with slices.create_store(path) as writer:
        for position, slice_id in enumerate(ids):
            image = np.full((4 + position, 5), position, dtype=np.uint8)
            writer.add(slice_id, group=f"g{position}", origin="memory", image=image, mask=np.zeros_like(image))


def test_round_trip_keeps_order_groups_and_own_sizes(tmp_path):
    write(tmp_path / "s.h5")
    with SliceStore(tmp_path / "s.h5") as store:
        assert store.ids == ["b", "a"]
        assert list(store.index["group"]) == ["g0", "g1"]
        assert store.read("image", "a").shape == (5, 5)
        assert store.read("image", "a")[0, 0] == 1
        assert store.has("mask", "a") and not store.has("lungs", "a")


def test_same_slices_give_same_bytes(tmp_path):
    write(tmp_path / "a.h5")
    write(tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_infection_unites_the_given_labels(tmp_path):
    mask = np.array([[0, 1], [2, 3]], dtype=np.uint8)
    with slices.create_store(tmp_path / "s.h5") as writer:
        writer.add("x", group="g", origin="memory", image=mask, mask=mask)
    with SliceStore(tmp_path / "s.h5") as store:
        assert store.read_infection("x", (1, 2)).tolist() == [[False, True], [True, False]]
        assert store.read_infection("x", (3,)).tolist() == [[False, False], [False, True]]


@pytest.mark.parametrize("ids", [("a", "a"), ("a/b",), ("",), ("..",)])
def test_unusable_ids_are_refused_and_nothing_is_written(tmp_path, ids):
    with pytest.raises(InputError, match="slice id"):
        write(tmp_path / "s.h5", ids)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.zeros((2, 2)), np.zeros(4, dtype=np.uint8)])
def test_arrays_of_another_kind_are_refused(tmp_path, value):
    with pytest.raises(ValueError, match="image of x"), slices.create_store(tmp_path / "s.h5") as writer:
        writer.add("x", group="g", origin="memory", image=value)


def test_what_is_not_a_store_is_named(tmp_path):
    (tmp_path / "text.h5").write_text("hello")
    with h5py.File(tmp_path / "other.h5", "w"):
        pass
    for name in ("text.h5", "other.h5", "missing.h5"):
        with pytest.raises(InputError, match=name):
            SliceStore(tmp_path / name)


def test_a_missing_array_is_named(tmp_path):
    write(tmp_path / "s.h5")
    with SliceStore(tmp_path / "s.h5") as store, pytest.raises(InputError, match="no lungs of slice a"):
        store.read("lungs", "a")


def test_derived_store_takes_over_group_and_origin(tmp_path):
    write(tmp_path / "s.h5")
    with SliceStore(tmp_path / "s.h5") as store:
        value = np.ones((5, 5), dtype=np.float16)
        slices.write_derived(tmp_path / "d.h5", store, "infection", [("a", value)], 1)
    with SliceStore(tmp_path / "d.h5") as derived:
        assert derived.index.to_dict("records") == [{"id": "a", "group": "g1", "origin": "memory"}]
        assert derived.read("infection", "a").sum() == 25
