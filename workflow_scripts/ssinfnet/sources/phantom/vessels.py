"""Pulmonary vessels of the phantom, drawn as trees; coordinates as in `phantom_anatomy`."""

import math

import cv2
import numpy as np

_BITS = 4
"""Of a pixel, in OpenCV's fixed-point coordinates."""


def draw_vessels(rng: np.random.Generator, size: int, z: float) -> np.ndarray:
    """Share of vessel in each pixel, float32 (size, size), 0 to 1: trees that branch from the hilum at height `z`, and
    vessels cut across.
    """
    return _Vessels(rng, size).draw(z)


class _Vessels:
    def __init__(self, rng: np.random.Generator, size: int):
        self._rng, self._pixel = rng, 2.0 / size
        self._canvas = np.zeros((size, size), np.uint8)

    def draw(self, z: float) -> np.ndarray:
        hilum = math.exp(-(((z - 0.52) / 0.3) ** 2))
        for side in (-1, 1):
            for direction in np.linspace(-1.2, 1.2, 6) + self._rng.normal(0, 0.15, 6):
                self._branch((side * 0.17, 0.03), direction, side, 0.017 * (0.4 + 0.6 * hilum), 0)
            self._cut_across(side, 30)
        return cv2.GaussianBlur(self._canvas, (0, 0), 0.8).astype(np.float32) / 255

    def _cut_across(self, side: int, count: int) -> None:
        distance = np.sqrt(self._rng.uniform(0.05, 0.85, count))
        angle = self._rng.uniform(-1.45, 1.45, count)
        centres = np.stack([side * (0.08 + 0.55 * distance * np.cos(angle)), 0.43 * distance * np.sin(angle)], 1)
        for centre, far in zip(centres, distance, strict=True):
            radius = self._rng.uniform(0.4, 1.0) * (0.014 - 0.010 * far)
            radius = int(radius / self._pixel * 2**_BITS)
            cv2.circle(self._canvas, self._point(centre), radius, 255, -1, cv2.LINE_AA, _BITS)

    def _branch(self, start: tuple[float, float], direction: float, side: int, width: float, depth: int) -> None:
        x, y = start
        for step in range(8 - 2 * depth):
            direction += self._rng.normal(0, 0.16)
            length = self._rng.uniform(0.03, 0.06)
            end = (x + side * length * math.cos(direction), y + 0.8 * length * math.sin(direction))
            # A vessel leaves the slice sooner or later.
            shown = self._rng.uniform() < 0.65
            thickness = width / self._pixel
            if shown and thickness > 0.35:
                grey, pixels = int(255 * min(0.8 * thickness, 1)), max(1, int(thickness))
                cv2.line(self._canvas, self._point((x, y)), self._point(end), grey, pixels, cv2.LINE_AA, _BITS)
            if depth < 2 and step > 1 and self._rng.uniform() < 0.28:
                turn = self._rng.choice((-1, 1)) * self._rng.uniform(0.4, 0.9)
                self._branch(end, direction + turn, side, width * 0.7, depth + 1)
            (x, y), width = end, width * 0.86

    def _point(self, place: tuple[float, float]) -> tuple[int, int]:
        return tuple(int((value + 1) / self._pixel * 2**_BITS) for value in place)
