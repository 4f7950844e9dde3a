"""What a workstation's GPUs are given to: Snakemake with profiles/default, real jobs, and cards that are made up."""

import copy
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from gpu_job import by_card, most_at_once
from workflow_copy import Workflow

JOBS = Path(__file__).parents[1] / "gpu_job.py"
GPU_COMMANDS = {
    *("pretrain_single", "train_single", "predict_infection", "pretrain_multi", "train_multi", "predict_classes"),
    "plot_pretext",
}
# Jobs that ask for a GPU as the rules do, and for nothing else.
SNAKEFILE = f"""
include: "rules/location.smk"
configfile: DEFAULTS
include: "rules/common.smk"

rule all:
    default_target: True
    input: expand("jobs/{{number}}.json", number=range(4))

rule train:
    output: "jobs/{{number}}.json"
    resources: gpu=GPU
    shell: "PYTHONPATH=workflow_scripts {sys.executable} {JOBS} 3 > {{output}}"
"""


@pytest.fixture
def workflow(tmp_path) -> Workflow:
    return Workflow(tmp_path)


def install(workflow, devices):
    """Have the driver of the workflow's machine show so many cards."""
    module = workflow.folder / "workflow_scripts/ssinfnet/process/gpus.py"
    module.write_text(f'{module.read_text()}\n\ndef _devices():\n    return [Path("/dev/nvidia0")] * {devices}\n')


@pytest.mark.parametrize(
    ("cards", "arguments", "at_once"),
    [
        ("0,1", [], {1}),
        ("0,1", ["--resources", "gpu=2"], {2}),
        ("0", ["--resources", "gpu=2"], {1}),
    ],
    ids=["one at a time by default", "two with two cards", "one with one card, whatever is asked"],
)
def test_jobs_do_not_share_a_card(workflow, monkeypatch, cards, arguments, at_once):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", cards)
    monkeypatch.setenv("TMPDIR", str(workflow.folder))
    install(workflow, len(cards.split(",")))
    (workflow.folder / "jobs.smk").write_text(SNAKEFILE)
    workflow.snakemake("--snakefile", "jobs.smk", "--cores", "4", *arguments)
    jobs = [json.loads(file.read_text()) for file in (workflow.folder / "jobs").iterdir()]
    assert len(jobs) == 4
    assert {most_at_once(jobs)} == at_once
    assert {most_at_once(jobs) for jobs in by_card(jobs).values()} == {1}


@pytest.mark.parametrize(
    ("devices", "arguments", "asked"),
    [
        (1, [], {"1"}),
        (1, ["--resources", "gpu=0"], {"0"}),
        (1, ["--resources", "gpu=2"], {"1"}),
        (0, [], {"0"}),
        (0, ["--resources", "gpu=0"], {"0"}),
        (0, ["--resources", "gpu=1"], {"1"}),
    ],
    ids=[
        *("a machine with a GPU", "the CPU switch", "more than there are"),
        *("a machine without", "the CPU switch there", "asked for what is not there"),
    ],
)
def test_rules_use_a_gpu_where_there_is_one(workflow, monkeypatch, devices, arguments, asked):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    install(workflow, devices)
    plan = workflow.snakemake("-n", "--printshellcmds", "--cores", "2", *arguments, *workflow.overlay("{}")).stdout
    commands = re.findall(r"workflow_scripts/(\w+)\.py .* --gpus (\d)", plan)
    assert {command for command, _ in commands} == GPU_COMMANDS
    assert {gpus for _, gpus in commands} == asked


@pytest.mark.parametrize("asking", [("--resources", "gpu=1"), ("--set-resources", "pretrain_single:gpu=1")])
def test_asking_for_a_gpu_where_there_is_none_is_an_error(finished, tmp_path, monkeypatch, asking):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run = copy.copy(finished)
    run.folder = shutil.copytree(finished.folder, tmp_path / "copy")
    target = run.folder / "results/pretext/inpainting/seed0/single/round0/epoch1.pt"
    arguments = ["--cores", "2", *run.overlay("{}"), "--force", str(target.relative_to(run.folder))]
    result = run.snakemake(*arguments, *asking, check=False)
    assert result.returncode == 1
    assert "error: a GPU was asked for, but this machine shows none; use --resources gpu=0" in result.stderr
    assert not target.exists()
    run.snakemake(*arguments)  # without a number, the same job computes on the CPU
    assert target.exists()
