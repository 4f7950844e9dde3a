"""The fixture `bench`, with which each benchmark records rows: one table and one JSON file at the end of a session."""

from pathlib import Path

import bench_rows
import ceiling
import pytest
from bench_slices import Slices

from ssinfnet.files.json_file import read_json, write_json

BENCH = pytest.StashKey[bench_rows.Bench]()
EARLIER = pytest.StashKey[dict]()


def pytest_addoption(parser):
    group = parser.getgroup("benchmarks")
    group.addoption("--bench-json", default="results/benchmarks.json", help="file for the rows (default: %(default)s)")
    group.addoption("--bench-threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    group.addoption("--bench-rounds", type=int, default=5, help="measurements of each row (default: %(default)s)")
    group.addoption("--against", help="an earlier JSON file to compare the rows with")


@pytest.fixture(scope="session")
def bench(pytestconfig) -> bench_rows.Bench:
    # Where more than these tests are collected, pytest read the command line before it knew of this file.
    against = pytestconfig.getoption("against", default=None)
    if against:  # now and not at the end: it may be written over then, and a wrong name should not cost an hour
        pytestconfig.stash[EARLIER] = read_json(Path(against))
    threads, rounds = (pytestconfig.getoption(f"bench_{name}", default=1) for name in ("threads", "rounds"))
    pytestconfig.stash[BENCH] = bench_rows.Bench(threads, rounds, ceiling.measure)
    return pytestconfig.stash[BENCH]


@pytest.fixture(scope="session")
def slices(tmp_path_factory) -> Slices:
    """Sixteen slices of 128 x 128, the default's size."""
    return Slices(tmp_path_factory.mktemp("slices"), count=16, size=128)


def pytest_terminal_summary(terminalreporter, config):
    bench = config.stash.get(BENCH, None)
    if bench is None or not bench.rows:
        return
    content, path = bench.content(), config.getoption("bench_json", default=None)
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_json(path, content)
    terminalreporter.section("benchmarks")
    for line in bench_rows.table(content, config.stash.get(EARLIER, None)):
        terminalreporter.write_line(line)
    if path:
        terminalreporter.write_line(f"\nwritten to {path}")
