"""The coach (Singh et al., 2018): finds the cells whose content is hard to inpaint, and the masks made of its scores.

A mask is 1 where the image is kept and 0 where it is erased. Cells are squares of 16 x 16 pixels.
"""

import torch
import torch.nn.functional as F
from torch import nn

from ssinfnet.networks.blocks import DoubleConv

STRIDE = 16


class Coach(nn.Module):
    """An encoder like the U-Net's, with one score per cell. In eval mode equal images get equal scores."""

    def __init__(self, width: int = 32):
        super().__init__()
        factors = (1, 2, 4, 8)
        self.levels = nn.ModuleList(
            DoubleConv(3 if factor == 1 else factor // 2 * width, factor * width) for factor in factors
        )
        self.score = nn.Conv2d(factors[-1] * width, 1, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Normalised RGB (N, 3, H, W) to scores (N, 1, H / 16, W / 16), unbounded; higher is rather kept."""
        x = image
        for level in self.levels:
            x = F.max_pool2d(level(x), 2)
        return self.score(x)


def soft_mask(
    scores: torch.Tensor, keep_ratio: float, allowed: torch.Tensor | None = None, alpha: float = 1.0
) -> torch.Tensor:
    """sigmoid(alpha * (B - threshold)) in (0, 1), for the coach to learn through; shaped like `scores`.

    The threshold is the k-th largest of a sample's scores, k = round(keep_ratio * cells) and at least 1. With `allowed`
    (bool, like `scores`) only those cells count, and all others are kept (1).
    """
    kept, allowed = _kept(scores, keep_ratio, allowed)
    ranked = scores.masked_fill(~allowed, -torch.inf).flatten(1).sort(dim=1, descending=True).values
    threshold = ranked.gather(1, (kept - 1).clamp(min=0))
    # Of a sample without an allowed cell the threshold is -inf, and would be NaN in the gradient.
    threshold = threshold.masked_fill(threshold.isinf(), 0)[:, :, None, None]
    return torch.where(allowed, torch.sigmoid(alpha * (scores - threshold)), 1)


def hard_mask(scores: torch.Tensor, keep_ratio: float, allowed: torch.Tensor | None = None) -> torch.Tensor:
    """Keeps exactly the k cells of each sample that score highest, as 0 and 1; shaped like `scores`.

    Of equal scores the earlier cell is kept, so that the mask is a function of the scores. With `allowed` (bool, like
    `scores`) k is counted in those cells, of which at least one is erased, and all others are kept.
    """
    kept, allowed = _kept(scores, keep_ratio, allowed)
    order = scores.masked_fill(~allowed, torch.inf).flatten(1).argsort(dim=1, descending=True, stable=True)
    others = (~allowed).flatten(1).sum(dim=1, keepdim=True)
    highest = torch.arange(order.shape[1], device=order.device) < others + kept
    mask = torch.zeros_like(scores).flatten(1)
    mask.scatter_(1, order, highest.to(mask.dtype))
    return mask.view_as(scores)


def random_scores(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Uniform scores in [0, 1) on the generator's device: what stands in for a coach before there is one."""
    return torch.rand(shape, generator=generator, device=generator.device)


def upsample(mask: torch.Tensor, size: int | tuple[int, int]) -> torch.Tensor:
    """A mask of cells (N, 1, h, w) at `size` pixels, by nearest neighbour."""
    return F.interpolate(mask, size=size, mode="nearest")


def cells_within(area: torch.Tensor) -> torch.Tensor:
    """The cells of which at least half lies in an area, bool (N, 1, H / 16, W / 16); `area` (N, H, W) is 0 and 1."""
    return F.avg_pool2d(area[:, None].float(), STRIDE) >= 0.5


def _kept(scores: torch.Tensor, keep_ratio: float, allowed: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """How many of the allowed cells of each sample are kept, (N, 1), and which are allowed: all, if nothing is said.

    Of all at least one is kept. Of some at least one is erased, as a sample with few of them would teach nothing.
    """
    if allowed is None:
        kept = max(1, round(keep_ratio * scores[0].numel()))
        everywhere = torch.ones_like(scores, dtype=torch.bool)
        return torch.full((len(scores), 1), kept, device=scores.device), everywhere
    count = allowed.flatten(1).sum(dim=1, keepdim=True)
    return torch.minimum((keep_ratio * count.double()).round().long(), (count - 1).clamp(min=0)), allowed
