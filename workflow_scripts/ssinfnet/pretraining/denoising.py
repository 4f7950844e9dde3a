"""Denoising: a network undoes what was done to the grey values and to the fine order of the pixels of a slice.

Two of the distortions of Models Genesis (Zhou et al., MICCAI 2019): the grey values go through a random curve, and the
pixels are shuffled within small windows. Its other two take parts of the picture away, which is inpainting.
"""

from typing import Any

import numpy as np
import torch

from ssinfnet.config.denoising import Denoising
from ssinfnet.networks.inpainting import to_inpainting
from ssinfnet.networks.intensity import normalise
from ssinfnet.pretraining import losses
from ssinfnet.pretraining.crops import Crops
from ssinfnet.pretraining.task import Corrupted, Measures, PretextTask, Restored

STEPS = 1024
"""Grey values at which a curve is computed; between them it is straight."""


class Task(PretextTask):
    """Distorts crops. A prior is given as it is: it tells where lesion is, and the image is what is to be restored."""

    SECTION = Denoising
    config: Denoising

    def add_heads(self, network: torch.nn.Module) -> torch.nn.Module:
        """Each output reconstructs the slice, or its edges."""
        return to_inpainting(network)

    def corrupt(self, batch: Crops) -> Corrupted:
        """Targets are the crops, (N, 1, S, S) in [0, 1]; weights are 1."""
        count, size, draw = len(batch.seen), batch.seen.shape[-1], batch.generator
        curved, shuffled = torch.rand(2, count, generator=draw) < torch.tensor(
            [[self.config.curve], [self.config.shuffle]]
        )
        distorted = batch.seen.clone()
        window = max(1, round(self.config.window * size))
        order = shuffled_places(int(shuffled.sum()), size, self.config.windows, window, draw).to(distorted.device)
        here = shuffled.to(distorted.device)
        distorted[here] = distorted[here].flatten(1).gather(1, order).view_as(distorted[here])
        curves = random_curves(int(curved.sum()), draw).to(distorted.device)
        here = curved.to(distorted.device)
        distorted[here] = through(curves, distorted[here])
        priors = () if batch.priors is None else (normalise(batch.priors),)
        return Corrupted((normalise(distorted), *priors), batch.target, torch.ones_like(batch.target))

    def measure(self, network: torch.nn.Module, outputs: Any, asked: Corrupted) -> Measures:
        """The loss, summed over the outputs; and the mean absolute error of the segmentation output, in grey values."""
        # All of a slice is to be restored, as if all of it were erased.
        found = losses.reconstruct(network, outputs, asked.targets, 1 - asked.weights, self.config.loss, 1.0)
        error = (losses.shown(outputs.segmentation, self.config.loss) - asked.targets).abs().mean()
        return {"loss": found.loss, "error": error}

    def show(self, outputs: Any, asked: Corrupted) -> Restored:
        """The slices distorted, restored, and as they were."""
        given = grey(asked.inputs[0])
        restored = losses.shown(outputs.segmentation, self.config.loss)
        return Restored(*(part[:, 0].cpu().numpy() for part in (given, restored, asked.targets)))


def random_curves(count: int, generator: torch.Generator) -> torch.Tensor:
    """Curves of [0, 1] onto itself, by their values at `STEPS` even places: float (count, STEPS).

    A cubic Bezier curve from (0, 0) to (1, 1), whose two other control points are drawn from the unit square. Such a
    curve never falls, neither in x nor in y, so it is a function. One in two, by chance, is read from right to left: it
    falls from 1 to 0, and what was dark becomes bright.
    """
    points = torch.rand(count, 2, 2, generator=generator, dtype=torch.float64).numpy()
    falls = (torch.rand(count, generator=generator) < 0.5).numpy()
    t = np.linspace(0, 1, STEPS)
    first, second, last = 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
    result = np.empty((count, STEPS))
    for row, ((x1, y1), (x2, y2)) in zip(result, points, strict=True):
        row[:] = np.interp(t, x1 * first + x2 * second + last, y1 * first + y2 * second + last)
    result[falls] = result[falls, ::-1]
    return torch.from_numpy(result).float()


def through(curves: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Images, float (N, 1, H, W) in [0, 1], each through its curve of `curves` (N, STEPS)."""
    place = images.flatten(1) * (STEPS - 1)
    left = place.floor().clamp(max=STEPS - 2)
    low, high = curves.gather(1, left.long()), curves.gather(1, left.long() + 1)
    return torch.lerp(low, high, place - left).view_as(images)


def shuffled_places(count: int, size: int, windows: int, window: int, generator: torch.Generator) -> torch.Tensor:
    """For each pixel of `count` pictures of `size` x `size` where it comes from, int64 (count, size * size).

    Windows of a random height and width up to `window` are shuffled one after the other; a window has the same size in
    all pictures, and another place and order in each. So each row is a permutation: no grey value is lost or made.
    """
    seed = int(torch.randint(2**31, (1,), generator=generator))
    random = np.random.default_rng(seed)
    places = np.tile(np.arange(size * size), (count, 1))
    if not count:
        return torch.from_numpy(places)
    rows = np.arange(count)[:, None]
    for height, width in random.integers(1, window + 1, size=(windows, 2)):
        inside = (np.arange(height)[:, None] * size + np.arange(width)).ravel()
        top, left = random.integers((size - height + 1, size - width + 1), size=(count, 2)).T
        here = (top * size + left)[:, None] + inside
        order = random.random((count, height * width)).argsort(axis=1)
        places[rows, here] = places[rows, here[rows, order]]
    return torch.from_numpy(places)


def grey(image: torch.Tensor) -> torch.Tensor:
    """The grey values in [0, 1], (N, 1, H, W), of a normalised image (N, 3, H, W)."""
    black, white = (normalise(image.new_full((1, 1, 1, 1), value))[:, :1] for value in (0.0, 1.0))
    return ((image[:, :1] - black) / (white - black)).clamp(0, 1)
