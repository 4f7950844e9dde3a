"""A job ends with its workflow, and only with that."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ssinfnet.process import lifeline

SCRIPTS = Path(__file__).parents[3] / "workflow_scripts"
# It says that it runs, computes for as long as it is given, and then writes its result.
JOB = """
import sys, time
from ssinfnet.command import parser as command

def main():
    print("runs", flush=True)
    time.sleep(float(sys.argv[1]))
    print("result")

command.run(main)
"""


def start_job(workflow: int | None, seconds: float) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    environment.pop(lifeline.VARIABLE, None)
    if workflow is not None:
        environment[lifeline.VARIABLE] = str(workflow)
    program = [sys.executable, "-c", JOB, str(seconds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # What a shell has put into the background ignores Ctrl-C, and so would the job of tests that run there.
    return subprocess.Popen(program, env=environment, preexec_fn=_hear_ctrl_c, **pipes)


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def workflow():
    """A process in place of Snakemake."""
    process = subprocess.Popen(["sleep", "3600"])
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("is_asked_for_its_end", [True, False])
def test_a_job_ends_when_its_workflow_is_killed(workflow, is_asked_for_its_end):
    job = start_job(workflow.pid, 3600)
    assert job.stdout.readline() == "runs\n"
    workflow.send_signal(signal.SIGKILL)
    if is_asked_for_its_end:
        workflow.wait()
    elif not Path("/proc").exists():
        job.kill()
        pytest.skip("only Linux tells a process that is dead but not asked for")
    out, err = job.communicate(timeout=120)
    assert (job.returncode, out) == (1, "")
    assert err == "error: the workflow that started this job was killed\n"


def test_a_job_that_starts_after_the_end_of_its_workflow_ends_too(workflow):
    workflow.kill()
    workflow.wait()
    job = start_job(workflow.pid, 3600)
    assert job.communicate(timeout=120)[0].rstrip() in ("", "runs")  # the end of the line may come too late
    assert job.returncode == 1


def test_a_job_of_a_living_workflow_is_left_alone(workflow):
    job = start_job(workflow.pid, 4 * lifeline.SECONDS_BETWEEN_LOOKS)
    assert job.communicate(timeout=120) == ("runs\nresult\n", "")
    assert job.returncode == 0


def test_a_command_run_by_hand_outlives_what_started_it():
    # In the background of a shell that ends at once, as `nohup` has it.
    environment = {name: value for name, value in os.environ.items() if name != lifeline.VARIABLE}
    line = f"{sys.executable} -c '{JOB}' {4 * lifeline.SECONDS_BETWEEN_LOOKS} &"
    result = subprocess.run(
        ["sh", "-c", line], env=environment | {"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True, timeout=120
    )
    assert (result.stdout, result.stderr) == ("runs\nresult\n", "")


def test_ctrl_c_is_one_clear_line(workflow):
    job = start_job(workflow.pid, 3600)
    assert job.stdout.readline() == "runs\n"
    job.send_signal(signal.SIGINT)
    assert job.communicate(timeout=120) == ("", "error: interrupted\n")
    assert job.returncode == 1
