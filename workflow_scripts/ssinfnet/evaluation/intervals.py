"""How sure a mean is: the paper's error, and the bootstrap over groups."""

from typing import Any

import numpy as np


def mean_error(values: np.ndarray) -> tuple[float, float]:
    """Mean and 1.96 x standard error of float values (n,) (eq. 8, 9 of the paper); NaN values are left out.

    The standard error is the sample standard deviation (n - 1) over the root of n; NaN for fewer than two values.
    It treats the slices as independent, which slices of one volume are not: see `bootstrap`.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    error = 1.96 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    return float(values.mean()), float(error)


def bootstrap(values: np.ndarray, groups: np.ndarray, *, resamples: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the mean of float values (n,), resampling whole groups (n,) with replacement.

    Slices of one volume or patient stay together, so their likeness widens the interval as it should. NaN values
    are left out. With fewer than two groups there is no interval: NaN, NaN.
    """
    known = ~np.isnan(values)
    _, member = np.unique(groups[known], return_inverse=True)
    sizes = np.bincount(member)
    if len(sizes) < 2:
        return float("nan"), float("nan")
    sums = np.bincount(member, weights=values[known])
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(resamples, len(sizes)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def describe(values: np.ndarray, groups: np.ndarray, *, resamples: int, seed: int) -> dict[str, float | int | None]:
    """Mean, error, bootstrap interval (low, high) of values (n,), how many are known (n) and NaN (undefined).

    Ready for JSON: a number that does not exist is None.
    """
    mean, error = mean_error(values)
    low, high = bootstrap(values, groups, resamples=resamples, seed=seed)
    undefined = int(np.isnan(values).sum())
    numbers = {"mean": number(mean), "error": number(error), "low": number(low), "high": number(high)}
    return {**numbers, "n": len(values) - undefined, "undefined": undefined}


def number(value: float) -> float | None:
    """The value as JSON knows it: None for NaN."""
    return None if np.isnan(value) else float(value)


def text(value: Any) -> str:
    """A number as the tables of results print it, six significant digits; empty for None."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
