"""A chest in Hounsfield units made of ellipsoids, whose lungs end within the scan, unlike those of the phantom."""

import numpy as np

SPACING = (5.0, 2.75, 2.75)
SHAPE = (60, 128, 128)


class Chest:
    """`values` int16, and `lungs` uint8 (1 right, 2 left, 0 elsewhere), both (60, 128, 128) with voxels of `SPACING`.

    Lengths are mm from the middle of the scan: z to the feet, y to the back, x to the patient's left.
    """

    def __init__(self, seed: int = 0, lung: float = -850):
        self.z, self.y, self.x = (
            ((np.arange(n) - (n - 1) / 2) * mm).reshape([-1 if axis == other else 1 for other in range(3)])
            for axis, (n, mm) in enumerate(zip(SHAPE, SPACING, strict=True))
        )
        self._noise = np.random.default_rng(seed).normal(0, 25, SHAPE)
        self.tissue = np.full(SHAPE, -1000.0)
        self.tissue[self.ball((0, 0, 0), (1e6, 105, 160))] = 40
        self.tissue[np.broadcast_to((abs(self.y - 120) < 4) & (abs(self.x) < 150), SHAPE)] = -200  # the table
        self.lungs = np.zeros(SHAPE, np.uint8)
        self.lungs[self.ball((0, 0, -78), (120, 80, 58))] = 1
        self.lungs[self.ball((5, 0, 78), (115, 78, 56))] = 2
        self.tissue[self.lungs > 0] = lung
        self.airways = np.broadcast_to((np.hypot(self.x, self.y) < 9) & (self.z < 0), SHAPE).copy()
        for side in (-1, 1):
            along = (self.z >= -5) & (self.z < 25)
            self.airways |= along & (np.hypot(self.x - side * (self.z + 5) * 0.9, self.y) < 7)
        self.airways &= self.lungs == 0
        self.tissue[self.airways] = -1000

    @property
    def values(self) -> np.ndarray:
        """HU with noise."""
        return np.rint(np.maximum(self.tissue + self._noise, -1024)).astype(np.int16)

    def ball(self, centre: tuple, halves: tuple) -> np.ndarray:
        """An ellipsoid (z, y, x), bool."""
        parts = (
            ((axis - at) / half) ** 2 for axis, at, half in zip((self.z, self.y, self.x), centre, halves, strict=True)
        )
        return sum(parts) < 1
