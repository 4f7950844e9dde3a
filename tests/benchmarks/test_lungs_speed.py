"""How many slices a second on one core both methods find lungs in, beside the published procedure in OpenCV's calls.

`pytest tests/benchmarks/test_lungs_speed.py -m slow -s` prints a table for each size of the phantom's slices, and one
for a folder of whole slices that the variable SLICES names. CPU seconds with one thread, the methods in turns on each
slice. Plain is our method with SciPy's morphology and whole pictures at every step, with which the unit tests compare
the masks. The block of the published threshold is as large for the size as 19999 is for 512 pixels: OpenCV takes most
of the time for it, so the table also shows what follows by itself.
"""

import os
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import plain_lungs
import pytest
from PIL import Image
from stopwatch import cpu_seconds

from ssinfnet.config.phantom import Phantom
from ssinfnet.lungs import slice_methods
from ssinfnet.lungs.measures import measure
from ssinfnet.process import machine
from ssinfnet.sources.phantom import generate

FOLDER = os.environ.get("SLICES")
AT_MOST = 12
PUBLISHED, PLAIN = "published, OpenCV", "closed, plain"
PLAINLY = 2
"""Slices on which our method runs plainly, as it takes a second or more for each of 512 pixels."""


@pytest.fixture(autouse=True)
def one_thread():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def read(folder):
    paths = sorted(Path(folder).rglob("*.jpg"))
    return [np.asarray(Image.open(path).convert("L")) for path in paths[:: max(1, len(paths) // AT_MOST)]]


def threshold(image):
    return plain_lungs.adaptive_threshold(image, 2 * round(slice_methods.BLOCK * max(image.shape) / 512 / 2) + 1)


def compare(bench, title, images):
    bright, lungs = [threshold(image) for image in images], [slice_methods.closed(image) for image in images]
    methods = {
        PUBLISHED: lambda place: plain_lungs.published(images[place], threshold(images[place])),
        "  after its threshold": lambda place: plain_lungs.published(images[place], bright[place]),
        "ictcf": lambda place: slice_methods.ictcf(images[place]),
        PLAIN: lambda place: plain_lungs.closed(images[place]),
        "closed": lambda place: slice_methods.closed(images[place]),
        "measures of closed": lambda place: measure(images[place], lungs[place]),
    }
    seconds = defaultdict(list)
    for place in range(len(images)):
        # In turns, and every other time backwards, so that what else runs slows all of them alike.
        for name in list(methods)[:: -1 if place % 2 else 1]:
            if name != PLAIN or place < PLAINLY:
                seconds[name].append(cpu_seconds(methods[name], place))
    means = {name: np.mean(seconds[name]) for name in methods}
    print(f"\n{title}, {len(images)} slices, one thread, {machine.processor()}")
    print(f"{'':22} {'ms of CPU':>10} {'slices/s':>9} {PUBLISHED + ' / it':>22} {PLAIN + ' / it':>20}")
    for name, mean in means.items():
        ratios = means[PUBLISHED] / mean, means[PLAIN] / mean
        print(f"{name:22} {1000 * mean:10.2f} {1 / mean:9.0f} {ratios[0]:22.1f} {ratios[1]:20.1f}")
    for name in ("ictcf", "closed"):
        pairs = [theirs / own for own, theirs in zip(seconds[name], seconds[PUBLISHED], strict=True)]
        bench.record(f"lungs, {name}, {title}", means[name], item="slice", baseline="published", ratios=pairs)


@pytest.mark.slow
@pytest.mark.parametrize("size", [128, 512])
def test_phantom_slices(bench, size, tmp_path):
    generate._ictcf(tmp_path, Phantom(size=size, patients=12, slices_per_patient=1))
    compare(bench, f"{size} x {size}", read(tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(not FOLDER, reason="SLICES names no folder of slices")
def test_slices_of_a_folder(bench):
    compare(bench, "whole slices", read(FOLDER))
