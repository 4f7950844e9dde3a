"""What Snakemake itself costs: the CPU time of a tiny run of the whole workflow that none of its jobs takes.

`pytest tests/benchmarks/test_dag_speed.py -m slow`. Each command notes its own CPU time when it ends, those of its
start included, which test_startup_speed measures. The rest is of Snakemake: plan, shells, hashes, records.
"""

import json
import resource
from pathlib import Path

import pytest
from workflow_copy import Workflow

RECORDER = Path(__file__).with_name("recorder")


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.slow
def test_overhead_of_the_dag(bench, tmp_path, monkeypatch):
    workflow, times = Workflow(tmp_path / "workflow"), tmp_path / "times"
    times.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(RECORDER))
    monkeypatch.setenv("TIMES", str(times))
    before = cpu_of_children()
    workflow.snakemake("--cores", "1", *workflow.overlay("{}"))
    whole = cpu_of_children() - before
    own = [json.loads(path.read_text()) for path in times.iterdir()]
    assert 0 < sum(own) < whole
    bench.record("DAG of the tiny run", (whole - sum(own)) / len(own), item="job")
    bench.record("job of the tiny run", sum(own) / len(own), item="job")

    before = cpu_of_children()
    workflow.snakemake("--cores", "1", *workflow.overlay("{}"))
    bench.record("run with nothing to do", cpu_of_children() - before, item="run")
