"""Pairs of slices are ordered by how alike they are, and joined to groups."""

import numpy as np
import pytest
from alike import COPIES, scan

from ssinfnet.slices import likeness


def test_copies_come_first_then_neighbours_then_others():
    near, other = scan(0, 3, step=1), scan(1)
    images = {"other": other[0], "c": near[2], "a": near[0], "b": near[1], "again": near[1]}
    images["cut"] = COPIES["cropped around"](near[0])
    pairs = likeness.compare(list(images), images.get)
    assert [(pair.one, pair.other, pair.copy) for pair in pairs[:2]] == [("b", "again", "exact"), ("a", "cut", "near")]
    scores = {frozenset(pair[:2]): pair.similarity for pair in pairs}
    assert len(scores) == 15
    assert scores[frozenset("ab")] > scores[frozenset("ac")] > scores[frozenset(("a", "other"))]


def test_of_many_slices_only_the_nearest_are_compared(monkeypatch):
    images = {f"{seed}{number}": image for seed in range(3) for number, image in enumerate(scan(seed, 2, step=1))}
    monkeypatch.setattr(likeness, "NEAREST", 1)
    pairs = likeness.compare(list(images), images.get)
    assert {pair[:2] for pair in pairs if pair.similarity > 0.9} == {("00", "01"), ("10", "11"), ("20", "21")}
    assert len(pairs) < 15


def test_slices_that_show_nothing_are_not_alike():
    images = {"a": np.zeros((64, 64), np.uint8), "b": np.full((64, 64), 9, np.uint8), "c": scan(0)[0]}
    assert [pair.similarity for pair in likeness.compare(list(images), images.get)] == [0, 0, 0]
    assert likeness.compare(["a"], images.get) == []


def test_pairs_connect_groups_named_after_their_first_slice():
    assert likeness.connected("abcdef", [("e", "b"), ("c", "e"), ("f", "d")]) == dict(
        zip("abcdef", "abbdbd", strict=True)
    )
    with pytest.raises(KeyError):
        likeness.connected("ab", [("a", "x")])
