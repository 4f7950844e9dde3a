"""One grid_sample per batch against one per slice; ratios of one run, printed and not asserted."""

import time

import pytest
import torch

from ssinfnet.config.augmentation import Augmentation
from ssinfnet.training import augmentation


@pytest.mark.slow
def test_batch_against_slices():
    torch.set_num_threads(1)
    config = Augmentation(horizontal_flip=0.5, rotations=(0, 90, 180, 270), crop=0.7, cutout=0.5)
    images = torch.rand(24, 1, 352, 352)
    labels = torch.randint(0, 3, (24, 352, 352), dtype=torch.uint8)

    def run(groups):
        start = time.perf_counter()
        for group in groups:
            draw = augmentation.draw(config, 0, 0, group)
            augmentation.apply(draw, images[group], labels[group], None, 352)
        return time.perf_counter() - start

    whole, single = [list(range(24))], [[index] for index in range(24)]
    ratios = sorted(run(single) / run(whole) for _ in range(7))
    print(f"\none slice at a time: {ratios[3]:.2f} times the time of a batch ({ratios[0]:.2f} to {ratios[-1]:.2f})")
