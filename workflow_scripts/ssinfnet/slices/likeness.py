"""How alike slices are, to find out which of them may be of one patient.

The similarity of two slices is the correlation of their details at `copies.COARSE` pixels once one is laid over the
other: what `copies` asks first of a copy, which has more than .98. Slices of one scan that lie near each other have
more than others have, as heart, airways and chest wall lie alike; slices far apart in a scan have not.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ssinfnet.slices import registration
from ssinfnet.slices.copies import COARSE, Read, copies_within

NEAREST = 50
"""Slices with which each is compared: all, of so many and one; else those that are most alike unaligned."""
_STEPS = 8
_LARGEST_MOVE = 0.15  # of the side; a pair that would be moved by more is compared unaligned
_BLOCK = 2**19 // COARSE**2  # pairs at once


class Pair(NamedTuple):
    """Two slices, the first in order as `one`; their similarity, -1 to 1; `copy`: "exact", "near" or nothing."""

    one: str
    other: str
    similarity: float
    copy: str


def compare(names: Sequence[str], read: Read) -> list[Pair]:
    """The pairs among the slices `names`: copies first, then by similarity, the most similar first."""
    copies = {(copy.one, copy.other): "exact" if copy.exact else "near" for copy in copies_within(names, read)}
    details = np.stack([registration.detail(read(name), COARSE) for name in names])
    ones, others = _candidates(details)
    similar = {}
    for start in range(0, len(ones), _BLOCK):
        one, other = ones[start : start + _BLOCK], others[start : start + _BLOCK]
        for place, partner, value in zip(one, other, _similarities(details[one], details[other]), strict=True):
            similar[names[place], names[partner]] = round(float(value), 4)
    # A copy that is cut much may not be among the candidates.
    pairs = [Pair(*pair, similar.get(pair, 1.0), copies.get(pair, "")) for pair in {**copies, **similar}]
    return sorted(pairs, key=lambda pair: (not pair.copy, -pair.similarity))


def connected(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The group of each slice, called like its first slice: those of a pair share one, and so on from pair to pair.

    Raises `KeyError` for a pair with another name.
    """
    group = {name: name for name in names}
    members = {name: [name] for name in names}
    order = {name: place for place, name in enumerate(names)}
    for one, other in pairs:
        first, second = sorted((group[one], group[other]), key=order.__getitem__)
        if first != second:
            for name in members[second]:
                group[name] = first
            members[first] += members.pop(second)
    return group


def _candidates(details: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = len(details)
    if count <= NEAREST + 1:
        return np.triu_indices(count, 1)
    flat = details.reshape(count, -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    pairs = set()
    for place, values in enumerate(flat):
        nearest = np.argsort(-(flat @ values), kind="stable")[: NEAREST + 1]
        pairs |= {(min(place, int(other)), max(place, int(other))) for other in nearest if other != place}
    ones, others = zip(*sorted(pairs), strict=True)
    return np.array(ones), np.array(others)


def _similarities(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    start = np.tile(registration.STILL, (len(ones), 1))
    moved, moves = registration.lay_over(ones, others, start, _STEPS)
    far = registration.largest_change(moves) > _LARGEST_MOVE
    moved[far] = others[far]
    margin = COARSE // 16
    inside = np.s_[:, margin:-margin, margin:-margin]
    return registration.correlations(ones[inside], moved[inside])
