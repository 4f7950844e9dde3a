"""Do the infection maps mean what they say: of the pixels with probability 0.3, are three in ten infected?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ssinfnet.figures.style import STYLE, look

BINS = 10
MARKERS = "osD^vPX"


class Bins(NamedTuple):
    """Per bin of probability, each (BINS,): how many pixels, the sum of their probabilities, how many are infected."""

    pixels: np.ndarray
    probability: np.ndarray
    infected: np.ndarray

    @property
    def mean_probability(self) -> np.ndarray:
        """Mean probability of the pixels of each bin, NaN where there are none."""
        return np.divide(self.probability, self.pixels, out=np.full(BINS, np.nan), where=self.pixels > 0)

    @property
    def infected_share(self) -> np.ndarray:
        """Share of the pixels of each bin that are infected, NaN where there are none."""
        return np.divide(self.infected, self.pixels, out=np.full(BINS, np.nan), where=self.pixels > 0)


def count(slices: Iterable[tuple[np.ndarray, np.ndarray]]) -> Bins:
    """The bins over pairs of truth, bool (H, W), and probability, float (H, W) in [0, 1]; bins are equally wide."""
    totals = np.zeros((3, BINS))
    for truth, probability in slices:
        values = probability.astype(np.float64).ravel()
        number = np.minimum((values * BINS).astype(int), BINS - 1)
        for total, weights in zip(totals, (None, values, truth.ravel()), strict=True):
            total += np.bincount(number, weights, minlength=BINS)
    return Bins(*totals)


def expected_error(bins: Bins) -> float:
    """Expected calibration error, in [0, 1]: mean distance of probability and infected share, weighted by pixels.

    (M. P. Naeini et al., AAAI 2015.) Most pixels are certain background, so it is small for almost any map.
    """
    gap = np.abs(bins.probability - bins.infected)
    return float(gap.sum() / bins.pixels.sum())


def average_error(bins: Bins) -> float:
    """Average calibration error, in [0, 1]: the same distance, every bin with pixels counting the same."""
    return float(np.nanmean(np.abs(bins.mean_probability - bins.infected_share)))


def table(runs: Mapping[tuple[str, int], Bins]) -> pd.DataFrame:
    """A row per method, seed and bin, with the errors of the run."""
    edges = np.linspace(0, 1, BINS + 1)
    tables = [
        pd.DataFrame(
            {
                "method": method,
                "seed": seed,
                "low": edges[:-1],
                "high": edges[1:],
                "pixels": bins.pixels.astype(int),
                "infected": bins.infected.astype(int),
                "mean_probability": bins.mean_probability,
                "infected_share": bins.infected_share,
                "expected_calibration_error": expected_error(bins),
                "average_calibration_error": average_error(bins),
            }
        )
        for (method, seed), bins in runs.items()
    ]
    return pd.concat(tables, ignore_index=True)


def figure(runs: Mapping[tuple[str, int], Bins], labels: Mapping[str, str]) -> Figure:
    """Reliability diagram, below it pixels by bin; a line per method, of its lowest seed, and errors over all seeds."""
    with rc_context(STYLE):
        result = Figure(figsize=(7.5, 6.4), layout="constrained")
        above, below = result.subplots(2, 1, sharex=True, height_ratios=(3, 1.3))
        handles = above.plot([0, 1], [0, 1], color="#777777", linewidth=0.9, label="as it should be")
        for position, (method, label) in enumerate(labels.items()):
            several = {seed: bins for (name, seed), bins in runs.items() if name == method}
            first = several[min(several)]
            colour, line = look(position)
            style = {"color": colour, "linestyle": line, "linewidth": 1.5, "marker": MARKERS[position % len(MARKERS)]}
            above.plot(first.mean_probability, first.infected_share, **style, markersize=5)
            below.stairs(
                first.pixels, np.linspace(0, 1, BINS + 1), color=colour, linestyle=line, linewidth=1.5, baseline=None
            )
            errors = [
                _over_seeds([measure(bins) for bins in several.values()]) for measure in (expected_error, average_error)
            ]
            text = f"{label}: expected error {errors[0]}, average {errors[1]}"
            handles.append(Line2D([], [], **style, markersize=5, label=text))
        above.set(xlim=(0, 1), ylim=(0, 1), ylabel="infected share of the pixels")
        above.set_title("Calibration of the infection map, test slices")
        below.set(yscale="log", ylim=(0.8, None), xlabel="probability of infection, ten bins", ylabel="pixels")
        result.legend(handles=handles, loc="outside lower center", ncols=1)
    return result


def _over_seeds(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{np.mean(values):.3f} ({len(values)} seeds: {min(values):.3f} to {max(values):.3f})"
