"""Are two methods different? Paired differences of the same images, tested by flipping the signs of whole groups."""

from collections.abc import Sequence

import numpy as np

from ssinfnet.evaluation.intervals import describe

PERMUTATIONS = 9999  # with no more sign flips than this (up to 13 groups) the test is exact


def compare(difference: np.ndarray, groups: np.ndarray, *, resamples: int, seed: int) -> dict[str, float | int | None]:
    """Mean of paired differences (n,), its interval (low, high) of a bootstrap over groups (n,), and p.

    p is two-sided: if the methods were alike, each group could as well have had its differences the other way round
    (Fisher's randomisation test; groups, not images, as the slices of a volume are alike). The statistic is the sum
    over all images, so the mean. NaN differences are left out; `n` and `groups` count the rest. With fewer than two
    groups there is neither interval nor p: None.
    """
    from scipy.stats import permutation_test  # slow to import, and tables need only what this module says of p-values

    known = ~np.isnan(difference)
    found = describe(difference, groups, resamples=resamples, seed=seed)
    _, member = np.unique(groups[known], return_inverse=True)
    sums = np.bincount(member, weights=difference[known])
    p = None
    if len(sums) > 1:
        p = permutation_test(
            (sums,),
            np.sum,
            permutation_type="samples",  # of one sample: the signs are flipped
            vectorized=True,
            n_resamples=PERMUTATIONS,
            rng=np.random.default_rng(seed),
        ).pvalue
    result = {"difference": found["mean"], "low": found["low"], "high": found["high"]}
    return {**result, "n": found["n"], "groups": len(sums), "p": None if p is None else float(p)}


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p-values corrected for their number by Holm's step-down procedure; None stays None and does not count.

    The i-th smallest of m (from 0) is multiplied by m - i, is never smaller than the one before, and is at most 1.
    (S. Holm, Scandinavian Journal of Statistics 6:65-70, 1979; it holds for dependent tests as well.)
    """
    order = sorted((p, position) for position, p in enumerate(p_values) if p is not None)
    result: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, position) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        result[position] = largest
    return result
