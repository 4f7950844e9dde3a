"""Intervals of how well a ratio ranks patients, all resamples at once, beside calls of scikit-learn and SciPy for each.

`pytest tests/benchmarks/test_severity_speed.py -m slow`. Of simulated patients; as many as a hospital and as a country
may have.
"""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from ssinfnet.severity import metrics


def simulate(patients):
    """True scores 0, 1, 2, and ratios that rise with them; as many of them are 0 as of real patients."""
    random = np.random.default_rng(0)
    truth = random.choice(3, patients, p=(0.75, 0.2, 0.05))
    return truth, np.maximum(0, 0.1 * truth + random.normal(0, 0.1, patients))


def call_by_call(truth, ratios, resamples):
    random, count = np.random.default_rng(0), len(truth)
    found = []
    for _ in range(resamples):
        drawn = random.integers(0, count, count)
        true, ratio = truth[drawn], ratios[drawn]
        found.append((roc_auc_score(true >= 1, ratio), spearmanr(true, ratio).statistic))
    return np.percentile(found, [2.5, 97.5], axis=0)


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "resamples"), [(1_000, 200), (100_000, 5)])
def test_severity(bench, patients, resamples):
    truth, ratios = simulate(patients)
    bench.compare(
        f"severity of {patients:,} patients",
        lambda: metrics.ranking(truth, {"ratio": ratios}, resamples=resamples, seed=0),
        lambda: call_by_call(truth, ratios, resamples),
        items=resamples,
        item="resample",
        baseline="calls",
    )
