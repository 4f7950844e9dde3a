"""Copies: pictures that show one and the same slice, to the pixel or nearly so.

A near copy was saved anew: as JPEG, with other greys, cropped by some pixels, or at another size. The next slice of a
scan is none, however alike: where the slices of a fine scan lie .991 near each other once they are laid over each
other, a copy has more than .998 (at `_FINE` pixels: .977 and .991). So a copy is told in three steps: the same pixels;
else the three most similar slices at `_COARSE` pixels; of these, those that are the same once shift and scale are
taken out, as a whole and in each part that shows something.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import cv2
import numpy as np

Read = Callable[[str], np.ndarray]
"""The picture of a name, uint8 (H, W)."""

_COARSE, _MEDIUM, _FINE = 48, 64, 192
_ALIKE = 0.5  # correlation at _COARSE pixels, unaligned: a crop by 2 % of the side still has it
_NEAREST = 3
_SAME, _SAME_PARTS = 0.985, 0.965
_LARGEST_MOVE = 0.08  # of the side, in shift and in scale
_SMALLEST_SIDE = 32  # of a picture that is more than an icon
_KEPT = 64  # pictures, as slices of one scan are compared with each other one after the other


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
    """What is kept of all pictures: names by content, and a coarse picture of each (zero: nothing to be seen)."""

    def __init__(self, names: Sequence[str], read: Read):
        self.names = list(names)
        self.by_content: dict[bytes, list[int]] = {}
        self.coarse = np.zeros((len(self.names), _COARSE**2), np.float32)
        for place, name in enumerate(self.names):
            image = read(name)
            if image.min() == image.max():
                continue
            content = repr(image.shape).encode() + np.ascontiguousarray(image).tobytes()
            self.by_content.setdefault(hashlib.blake2b(content).digest(), []).append(place)
            if min(image.shape) >= _SMALLEST_SIDE:
                self.coarse[place] = _unit(_detail(image, _COARSE)).ravel()
        shown = lru_cache(_KEPT)(lambda place: read(self.names[place]))
        self.detail = lru_cache(2 * _KEPT)(lambda place, size: _detail(shown(place), size))


def _compare(prints: _Prints, others: _Prints) -> list[Copy]:
    found: dict[tuple[int, int], bool] = {}
    for content, places in prints.by_content.items():
        twins = others.by_content.get(content, [])
        found |= dict.fromkeys(((place, twin) for place in places for twin in twins), True)
    if prints is others:
        found = {pair: True for pair in found if pair[0] < pair[1]}
    for pair in _candidates(prints, others):
        if pair not in found and _is_copy(partial(prints.detail, pair[0]), partial(others.detail, pair[1])):
            found[pair] = False
    return [Copy(prints.names[one], others.names[other], found[one, other]) for one, other in sorted(found)]


def _candidates(prints: _Prints, others: _Prints, block: int = 512) -> Iterator[tuple[int, int]]:
    """Pairs of places: the `_NEAREST` others of each that are alike at all."""
    pairs = set()
    for start in range(0, len(prints.names), block):
        alike = prints.coarse[start : start + block] @ others.coarse.T
        if prints is others:
            alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -1
        nearest = np.argsort(-alike, axis=1, kind="stable")[:, :_NEAREST]
        for row, column in zip(*np.nonzero(np.take_along_axis(alike, nearest, axis=1) > _ALIKE), strict=True):
            pair = (start + int(row), int(nearest[row, column]))
            pairs.add(tuple(sorted(pair)) if prints is others else pair)
    return iter(sorted(pairs))


def _is_copy(one: Callable[[int], np.ndarray], other: Callable[[int], np.ndarray]) -> bool:
    """Whether two pictures, given by their `_detail` at a size, are the same once the second is laid over the first."""
    move = np.array([0.0, 0, 1, 1])  # shift in x and y in shares of the side, scale in x and y
    for size, steps in ((_MEDIUM, 3), (_FINE, 2)):
        still, image = one(size), other(size)
        for _ in range(steps):
            move += _correction(still, _moved(image, move)) / size
            if np.abs(move - (0, 0, 1, 1)).max() > _LARGEST_MOVE:
                return False
        inside = np.s_[size // 16 : -(size // 16), size // 16 : -(size // 16)]
        first, second = still[inside], _moved(image, move)[inside]
        if _correlation(first, second) < _SAME:
            return False
    parts = list(zip(_tiles(first), _tiles(second), strict=True))
    return all(_correlation(*part) >= _SAME_PARTS for part in parts if part[0].std() > first.std() / 3)


def _detail(image: np.ndarray, size: int) -> np.ndarray:
    """The picture at `size` pixels without slow changes of grey, and smooth enough to be moved by part of a pixel."""
    shrinks = min(image.shape) >= 2 * size
    double = cv2.resize(image, (2 * size, 2 * size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    smooth = cv2.resize(
        cv2.GaussianBlur(double.astype(np.float32), (0, 0), 2), (size, size), interpolation=cv2.INTER_AREA
    )
    return smooth - cv2.GaussianBlur(smooth, (0, 0), 4)


def _moved(image: np.ndarray, move: np.ndarray) -> np.ndarray:
    size = len(image)
    shift, scale = move[:2] * size, move[2:]
    matrix = np.column_stack([np.diag(scale), (1 - scale) * (size - 1) / 2 + shift])
    return cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )


def _correction(image: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """A step of Lucas and Kanade: by how much more to move, in pixels (scales: pixels at the two borders together)."""
    place = (np.arange(len(image), dtype=np.float32) + 0.5) / len(image) - 0.5
    x = cv2.Sobel(moved, cv2.CV_32F, 1, 0, ksize=1) / 2
    y = cv2.Sobel(moved, cv2.CV_32F, 0, 1, ksize=1) / 2
    gain = (image * moved).sum() / max(float((moved * moved).sum()), 1e-6)
    slopes = gain * np.stack([x, y, x * place, y * place[:, None]]).reshape(4, -1)
    return np.linalg.lstsq(slopes @ slopes.T, slopes @ (image - gain * moved).ravel(), rcond=1e-6)[0]


def _tiles(image: np.ndarray, count: int = 4) -> list[np.ndarray]:
    return [tile for rows in np.array_split(image, count) for tile in np.array_split(rows, count, axis=1)]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float((_unit(one) * _unit(other)).sum())


def _unit(image: np.ndarray) -> np.ndarray:
    centred = image - image.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-6)
