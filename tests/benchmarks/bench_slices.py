"""Slices for benchmarks of networks, the same as PNG files, as tensors and as stores."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from ssinfnet.slices import store
from ssinfnet.training.data import SliceTensors

KINDS = ("image", "mask", "prior")
"""Folders of the PNG files; the mask has class codes, the prior is a map from 0 to 255."""


class Slices:
    """Smooth grey slices, of which the brightest part is infected, with the infection map of a fair network."""

    def __init__(self, folder: Path, *, count: int, size: int):
        self.folder, self.count, self.size = folder, count, size
        self.ids = [str(number) for number in range(count)]
        random = np.random.default_rng(0)
        field = gaussian_filter(random.random((count, size, size)), (0, size / 16, size / 16))
        field = (field - field.min()) / np.ptp(field)
        image = (255 * np.clip(field + random.normal(0, 0.03, field.shape), 0, 1)).astype(np.uint8)
        mask = (1 * (field > 0.6) + (field > 0.7)).astype(np.uint8)
        prior = (255 * gaussian_filter((mask > 0).astype(float), (0, 2, 2))).astype(np.uint8)
        for kind, pictures in zip(KINDS, (image, mask, prior), strict=True):
            (folder / kind).mkdir()
            for number, picture in enumerate(pictures):
                Image.fromarray(picture).save(folder / kind / f"{number}.png")
        with store.create_store(self.slices_path) as slices, store.create_store(self.priors_path) as priors:
            for name, *arrays in zip(self.ids, image, mask, (prior / 255).astype(np.float16), strict=True):
                slices.add(name, group=name, origin="memory", image=arrays[0], mask=arrays[1])
                priors.add(name, group=name, origin="memory", infection=arrays[2])
        self.tensors = SliceTensors(
            torch.from_numpy(image)[:, None], torch.from_numpy(mask), torch.from_numpy(prior)[:, None].half() / 255
        )

    @property
    def slices_path(self) -> Path:
        return self.folder / "slices.h5"

    @property
    def priors_path(self) -> Path:
        return self.folder / "priors.h5"
