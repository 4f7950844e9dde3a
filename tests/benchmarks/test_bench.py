"""The benchmarks' own bookkeeping; no time is asserted."""

import bench_networks
import bench_rows
import pytest
import torch
from ceiling import Ceiling, gflop

from ssinfnet import networks
from ssinfnet.files.json_file import read_json, write_json


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(bench_rows.torch, "set_num_threads", lambda _: None)
    return bench_rows.Bench(1, 3, lambda: Ceiling(gflop=100.0, gigabytes=10.0))


def test_shares_of_the_ceiling_and_ratios(bench):
    bench.record("network", 0.5, gflop=25.0, baseline="plain loop", ratios=[3.0, 1.0, 2.0])
    bench.record("data", 0.1, gigabytes=0.5)
    bench.record("start", 2.0, item="start")
    network, data, start = bench.rows
    assert (network.share, network.ceiling, network.ratio) == (0.5, "product", (1.0, 2.0, 3.0))
    assert (data.share, data.ceiling) == (0.5, "copy")
    assert start.share is start.ratio is start.baseline is None


@pytest.mark.parametrize("groups", [1, 8])
def test_operations_of_a_convolution(groups):
    layer, image = torch.nn.Conv2d(8, 8, 3, padding=1, groups=groups), torch.rand(2, 8, 16, 16, requires_grad=True)
    forward = 2 * 2 * 16 * 16 * 8 * 9 * 8 / groups / 1e9
    assert gflop(lambda: layer(image)) == pytest.approx(forward)
    assert gflop(lambda: layer(image).sum().backward()) == pytest.approx(3 * forward)


def test_each_is_called_equally_often(bench):
    calls = []

    def ours():
        calls.append("ours")
        sum(range(100_000))

    def plain():
        calls.append("plain")
        sum(range(100_000))

    bench.compare("sum", ours, plain, items=2, baseline="plain")
    assert calls == ["ours", "plain", "ours", "plain", "plain", "ours", "ours", "plain"]
    assert bench.rows[0].share is None and bench.rows[0].seconds > 0


def test_table_against_an_earlier_file(bench, tmp_path):
    bench.record("a", 1.0)
    write_json(tmp_path / "earlier.json", bench.content() | {"threads": 2})
    bench.rows.clear()
    bench.record("a", 0.5, gflop=5.0, baseline="plain loop", ratios=[2.0])
    bench.record("b", 0.1)
    lines = bench_rows.table(bench.content(), read_json(tmp_path / "earlier.json"))
    assert "not the same threads: 2 then" in lines
    head, a, b = lines[-3:]
    assert head.endswith("as earlier") and a.endswith("2.00") and b.endswith("new")
    assert "10% product" in a and "2.00 plain loop" in a


def test_every_network_is_measured():
    names = {section.name for stage in ("single", "multi") for section in bench_networks.sections(stage).values()}
    assert names == set(networks.MODULES)
