"""Copies: pictures that show one and the same slice, to the pixel or nearly so.

A near copy was saved anew: as JPEG, with other greys, cropped by some pixels, or at another size. The next slice of a
scan is none, however alike: laid over each other, slices of a fine scan are up to .976 near each other at `_FINE`
pixels, and copies more than .987. So a copy is told in three steps: the same pixels; else the three most similar slices
at `COARSE` pixels; of these, those that are the same once shift and scale are taken out, as a whole and in each part
that shows something. A smaller size shows less of what differs, so what differs there is not compared at a larger one.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ssinfnet.slices import registration

Read = Callable[[str], np.ndarray]
"""The picture of a name, uint8 (H, W)."""

COARSE, _MEDIUM, _FINE = 48, 112, 192
_LEVELS = ((COARSE, 4, 0.98), (_MEDIUM, 2, 0.985), (_FINE, 2, 0.985))
"""Pixels, steps of registration, least correlation. Most pairs end at the medium size, before the costly fine one."""
_ALIKE = 0.5  # correlation at COARSE pixels, unaligned: a crop by 2 % of the side still has it
_NEAREST = 3
_SAME_PARTS = 0.965  # at _FINE pixels
_LARGEST_MOVE = 0.08  # of the side, in shift and in scale
_SMALLEST_SIDE = 32  # of a picture that is more than an icon
_KEPT_BYTES = 128 * 2**20  # of pictures that need not be read a second time
_RECENT = 64  # of other pictures, as slices of one scan are compared with each other one after the other
_BLOCK = 2**19  # pixels in all pairs that are compared at once


class Copy(NamedTuple):
    """Two names whose pictures are copies, and whether they are so to the pixel."""

    one: str
    other: str
    exact: bool


def copies_within(names: Sequence[str], read: Read) -> list[Copy]:
    """The copies among the pictures `names`, in their order; a picture with one grey value is no copy of another."""
    prints = _Prints(names, read)
    return _compare(prints, prints)


def copies_between(names: Sequence[str], read: Read, others: Sequence[str], read_other: Read) -> list[Copy]:
    """The copies that have `one` among `names` and the `other` among `others`."""
    return _compare(_Prints(names, read), _Prints(others, read_other))


class _Prints:
    """What is kept of all pictures: names by content, and small pictures of each (zero: nothing to be seen)."""

    def __init__(self, names: Sequence[str], read: Read):
        self.names = list(names)
        self.by_content: dict[bytes, list[int]] = {}
        self.coarse = np.zeros((len(self.names), COARSE**2), np.float32)
        self._read, self._kept, room = read, {}, _KEPT_BYTES
        for place, name in enumerate(self.names):
            image = read(name)
            if image.min() == image.max():
                continue
            content = hashlib.blake2b(np.ascontiguousarray(image), key=repr(image.shape).encode())
            self.by_content.setdefault(content.digest(), []).append(place)
            if min(image.shape) >= _SMALLEST_SIDE:
                self.coarse[place] = _unit(registration.detail(image, COARSE).ravel())
                if image.nbytes <= room:
                    room -= image.nbytes
                    self._kept[place] = image
        self._recent = lru_cache(_RECENT)(lambda place: self._read(self.names[place]))
        self.detail = lru_cache(2 * _RECENT)(self._detail)

    def _detail(self, place: int, size: int) -> np.ndarray:
        if size == COARSE:
            return self.coarse[place].reshape(size, size)
        return registration.detail(self._kept[place] if place in self._kept else self._recent(place), size)


def _compare(prints: _Prints, others: _Prints) -> list[Copy]:
    found: dict[tuple[int, int], bool] = {}
    for content, places in prints.by_content.items():
        twins = others.by_content.get(content, [])
        found |= dict.fromkeys(((place, twin) for place in places for twin in twins), True)
    if prints is others:
        found = {pair: True for pair in found if pair[0] < pair[1]}
    pairs = [pair for pair in _candidates(prints, others) if pair not in found]
    found |= dict.fromkeys(_near_copies(prints, others, pairs), False)
    return [Copy(prints.names[one], others.names[other], found[one, other]) for one, other in sorted(found)]


def _candidates(prints: _Prints, others: _Prints, block: int = 512) -> Iterator[tuple[int, int]]:
    """Pairs of places: the `_NEAREST` others of each that are alike at all."""
    pairs = set()
    for start in range(0, len(prints.names), block):
        alike = prints.coarse[start : start + block] @ others.coarse.T
        if prints is others:
            alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -1
        rows = np.arange(len(alike))
        for _ in range(min(_NEAREST, alike.shape[1])):  # the first of several that are equally near
            nearest = alike.argmax(axis=1)
            for row in np.flatnonzero(alike[rows, nearest] > _ALIKE):
                pair = (start + int(row), int(nearest[row]))
                pairs.add(tuple(sorted(pair)) if prints is others else pair)
            alike[rows, nearest] = -1
    return iter(sorted(pairs))


def _near_copies(prints: _Prints, others: _Prints, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the pairs of places whose pictures are the same once the second is laid over the first."""
    moves = dict.fromkeys(pairs, registration.STILL)
    for size, steps, least in _LEVELS:
        waiting, moves, block = moves, {}, max(1, _BLOCK // size**2)
        for start in range(0, len(waiting), block):
            chosen = list(waiting)[start : start + block]
            still = np.stack([prints.detail(one, size) for one, _ in chosen])
            images = np.stack([others.detail(other, size) for _, other in chosen])
            before = np.array([waiting[pair] for pair in chosen])
            moved, after = registration.lay_over(still, images, before, steps)
            same = registration.largest_change(after) <= _LARGEST_MOVE
            same &= _are_same(still, moved, least, in_parts=size == _FINE)
            moves |= {pair: tuple(move) for pair, move, kept in zip(chosen, after, same, strict=True) if kept}
    return list(moves)


def _are_same(ones: np.ndarray, others: np.ndarray, least: float, *, in_parts: bool) -> np.ndarray:
    """Which of N pairs are the same within a margin, bool (N,); `in_parts`: in each part that shows something, too."""
    margin = ones.shape[-1] // 16
    ones, others = (pictures[:, margin:-margin, margin:-margin] for pictures in (ones, others))
    same = registration.correlations(ones, others) >= least
    for place in np.flatnonzero(same) if in_parts else ():
        parts = zip(_tiles(ones[place]), _tiles(others[place]), strict=True)
        shown = [(one, other) for one, other in parts if one.std() > ones[place].std() / 3]
        same[place] = all(registration.correlations(one[None], other[None])[0] >= _SAME_PARTS for one, other in shown)
    return same


def _tiles(image: np.ndarray, count: int = 4) -> list[np.ndarray]:
    return [tile for rows in np.array_split(image, count) for tile in np.array_split(rows, count, axis=1)]


def _unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-6)
