"""The data of a training alone: batches by one grid_sample each, beside PIL's transforms picture by picture.

`pytest tests/benchmarks/test_augmentation_speed.py -m slow`. The rows say too what one grid_sample per batch is worth
against one per slice, and how near a batch comes to a copy of what it reads and writes.
"""

import bench_networks
import plain_loop
import pytest
from torch.utils.data import DataLoader

from ssinfnet.networks.intensity import normalise
from ssinfnet.training.data import epoch_batches
from ssinfnet.training.start import make_augment

BATCH = 8


@pytest.mark.slow
def test_data_pipeline(bench, slices):
    config = bench_networks.parse(bench_networks.DEFAULT).methods["ssinfnet_aug"].augmentation
    augment, pictures = make_augment(config, 0), plain_loop.Pictures(slices, slices.size, config)

    def ours():
        for indices in epoch_batches(slices.count, BATCH, 0, 0):
            batch = augment(slices.tensors, indices, 0, slices.size)
            normalise(batch.images), normalise(batch.priors)

    def one_by_one():
        for indices in epoch_batches(slices.count, BATCH, 0, 0):
            for index in indices.split(1):
                batch = augment(slices.tensors, index, 0, slices.size)
                normalise(batch.images), normalise(batch.priors)

    def plain():
        for _ in DataLoader(pictures, BATCH, shuffle=True):
            pass

    # Image and mask of a byte, prior of two; two pictures of three channels of float32, and the mask.
    gigabytes = slices.size**2 * (4 + 2 * 3 * 4 + 1) / 1e9
    for baseline, theirs in (("plain loop", plain), ("slice by slice", one_by_one)):
        bench.compare(
            f"data of a training, beside {baseline}",
            ours,
            theirs,
            items=slices.count,
            gigabytes=gigabytes,
            baseline=baseline,
        )
