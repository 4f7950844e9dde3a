"""The CT severity score: how much of each region of the lungs is infected, in three grades, summed.

A slice has four regions: the right and the left lung, each cut at half its height into an anterior and a posterior
part. The slices are also cut into thirds of their number, so a volume, or a patient with three pictures or more, has
twelve regions. The first third is the upper one. NIfTI volumes are read from the head to the feet by their affine.
Pictures have no position; `lungs.direction` tells by the anatomy whether their names run from the head or from the
feet, and where it cannot, from the head is assumed. A region scores 0 where it is free of infection, 1 up to half
infected, 2 beyond.

It follows the CT severity score of Yang et al. (Radiol Cardiothorac Imaging 2(2):e200047, 2020) and is not the same.
There a radiologist grades the opacity of 20 parts of the lungs that follow the segments (0; below 50 %; 50 % and more),
so that the sum goes up to 40. Here a network grades 4 or 12 parts of geometry, as segments cannot be told on single
slices; half is the last share that scores 1; a region is free below a small share, as networks find stray pixels; and
the parts vary in size. So sums are not comparable with theirs, and their cut-off of 19.5 means nothing here.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ssinfnet.lungs.direction import UP
from ssinfnet.lungs.sides import middle, part
from ssinfnet.slices.labels import LESIONS

REGIONS = ("right_anterior", "right_posterior", "left_anterior", "left_posterior")
THIRDS = ("first", "middle", "last")
VOLUME_REGIONS = tuple(f"{region}_{third}" for third in THIRDS for region in REGIONS)
FINDINGS = ("infected", *LESIONS)
HALF = 0.5


def divide(image: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """The region of each pixel of a slice, uint8 (H, W): 0 outside of the lungs, else 1 + its place in `REGIONS`.

    `image` uint8 and `lungs` 0/1, both (H, W), patient upright and seen from the feet: the right lung is on the left
    of the picture. The lungs are parted at the middle of the body.
    """
    return divide_sides(*part((lungs > 0).astype(np.uint8), middle(image)))


def divide_sides(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """As `divide`, from the two lungs, uint8 0/1 (H, W) each: each is cut at half of its own height in the slice."""
    result = np.zeros(right.shape, np.uint8)
    for number, lung in enumerate((right, left)):
        rows = np.flatnonzero(lung.any(axis=1))
        if rows.size:
            height = np.arange(len(lung))[:, None]
            behind = height >= (rows[0] + rows[-1] + 1) // 2
            result[lung > 0] = (2 * number + 1 + behind * lung)[lung > 0]
    return result


def thirds(count: int) -> list[int]:
    """The third (0, 1, 2) of each of `count` slices in their order, as even as can be; all 0 below three."""
    return [int(3 * (position + 0.5) / count) if count >= 3 else 0 for position in range(count)]


def third_of_each(groups: pd.Series) -> list[int]:
    """The third of each slice within its group (n,), in the order of the store, -1 in groups of fewer than three."""
    sizes = groups.groupby(groups).transform("size")
    places = groups.groupby(groups).cumcount()
    cut = {size: thirds(size) for size in set(sizes)}
    return [cut[size][place] if size >= 3 else -1 for size, place in zip(sizes, places, strict=True)]


def upper_first(third_of: np.ndarray, direction: str) -> np.ndarray:
    """Thirds (n,) by the order of a store as those from the head, from the `lungs.direction` of their slices."""
    return np.where(third_of < 0, third_of, len(THIRDS) - 1 - third_of) if direction == UP else third_of


def count_pixels(regions: np.ndarray, findings: Sequence[np.ndarray]) -> np.ndarray:
    """Pixels of each region and of each finding in it, int (regions, 1 + findings); both are maps (H, W)."""
    size = len(REGIONS) + 1
    columns = [regions, *(regions[finding > 0] for finding in findings)]
    return np.stack([np.bincount(column.ravel(), minlength=size)[1:] for column in columns], axis=1)


def pool(counts: np.ndarray, third_of: Sequence[int]) -> np.ndarray:
    """The pixel counts of one patient or volume, from those of its slices (n, 4, k): (12, k) by third, else (4, k)."""
    if min(third_of, default=-1) < 0:
        return counts.sum(axis=0)
    return np.concatenate([counts[np.array(third_of) == third].sum(axis=0) for third in range(len(THIRDS))])


def shares(counts: np.ndarray) -> np.ndarray:
    """Share of each finding in its region, 0 to 1, float (..., k - 1); NaN where a region has no lung."""
    lung = counts[..., :1].astype(float)
    return np.divide(counts[..., 1:], lung, out=np.full(counts[..., 1:].shape, np.nan), where=lung > 0)


def grade(infected: np.ndarray, least: float) -> np.ndarray:
    """Scores 0, 1, 2 of infected shares, float (...): 0 below `least` and for none, 2 above half; NaN stays."""
    free = (infected < least) | (infected == 0)
    scores = np.where(free, 0.0, np.where(infected <= HALF, 1.0, 2.0))
    return np.where(np.isnan(infected), np.nan, scores)


def describe(counts: np.ndarray, least: float, findings: Sequence[str] = FINDINGS) -> dict[str, float]:
    """One slice, patient or volume in numbers, from its pixel counts (regions, 1 + findings).

    `ct_score` is the sum over regions with lung, `ct_regions` their number, `ct_share` the sum over the highest that
    it could be, 0 to 1; then the share of the lungs of each finding. Without any lung all but the number are NaN.
    """
    scores = grade(shares(counts)[:, 0], least)
    known = ~np.isnan(scores)
    scored = int(known.sum())
    total = float(scores[known].sum()) if scored else float("nan")
    whole = shares(counts.sum(axis=0))
    return {
        "ct_score": total,
        "ct_regions": scored,
        "ct_share": total / (2 * scored) if scored else float("nan"),
        **dict(zip(findings, whole.tolist(), strict=True)),
    }


def describe_regions(
    counts: np.ndarray, names: Sequence[str], least: float, findings: Sequence[str] = FINDINGS
) -> dict[str, float]:
    """Each region of `names` in numbers: `<region>_score`, `<region>_lung` (pixels) and the share of each finding."""
    found = shares(counts)
    result: dict[str, float] = {}
    for name, row, share, score in zip(names, counts, found, grade(found[:, 0], least), strict=True):
        result |= {f"{name}_score": score, f"{name}_lung": int(row[0])}
        result |= {f"{name}_{finding}": value for finding, value in zip(findings, share.tolist(), strict=True)}
    return result
