"""What a straightforward program does: a DataLoader over PNG files, PIL's transforms picture by picture, plain float32.

It is the baseline of the benchmarks, with the same networks, losses and augmentation as ours.
"""

from collections.abc import Callable

import numpy as np
import torch
from bench_slices import KINDS, Slices
from PIL import Image, ImageOps
from torch.utils.data import DataLoader, Dataset

from ssinfnet import networks
from ssinfnet.config.augmentation import Augmentation
from ssinfnet.networks.intensity import MEAN, STANDARD_DEVIATION


class Pictures(Dataset):
    """Normalised image (3, S, S), mask (S, S) of class codes and normalised prior (3, S, S) of each slice."""

    def __init__(self, slices: Slices, size: int, augmentation: Augmentation | None = None):
        self.slices, self.size, self.augmentation = slices, size, augmentation
        self.random = np.random.default_rng(0)

    def __len__(self) -> int:
        return self.slices.count

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        pictures = [Image.open(self.slices.folder / kind / f"{index}.png") for kind in KINDS]
        image, mask, prior = self.augment(pictures) if self.augmentation else self.resize(pictures)
        return normalised(image), torch.from_numpy(np.array(mask)), normalised(prior)

    def augment(self, pictures: list[Image.Image]) -> list[Image.Image]:
        config, random = self.augmentation, self.random
        edge = config.crop + (1 - config.crop) * random.random()
        side = edge * self.slices.size
        left, top = random.random(2) * (self.slices.size - side)
        pictures = self.resize(pictures, (left, top, left + side, top + side))
        if random.random() < config.horizontal_flip:
            pictures = [ImageOps.mirror(picture) for picture in pictures]
        if random.random() < config.vertical_flip:
            pictures = [ImageOps.flip(picture) for picture in pictures]
        width, height = (random.random(2) * config.cutout * self.size).astype(int).tolist()
        x, y = (int(random.random() * (self.size - length + 1)) for length in (width, height))
        pictures[0].paste(int(random.integers(256)), (x, y, x + width, y + height))
        return pictures

    def resize(self, pictures: list[Image.Image], box: tuple[float, ...] | None = None) -> list[Image.Image]:
        bilinear, nearest = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
        return [
            picture.resize((self.size, self.size), nearest if kind == "mask" else bilinear, box)
            for kind, picture in zip(KINDS, pictures, strict=True)
        ]


def normalised(picture: Image.Image) -> torch.Tensor:
    values = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).float() / 255
    return (values - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STANDARD_DEVIATION)[:, None, None]


def train(network: torch.nn.Module, pictures: Pictures, loss: Callable, batch_size: int, clip: float) -> None:
    """One epoch; `loss(outputs, masks)` is a scalar."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    network.train()
    for image, mask, prior in DataLoader(pictures, batch_size, shuffle=True):
        optimizer.zero_grad()
        loss(networks.apply(network, image, prior), mask).backward()
        if clip:
            torch.nn.utils.clip_grad_value_(network.parameters(), clip)
        optimizer.step()


@torch.no_grad()
def predict(network: torch.nn.Module, pictures: Pictures, batch_size: int) -> list[np.ndarray]:
    """The maps of each slice at its own size."""
    maps = []
    for image, _, prior in DataLoader(pictures, batch_size):
        found = networks.apply(network, image, prior).segmentation.sigmoid()
        size = (pictures.slices.size,) * 2
        maps += list(torch.nn.functional.interpolate(found, size, mode="bilinear").numpy())
    return maps
