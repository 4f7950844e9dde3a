"""The lock of a killed run goes by itself, that of a living one or of another machine's stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "workflow_scripts"
# It does what it is told, says so, and lives on until its input closes.
RUN = """
import sys
from pathlib import Path
from ssinfnet.process import workflow_lock

workflow_lock.join()
if "cluster" in sys.argv:
    workflow_lock.jobs_run_elsewhere()
if "locks" in sys.argv:
    Path(".snakemake/locks/0.output.lock").write_text("results/a")
print(workflow_lock.is_alone(), flush=True)
sys.stdin.read()
"""


class Runs:
    def __init__(self, folder: Path):
        self.folder = folder
        self.lock = folder / ".snakemake/locks/0.output.lock"
        self.lock.parent.mkdir(parents=True)
        self.started: list[subprocess.Popen] = []

    def start(self, *what: str) -> bool:
        """Start a run and return whether it found itself alone."""
        environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *what],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process.stdout.readline() == "True\n"

    def kill(self) -> None:
        """Kill the run that was started last."""
        process = self.started.pop()
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> str:
        """End the run that was started last; what it said of locks."""
        return self.started.pop().communicate(timeout=60)[1]


@pytest.fixture
def runs(tmp_path):
    result = Runs(tmp_path)
    yield result
    while result.started:
        result.kill()


def test_the_lock_of_a_killed_run_goes(runs):
    assert runs.start("locks")
    runs.kill()
    assert runs.lock.exists()
    assert runs.start()
    assert not runs.lock.exists()
    assert runs.end() == "Removed the lock that a killed run left behind.\n"


def test_the_lock_of_a_living_run_stays(runs):
    assert runs.start("locks")
    assert not runs.start()
    assert runs.lock.exists()
    assert runs.end() == ""


def test_a_lock_stays_while_any_run_lives(runs):
    runs.start()
    runs.start("locks")
    runs.kill()
    runs.start()
    assert runs.lock.exists()


def test_the_lock_of_another_machine_stays(runs):
    runs.start("locks")
    runs.kill()
    (runs.folder / ".snakemake/run.lock").write_text("elsewhere")
    assert runs.start()
    assert runs.lock.exists()


def test_the_lock_of_a_run_whose_jobs_are_on_a_cluster_stays(runs):
    runs.start("locks", "cluster")
    runs.kill()
    for _ in range(2):
        assert runs.start()
        assert runs.lock.exists()
        runs.end()
    runs.lock.unlink()  # snakemake --unlock
    runs.start("locks")
    runs.kill()
    runs.start()
    assert not runs.lock.exists()
