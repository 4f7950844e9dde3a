"""How a job takes a card of its own: with made-up cards, and processes that really compete for them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gpu_job import by_card, most_at_once

from ssinfnet.errors import InputError
from ssinfnet.inference import runtime
from ssinfnet.process import gpus

SCRIPTS = Path(__file__).parents[3] / "workflow_scripts"
JOB = Path(__file__).parents[2] / "gpu_job.py"


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine of its own: no variables from outside, locks in a new folder, and locks let go at the end."""
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", "SSINFNET_JOBS_PER_GPU"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(gpus, "_locks", [])
    yield
    for file in gpus._locks:
        os.close(file)


def cards(monkeypatch, count):
    monkeypatch.setattr(gpus, "_devices", lambda: [Path(f"/dev/nvidia{number}") for number in range(count)])


def start_job(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, JOB, *arguments],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def reports(jobs):
    """What jobs say when they end: the card of each, and from when to when it had it."""
    results = []
    for job in jobs:
        out, err = job.communicate(timeout=120)
        assert job.returncode == 0, err
        results.append(json.loads(out))
    return results


def cards_held_at_once(number, environment):
    """The cards of jobs that all hold theirs at the same moment."""
    jobs = [start_job(environment) for _ in range(number)]
    for job in jobs:
        assert job.stderr.readline() == "claimed\n"
    return sorted(job["card"] for job in reports(jobs))


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (None, ["0", "1", "2"]),
        ("1", ["1"]),
        ("2, 0", ["2", "0"]),
        ("GPU-8932f937,GPU-14c2ab5b", ["GPU-8932f937", "GPU-14c2ab5b"]),
        ("", []),
        ("-1", []),
        ("0,-1,1", ["0"]),
    ],
)
def test_the_cards_are_those_that_cuda_shows(monkeypatch, variable, expected):
    cards(monkeypatch, 3)
    if variable is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)
    assert gpus.visible() == expected
    assert gpus.available() == bool(expected)


def test_a_variable_alone_is_no_gpu(monkeypatch):
    cards(monkeypatch, 0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert not gpus.available()


def test_claiming_sets_what_cuda_sees(monkeypatch):
    cards(monkeypatch, 2)
    assert gpus.claim() == "0"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_without_a_card_a_claim_is_an_error(monkeypatch):
    cards(monkeypatch, 0)
    with pytest.raises(InputError, match="--resources gpu=0"):
        gpus.claim()


def test_a_gpu_that_pytorch_cannot_use_is_an_error_and_no_cpu_run(monkeypatch):
    cards(monkeypatch, 1)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match=r"cannot use the GPU 0.*--resources gpu=0"):
        runtime.start(gpus=1, threads=1)


def test_on_the_cpu_no_card_is_claimed(monkeypatch):
    cards(monkeypatch, 2)
    assert runtime.start(gpus=0, threads=1).device == "cpu"
    assert gpus._locks == [] and "CUDA_VISIBLE_DEVICES" not in os.environ


def test_as_many_jobs_as_cards_each_have_their_own():
    assert cards_held_at_once(3, {"CUDA_VISIBLE_DEVICES": "5,6,7"}) == ["5", "6", "7"]


def test_more_jobs_than_cards_wait_and_never_share():
    jobs = reports([start_job({"CUDA_VISIBLE_DEVICES": "0,1"}, "0.3") for _ in range(5)])
    assert {most_at_once(served) for served in by_card(jobs).values()} == {1}


def test_cards_are_shared_when_asked_and_evenly():
    environment = {"CUDA_VISIBLE_DEVICES": "0,1", "SSINFNET_JOBS_PER_GPU": "2"}
    assert cards_held_at_once(4, environment) == ["0", "0", "1", "1"]


@pytest.mark.parametrize("number", ["0", "-1", "two", ""])
def test_a_wrong_number_of_jobs_per_card_is_an_error(monkeypatch, number):
    cards(monkeypatch, 1)
    monkeypatch.setenv("SSINFNET_JOBS_PER_GPU", number)
    with pytest.raises(InputError, match="SSINFNET_JOBS_PER_GPU"):
        gpus.claim()


def test_a_killed_job_leaves_its_card_free(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    job = start_job({})
    assert job.stderr.readline() == "claimed\n"
    assert not gpus._lock("0", 0)
    job.kill()
    job.communicate()
    assert gpus.claim() == "0"


def test_who_waits_says_so_once(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4")
    gpus.claim()
    waiting = start_job({}, "0")
    assert waiting.stderr.readline().startswith("waiting for a free GPU: 4 in use")
    time.sleep(0.1)  # for several tries
    os.close(gpus._locks.pop())
    assert waiting.communicate(timeout=120)[1] == ""


def test_cards_of_two_slurm_jobs_are_not_taken_for_each_other(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    gpus.claim()
    monkeypatch.setenv("SLURM_JOB_ID", "2")
    assert gpus.claim() == "0"
