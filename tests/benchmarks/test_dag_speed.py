"""What Snakemake itself costs: the CPU time of a tiny run of the whole workflow that none of its jobs takes.

`pytest tests/benchmarks/test_dag_speed.py -m slow`. Each command notes its own CPU time when it ends, those of its
start included, which test_startup_speed measures. The rest is of Snakemake: plan, shells, hashes, records.
"""

import pytest
from recorded_run import RecordedRun


@pytest.mark.slow
def test_overhead_of_the_dag(bench, tmp_path, monkeypatch):
    workflow = RecordedRun(tmp_path, monkeypatch)
    whole = workflow.run()
    own = [use["seconds"] for use in workflow.uses()]
    assert 0 < sum(own) < whole
    bench.record("DAG of the tiny run", (whole - sum(own)) / len(own), item="job")
    bench.record("job of the tiny run", sum(own) / len(own), item="job")
    bench.record("run with nothing to do", workflow.run(), item="run")
