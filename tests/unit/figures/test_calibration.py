import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plot_calibration
from ssinfnet.figures import calibration
from ssinfnet.slices import store


def test_bins_and_errors_by_hand():
    probability = np.array([[0.05, 0.05, 0.95], [0.95, 0.1, 1.0]])
    truth = np.array([[0, 1, 1], [1, 0, 1]], dtype=bool)
    bins = calibration.count([(truth, probability)])
    assert list(bins.pixels[[0, 1, 9]]) == [2, 1, 3] and bins.pixels.sum() == 6
    np.testing.assert_allclose(bins.infected_share[[0, 1, 9]], [0.5, 0, 1])
    np.testing.assert_allclose(bins.mean_probability[[0, 1, 9]], [0.05, 0.1, 2.9 / 3])
    assert np.isnan(bins.mean_probability[5])
    assert calibration.expected_error(bins) == pytest.approx((2 * 0.45 + 1 * 0.1 + 3 * 0.1 / 3) / 6)
    assert calibration.average_error(bins) == pytest.approx((0.45 + 0.1 + 0.1 / 3) / 3)


def test_a_calibrated_map_has_no_error_and_a_sure_wrong_one_the_largest():
    truth = np.tile(np.arange(10) < 3, (10, 1))
    assert calibration.expected_error(calibration.count([(truth, np.full((10, 10), 0.3))])) == pytest.approx(0)
    assert calibration.expected_error(calibration.count([(truth, 1.0 - truth)])) == pytest.approx(1)


@given(st.integers(0, 10_000))
def test_slices_add_up_and_errors_lie_between_0_and_1(seed):
    random = np.random.default_rng(seed)
    pairs = [(random.random((4, 5)) < 0.3, random.random((4, 5))) for _ in range(3)]
    bins = calibration.count(pairs)
    joined = calibration.count([tuple(np.concatenate(parts) for parts in zip(*pairs, strict=True))])
    np.testing.assert_allclose(bins, joined)
    assert bins.infected.sum() == sum(truth.sum() for truth, _ in pairs)
    assert 0 <= calibration.expected_error(bins) <= 1


def test_the_command_writes_a_row_per_run_and_bin_and_a_line_per_method(tmp_path):
    mask = np.zeros((8, 8), dtype=np.uint8)
    mask[:4] = 1
    maps = (0.8 * mask + 0.1).astype(np.float16)
    for name, arrays in (("slices", {"mask": mask}), ("infection", {"infection": maps})):
        with store.create_store(tmp_path / f"{name}.h5") as writer:
            writer.add("s", group="s", origin="made here", **arrays)
    arguments = ["--config-json", json.dumps({"methods": {"a": {"label": "A"}}}), f"--slices={tmp_path}/slices.h5"]
    arguments += [f"--out-figure={tmp_path}/figure.png"]
    arguments += [f"--out-table={tmp_path}/table.csv"]
    for method, seed in (("a", "0"), ("a", "1"), ("b", "0")):
        arguments += ["--single", method, seed, f"{tmp_path}/infection.h5"]
    plot_calibration.main(arguments)
    table = pd.read_csv(tmp_path / "table.csv")
    assert len(table) == 3 * calibration.BINS
    assert list(table.groupby(["method", "seed"])["infected"].sum()) == [32, 32, 32]
    assert table["expected_calibration_error"].to_numpy() == pytest.approx(0.1, abs=1e-3)
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_the_figure_draws_the_lowest_seed_and_names_the_errors_of_all():
    even, odd = (calibration.count([(np.ones((2, 2), bool), np.full((2, 2), level))]) for level in (0.5, 0.9))
    figure = calibration.figure({("a", 3): odd, ("a", 1): even, ("b", 1): odd}, {"a": "A", "b": "B"})
    _, first, second = figure.axes[0].lines
    assert np.nanmax(first.get_xdata()) == 0.5
    assert len({line.get_marker() for line in (first, second)}) == 2  # told apart without colour
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[1].startswith("A: expected error 0.300 (2 seeds: 0.100 to 0.500)")
    assert texts[2].startswith("B: expected error 0.100,")
