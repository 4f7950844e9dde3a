"""The tiny DAG through a real SLURM with profiles/slurm, on a node whose two GPUs are made up."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import cluster
import pytest
import yaml
from workflow_copy import Workflow

pytestmark = pytest.mark.slurm

OVERLAY = """
priors: {mode: in_sample}
multi: {schedule: {epochs: 1}}
pretext: {rounds: {network_epochs: 1}}
"""
METHODS = {"sinfnet", "ssinfnet"}
TRAINING = {"pretrain_single", "train_single", "pretrain_multi", "train_multi"}
GROUPS = {"priors": 4, "classes": 4, "patients": 2}  # SLURM jobs, over both methods

# The fake GPUs compute on the CPU, and one training hangs when it runs for the first time.
FAKE_GPU = """

def start(gpus: int, threads: int) -> Runtime:
    import pathlib, sys, time

    if gpus:
        print("fake GPU", cards.claim(), file=sys.stderr, flush=True)
    flag = pathlib.Path("hang_once")
    if flag.exists() and sys.argv[0].endswith("train_single.py") and any("/sinfnet/" in word for word in sys.argv):
        flag.unlink()
        time.sleep(3600)
    torch.set_num_threads(threads)
    return Runtime("cpu", "float32", threads)
"""


def workflow(folder: Path) -> Workflow:
    copy = Workflow(folder)
    runtime = folder / "workflow_scripts/ssinfnet/inference/runtime.py"
    runtime.write_text(runtime.read_text() + FAKE_GPU)
    return copy


def adapt_profile(folder: Path) -> None:
    """Change what a test needs: no seconds to lose, and a time limit that one can wait for."""
    file = folder / "profiles/slurm/config.yaml"
    profile = yaml.safe_load(file.read_text())
    assert profile["retries"] > 0
    profile["retries"] = 3  # on a busy machine a minute or two may not be enough for the real work either
    profile["slurm-init-seconds-before-status-checks"] = 3
    training = profile["set-resources"]["train_single"]
    limit = training["runtime"].replace("240", "(1 if wildcards.method == 'sinfnet' else 240)")
    profile["set-resources"]["train_single"] = training | {"runtime": limit}
    file.write_text(yaml.safe_dump(profile))


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> Workflow:
    """The same run without a cluster."""
    run = workflow(tmp_path_factory.mktemp("local"))
    run.snakemake("--cores", "2", "--resources", "gpu=0", *run.overlay(OVERLAY))
    return run


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A SLURM that runs until the last test has ended."""
    if reason := cluster.why_not():
        pytest.skip(reason)
    with cluster.start(tmp_path_factory.mktemp("daemons"), gpus=2):
        yield


@pytest.fixture(scope="module")
def submitted(slurm, tmp_path_factory):
    """The workflow after a run through SLURM, and SLURM's record of each job."""
    run = workflow(tmp_path_factory.mktemp("slurm"))
    adapt_profile(run.folder)
    (run.folder / "hang_once").touch()
    run.snakemake("--workflow-profile", "profiles/slurm", *run.overlay(OVERLAY), timeout=2400)
    return run, records()


def records() -> list[dict[str, str]]:
    """What SLURM knows of each job, and under "name" the rule or group that the executor notes in the comment."""
    text = subprocess.run(["scontrol", "--oneliner", "show", "job"], capture_output=True, text=True, check=True).stdout
    jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in text.splitlines()]
    jobs.sort(key=lambda job: int(job["JobId"]))
    for job in jobs:
        name = re.sub(r"_wildcards_.*", "", job["Comment"].removeprefix("rule_"))
        job["name"] = next((group for group in GROUPS if name.startswith(f"{group}_")), name)
    return jobs


def test_the_results_are_the_same_bytes_as_without_a_cluster(submitted, local):
    run, _ = submitted
    expected = local.hashes()
    assert len(expected) > 50
    found = run.hashes()
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def test_training_asked_for_a_gpu_and_other_jobs_did_not(submitted):
    run, jobs = submitted
    asked = {job["name"] for job in jobs if re.search("gpu", job.get("TresPerJob", ""))}
    assert asked == TRAINING | {"plot_pretext"} | set(GROUPS)
    assert {job["TresPerJob"].rsplit(":", 1)[1] for job in jobs if job["name"] in asked} == {"1"}
    for rule in TRAINING:
        for log in (run.folder / "results/logs" / rule).iterdir():
            assert re.search(r"^fake GPU [01]$", log.read_text(), re.MULTILINE), log


def test_shards_ran_as_jobs_of_their_own_and_groups_as_one(submitted):
    run, jobs = submitted
    count = Counter(job["name"] for job in jobs if job["JobState"] == "COMPLETED")
    assert count["extract_parenchyma"] == 2
    assert {group: count[group] for group in GROUPS} == GROUPS
    assert len(list((run.folder / "results").glob("*/seed0/patients/infection_shard*.h5"))) == 2 * len(METHODS)


def test_a_job_killed_by_its_time_limit_ran_once_more_with_more_time(submitted):
    run, jobs = submitted
    assert not (run.folder / "hang_once").exists()
    tries = [job for job in jobs if job["Comment"].startswith("rule_train_single_wildcards_sinfnet_")]
    assert len(tries) > 1
    assert [job["JobState"] for job in tries] == ["TIMEOUT"] * (len(tries) - 1) + ["COMPLETED"]
    assert [job["TimeLimit"] for job in tries] == [f"00:0{number}:00" for number in range(1, len(tries) + 1)]
    assert {job["JobState"] for job in jobs if job not in tries} == {"COMPLETED"}


def test_a_finished_run_submits_nothing(submitted):
    run, jobs = submitted
    output = run.snakemake("--workflow-profile", "profiles/slurm", *run.overlay(OVERLAY), timeout=120)
    assert "Nothing to be done" in output.stdout + output.stderr
    assert len(records()) == len(jobs)


def test_the_error_of_a_job_that_fails_is_shown(slurm, tmp_path):
    run = workflow(tmp_path / "failing")
    adapt_profile(run.folder)
    (run.folder / "workflow_scripts/generate_phantom.py").write_text('raise SystemExit("error: so it is")\n')
    arguments = ["--workflow-profile", "profiles/slurm", *run.overlay(OVERLAY), "--retries", "0"]
    result = run.snakemake(*arguments, "results/slices/medseg.h5", check=False, timeout=300)
    assert result.returncode == 1
    assert "error: so it is" in result.stderr
    assert "results/logs/generate_phantom.log" in result.stderr
