"""Chest-like CT slices, computed: body, lungs, heart, spine, ribs, vessels, noise, and lesions with their labels.

Everything is an implicit function on the plane of the slice: x from -1 (patient's right) to 1 (left), y from -1
(anterior) to 1 (posterior), and z from 0 (apex) to 1 (base of the lungs). A function is positive inside, about in units
of length, so that dividing by the pixel gives smooth edges. Lengths are fractions of half the field of view of 360 mm.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from ssinfnet.sources.phantom.vessels import draw_vessels

FIELD_OF_VIEW_MM = 360.0
OUTSIDE_HU = -1500.0
AIR, FAT, SOFT, BLOOD, BONE = -1000.0, -105.0, 45.0, 50.0, 550.0
CAVITY = (0.68, 0.47)
"""Half-axes of the thoracic cavity where it is widest."""


@dataclass(frozen=True)
class Lesion:
    """A flattened ellipsoid along the pleura; `dense` is the share of its core that is consolidated, 0 to 1.

    `angle` is its place on the wall, radians clockwise from the patient's left in the picture, `depth` the distance
    from the pleura as a share of the cavity's radius, `radii` are along the wall, across it, and along z.
    """

    angle: float
    depth: float
    z: float
    radii: tuple[float, float, float]
    dense: float
    shift: int

    @property
    def volume(self) -> float:
        """Its volume if it lay all within a lung."""
        return 4 / 3 * np.pi * float(np.prod(self.radii))


LUNG_VOLUME = 0.52
"""Of both lungs, in the same units, as measured on healthy subjects."""


@dataclass(frozen=True)
class Slice:
    """One rendered slice: `hounsfield` float32 (H, W), `mask` and `lungs` uint8 (H, W)."""

    hounsfield: np.ndarray
    mask: np.ndarray
    lungs: np.ndarray


@dataclass
class Subject:
    """One phantom patient: individual anatomy and lesions. Rendering draws from `rng`, in the order of calls."""

    rng: np.random.Generator
    size: int
    lesions: list[Lesion] = field(default_factory=list)
    effusion: float = 0.0
    round_field: bool = True

    def __post_init__(self):
        """Draw the individual anatomy."""
        rng = self.rng
        # Small slices are drawn at twice their size, so that vessels and edges keep their partial volume.
        self._canvas = self.size if self.size > 256 else 2 * self.size
        self._pixel = 2.0 / self._canvas
        axis = ((np.arange(self._canvas) + 0.5) * self._pixel - 1).astype(np.float32)
        x, y = np.meshgrid(axis, axis)
        self._radius = np.hypot(x, y)
        self._table = 0.010 - abs(y - 0.80 + 0.06 * x**2)
        turn, scale = rng.normal(0, 0.03), rng.uniform(0.97, 1.08)
        dx, dy = rng.normal(0, 0.015), rng.normal(0, 0.015)
        x, y = (x - dx) * scale, (y - dy) * scale
        x, y = _turn(x, y, -turn)
        self.x = x + 0.02 * _noise(rng, self._canvas, 5)
        self.y = y + 0.02 * _noise(rng, self._canvas, 5)
        self._fine, self._coarse = _noise(rng, self._canvas, 40), _noise(rng, self._canvas, 14)
        self._body = (rng.uniform(0.84, 0.9), rng.uniform(0.60, 0.66))
        self._fat = rng.uniform(0.035, 0.085)
        self._heart = rng.uniform(0.9, 1.12)
        self._lung_hu = rng.normal(-850, 15)
        self._rib_phase = rng.uniform(0, 1)
        self._noise_hu = rng.uniform(18, 32)

    def render(self, z: float) -> Slice:
        """The slice at height `z`, 0 to 1."""
        lungs = self._lungs(z)
        hu = self._chest(z)
        parenchyma = self._lung_hu + 70 * self.y + 18 * self._fine + 12 * self._coarse
        opacity, dense = self._opacities(z)
        parenchyma += opacity * (350 + 90 * self._fine + 40 * self._coarse)
        vessels = draw_vessels(self.rng, self._canvas, z)
        parenchyma += vessels * np.maximum(SOFT - parenchyma, 0)
        # Air-filled bronchi stay dark within consolidated lung.
        parenchyma += dense * (np.where(self._fine > 1.7, np.float32(-600), 25 + 15 * self._coarse) - parenchyma)
        fluid = self._fluid(z) * lungs
        hu += lungs * (parenchyma - hu)
        hu += fluid * (8 - hu)
        for centre, radius in self._airways(z):
            hu = self._paint(hu, radius + 0.012 - np.hypot(self.x - centre[0], self.y - centre[1]), 10)
            hu = self._paint(hu, radius - np.hypot(self.x - centre[0], self.y - centre[1]), AIR)
        shown = [self._shrink(array) for array in (hu, lungs - fluid, lungs * opacity, lungs * dense, fluid)]
        return self._finish(*shown)

    def _finish(self, hu: np.ndarray, lungs: np.ndarray, opacity: np.ndarray, dense: np.ndarray, fluid: np.ndarray):
        """Add scanner noise, and turn shares of a pixel into labels."""
        grain = self.rng.standard_normal(hu.shape).astype(np.float32)
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6)
        hu = cv2.GaussianBlur(hu, (0, 0), 0.45) + self._noise_hu * grain / grain.std()
        if self.round_field:
            hu[self._shrink(self._radius) > 1] = OUTSIDE_HU
        inside = lungs > 0.5
        mask = np.zeros(hu.shape, np.uint8)
        mask[inside & (opacity > 0.35)] = 1
        mask[inside & (dense > 0.5)] = 2
        mask[fluid > 0.5] = 3
        return Slice(hu.astype(np.float32), mask, inside.astype(np.uint8))

    def _chest(self, z: float) -> np.ndarray:
        """HU of everything but the lungs."""
        x, y = self.x, self.y
        hu = np.full(x.shape, AIR, np.float32) + 12 * self._fine
        hu = self._paint(hu, self._table, -300)
        a, b = self._body
        a *= 1 + 0.08 * (1 - _ramp(z, 0, 0.5))
        body = self._ellipse((0, 0.04), (a, b), 2.5)
        hu = self._paint(hu, body, 10)
        hu = self._paint(hu, body - 0.012, FAT)
        muscle = SOFT + 12 * self._coarse - np.float32(70) * (np.abs(self._coarse + 0.4) < 0.10)
        hu = self._paint(hu, body - 0.012 - self._fat * np.where(y > 0.3, np.float32(0.7), np.float32(1.2)), muscle)
        cavity = self._cavity(z)
        for side in (-1, 1):
            if z < 0.65:
                blade = self._ellipse((side * 0.66, 0.36 + 0.1 * z), (0.17, 0.018), turn=side * 1.0)
                hu = self._paint(hu, np.minimum.reduce([blade, -cavity - 0.10, body - 0.06]), BONE)
        wall = -cavity
        hu = self._paint(hu, np.minimum(0.052 - np.abs(wall - 0.052), body - 0.03), SOFT - 40 + 10 * self._fine)
        hu = self._ribs(hu, z, wall)
        hu = self._paint(hu, cavity, SOFT + 8 * self._coarse)
        hu = self._paint(hu, np.minimum(cavity, 0.10 - np.hypot(x / 1.2, y + 0.42)), FAT + 20)
        hu = self._paint(hu, self._ellipse((0, -CAVITY[1] * self._scale(z)[1] - 0.035), (0.085, 0.024)), BONE - 250)
        return self._spine(hu)

    def _ribs(self, hu: np.ndarray, z: float, wall: np.ndarray) -> np.ndarray:
        around = np.arctan2(self.y / CAVITY[1], self.x / CAVITY[0])
        spacing = np.pi / 6.5
        place = np.abs((around / spacing + 2.2 * z + self._rib_phase) % 1 - 0.5) * spacing
        length = np.minimum(0.16 - place, 0.5 * (np.abs(around + np.pi / 2) - 0.35)) * 0.55
        rib = np.minimum(0.024 - np.abs(wall - 0.045), length)
        hu = self._paint(hu, rib, BONE)
        return self._paint(hu, rib - 0.011, 190 + 40 * self._fine)

    def _spine(self, hu: np.ndarray) -> np.ndarray:
        vertebra = self._ellipse((0, 0.375), (0.115, 0.088), 2.6)
        processes = [
            self._ellipse((0, 0.585), (0.085, 0.017), turn=np.pi / 2),
            self._ellipse((-0.13, 0.475), (0.09, 0.022), turn=-0.35),
            self._ellipse((0.13, 0.475), (0.09, 0.022), turn=0.35),
            0.026 - np.abs(np.hypot(self.x, self.y - 0.49) - 0.062),
        ]
        for process in processes:
            hu = self._paint(hu, process, BONE - 130)
        hu = self._paint(hu, vertebra, BONE)
        hu = self._paint(hu, vertebra - 0.018, 190 + 45 * self._fine)
        return self._paint(hu, 0.042 - np.hypot(self.x, self.y - 0.49), 30)

    def _lungs(self, z: float) -> np.ndarray:
        """Share of each pixel that is lung (lesions and fluid included)."""
        x, y = self.x, self.y
        cavity = self._cavity(z) - 0.012
        spine = np.minimum(-self._ellipse((0, 0.375), (0.125, 0.10), 2.6), np.abs(x) - 0.035)
        aorta = np.hypot(x - 0.105, y - 0.245) - 0.068
        hilum = 0.05 * np.exp(-(((y - 0.02) / 0.13) ** 2)) * math.exp(-(((z - 0.5) / 0.25) ** 2))
        middle = 0.045 + (0.04 + 0.03 * (z < 0.4)) * np.exp(-(((y + 0.03) / 0.24) ** 4)) + hilum
        grown = self._heart * _ramp(z, 0.32, 0.62)
        heart = -self._ellipse((0.14, -0.12), (0.30 * grown + 1e-3, 0.25 * grown + 1e-3), 2.2, 0.35)
        vessels = (
            -self._ellipse((0.02, -0.12), (0.135, 0.17), 2.0) if z < 0.6 else -self._ellipse((0, -0.05), (0.09, 0.2))
        )
        common = np.minimum.reduce([cavity, spine, aorta, heart, vessels])
        total = np.zeros_like(x)
        for side in (-1, 1):
            start = 0.72 if side < 0 else 0.82
            rise = _ramp(z, start, 1.15) ** 0.5
            dome = -self._ellipse((side * 0.33, -0.07), (0.34 * rise + 1e-3, 0.34 * rise + 1e-3), 2.2)
            total += self._share(np.minimum.reduce([common, side * x - middle, dome]))
        return np.clip(total, 0, 1)

    def _opacities(self, z: float) -> tuple[np.ndarray, np.ndarray]:
        """Haze (ground glass) and consolidation, 0 to 1 each, not yet cut to the lungs."""
        haze, dense = np.zeros_like(self.x), np.zeros_like(self.x)
        a, b = (half * scale for half, scale in zip(CAVITY, self._scale(z), strict=True))
        for lesion in self.lesions:
            along, across, height = lesion.radii
            level = 1 - ((z - lesion.z) / height) ** 2
            if level <= 0:
                continue
            cx = a * (1 - lesion.depth) * math.cos(lesion.angle)
            cy = b * (1 - lesion.depth) * math.sin(lesion.angle)
            normal = math.atan2(math.sin(lesion.angle) / b, math.cos(lesion.angle) / a)
            u, v = _turn(self.x - cx, self.y - cy, normal)
            ragged = np.roll(self._coarse, lesion.shift, axis=(0, 1))
            inside = level - (u / across) ** 2 - (v / along) ** 2 + 0.22 * ragged
            haze = np.maximum(haze, _ramp(inside, -0.25, 0.55))
            if lesion.dense:
                dense = np.maximum(dense, _ramp(inside, 0.92 - lesion.dense, 1.08 - lesion.dense))
        return haze, dense

    def _fluid(self, z: float) -> np.ndarray:
        """Pleural fluid: it lies behind, deeper towards the base, and climbs along the wall."""
        depth = self.effusion * _ramp(z, 0.25, 1.0)
        if depth <= 0:
            return np.zeros_like(self.x)
        surface = CAVITY[1] * self._scale(z)[1] - depth - 0.25 * np.maximum(np.abs(self.x) - 0.3, 0)
        return self._share(self.y - surface)

    def _airways(self, z: float) -> list[tuple[tuple[float, float], float]]:
        if z < 0.42:
            return [((0.0, 0.03), 0.043)]
        if z < 0.62:
            apart = 0.05 + 0.35 * (z - 0.42)
            return [((-apart, 0.05), 0.030), ((apart, 0.06), 0.027)]
        return []

    def _scale(self, z: float) -> tuple[float, float]:
        grown = _ramp(z, -0.15, 0.42)
        return 0.42 + 0.58 * grown, 0.60 + 0.40 * grown

    def _cavity(self, z: float) -> np.ndarray:
        across, deep = self._scale(z)
        return self._ellipse((0, 0), (CAVITY[0] * across, CAVITY[1] * deep), 2.3)

    def _ellipse(self, centre: tuple, halves: tuple, power: float = 2.0, turn: float = 0.0) -> np.ndarray:
        x, y = self.x - centre[0], self.y - centre[1]
        if turn:
            x, y = _turn(x, y, turn)
        x, y = x / halves[0], y / halves[1]
        # OpenCV's power is several times as fast as NumPy's.
        if power == 2:
            reach = np.sqrt(x * x + y * y)
        else:
            reach = cv2.pow(cv2.pow(abs(x), power) + cv2.pow(abs(y), power), 1 / power)
        return (1 - reach) * min(halves)

    def _share(self, inside: np.ndarray) -> np.ndarray:
        return np.clip(inside / self._pixel + 0.5, 0, 1)

    def _paint(self, hu: np.ndarray, inside: np.ndarray, value: float | np.ndarray) -> np.ndarray:
        return hu + self._share(inside) * (value - hu)

    def _shrink(self, array: np.ndarray) -> np.ndarray:
        return cv2.resize(array.astype(np.float32), (self.size, self.size), interpolation=cv2.INTER_AREA)


def _turn(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along axes that are turned by `angle`."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return cosine * x + sine * y, cosine * y - sine * x


def _ramp(value: float | np.ndarray, low: float, high: float) -> float | np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    share = (value - low) / (high - low)
    share = np.clip(share, 0, 1) if isinstance(share, np.ndarray) else min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _noise(rng: np.random.Generator, size: int, cells: int) -> np.ndarray:
    """Smooth noise of unit variance with about `cells` bumps along an edge."""
    grid = rng.standard_normal((cells + 2, cells + 2)).astype(np.float32)
    noise = cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
    return (noise - noise.mean()) / noise.std()
