"""All 256 thresholds from one histogram against a loop over them; rows of the table, nothing asserted."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from stopwatch import cpu_seconds

from ssinfnet.evaluation import infnet_protocol, map_folders, metrics

SIZE, IMAGES = 512, 40


@pytest.fixture
def folders(tmp_path):
    """Smooth blobs over a fifth of the slice as masks, the blurred masks with noise as maps."""
    random = np.random.default_rng(0)
    for kind in ("maps", "masks"):
        (tmp_path / kind).mkdir()
    for number in range(IMAGES):
        field = gaussian_filter(random.random((SIZE, SIZE)), 20)
        mask = field > np.quantile(field, 0.8)
        noisy = gaussian_filter(mask.astype(float), 8) + 0.05 * random.random((SIZE, SIZE))
        for kind, values in (("maps", noisy / noisy.max()), ("masks", mask)):
            Image.fromarray((255 * values).astype(np.uint8)).save(tmp_path / kind / f"{number}.png")
    return tmp_path


def count_in_a_loop(truth, probability):
    for threshold in metrics.THRESHOLDS:
        metrics.confusion(truth, probability >= threshold)


def score_in_a_loop(truth, probability):
    """Dice, sensitivity, specificity and E-measure of the mask of each threshold, E-measure pixel by pixel."""
    g = truth - truth.mean()
    for threshold in metrics.THRESHOLDS:
        mask = probability >= threshold
        counts = metrics.confusion(truth, mask)
        metrics.dice(counts), metrics.recall(counts), metrics.specificity(counts)
        f = mask - mask.mean()
        ((1 + 2 * f * g / (f * f + g * g)) ** 2 / 4).mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "loop", "at_once"),
    [
        ("confusion of 256 thresholds", count_in_a_loop, metrics.confusion_by_threshold),
        ("curves of Inf-Net's protocol", score_in_a_loop, infnet_protocol.curves),
    ],
)
def test_histogram_against_loop(bench, folders, name, loop, at_once):
    cases = list(map_folders.read_cases(folders / "maps", folders / "masks"))[:5]
    inputs = [(case.truth, infnet_protocol.stretch(case.grey)) for case in cases]

    def all_by(function):
        return lambda: [function(*pair) for pair in inputs]

    bench.compare(name, all_by(at_once), all_by(loop), items=len(inputs), item="map", baseline="loop")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["infnet", "paper"])
def test_whole_maps(bench, folders, protocol):
    score = {
        "infnet": map_folders.score_infnet,
        "paper": lambda cases: map_folders.score_paper(cases, threshold=0.5, empty=1.0),
    }
    seconds = cpu_seconds(score[protocol], map_folders.read_cases(folders / "maps", folders / "masks"))
    bench.record(f"evaluate_maps, {protocol}, {SIZE} pixels", seconds / IMAGES, item="map")
