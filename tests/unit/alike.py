"""Slices of scans that do not exist, and the ways in which a slice is saved anew."""

import io

import cv2
import numpy as np
from PIL import Image

SIDE = 160


def scan(seed, count=1, step=0.4):
    """Slices of a body with two lungs and a few hundred vessels that run through them, uint8 (SIDE, SIDE) each."""
    random = np.random.default_rng(seed)
    place, drift = random.uniform(0, SIDE, (400, 2)), random.normal(0, 1, (400, 2))
    lungs = np.zeros((SIDE, SIDE), np.uint8)
    for x in (0.3, 0.7):
        axes = (int(SIDE * random.uniform(0.14, 0.18)), int(SIDE * random.uniform(0.25, 0.35)))
        cv2.ellipse(lungs, (int(SIDE * x), SIDE // 2), axes, 0, 0, 360, 255, -1)
    slices = []
    for number in range(count):
        image = np.where(lungs > 0, 40, 170).astype(np.float32)
        for (x, y), radius in zip(place + number * step * drift, np.arange(400) % 3 + 1, strict=True):
            cv2.circle(image, (int(x * 16), int(y * 16)), int(radius * 12), 140, -1, cv2.LINE_AA, 4)
        noise = cv2.GaussianBlur(random.normal(0, 12, image.shape).astype(np.float32), (0, 0), 0.8)
        slices.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    return slices


def as_jpeg(image, quality=80):
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


COPIES = {
    "the same": np.copy,
    "JPEG": as_jpeg,
    "coarse JPEG": lambda image: as_jpeg(image, 50),
    "one grey level": lambda image: np.clip(image.astype(int) + 1, 0, 255).astype(np.uint8),
    "another window": lambda image: (image * 0.9 + 10).astype(np.uint8),
    "cropped above": lambda image: image[1:],
    "cropped around": lambda image: image[2:-1, 1:-2],
    "cropped and JPEG": lambda image: as_jpeg(image[:-1, 1:]),
    "larger": lambda image: cv2.resize(image, None, fx=1.5, fy=1.5),
}
