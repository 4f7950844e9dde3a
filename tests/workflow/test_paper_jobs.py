"""How many jobs the paper's protocol has and how many of them a cluster gets: the documents say these numbers."""

import shutil
from collections import Counter

import pytest
from dry_runs import DryRuns
from workflow_copy import ROOT, Workflow

pytestmark = pytest.mark.slow

ARGUMENTS = ("--workflow-profile", "profiles/slurm", "--configfile", "experiments/paper.yaml")
DOWNLOADS = {"download_medseg", "download_ictcf"}


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = Workflow(tmp_path_factory.mktemp("paper")).folder
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    return DryRuns(folder).ask(arguments=ARGUMENTS).result()


def text(name):
    return " ".join((ROOT / name).read_text().split())


def test_the_documents_say_how_many_jobs_the_paper_needs(plan):
    rules = Counter(job.rule for job in plan.jobs)
    jobs = len(plan.jobs) + 1  # and `all`
    alone = len(plan.jobs) - sum(rules[rule] for rule in DOWNLOADS)
    submitted = alone - sum(map(len, plan.groups)) + len(plan.groups)
    priors, classes, patients = (
        sum(rule in group for group in plan.groups)
        for rule in ("predict_infection", "predict_classes", "score_severity")
    )
    assert priors + classes + patients == len(plan.groups)
    pretext = rules["pretrain_single"] + rules["pretrain_multi"]
    training = rules["train_single"] + rules["train_multi"]
    shards = rules["extract_parenchyma"]
    runs = patients
    rest = submitted - pretext - training - shards - len(plan.groups)

    assert sum(rules[rule] for rule in DOWNLOADS) == 7
    assert f"with five methods and three seeds: {jobs:,} jobs" in text("README.md")
    assert (
        f"`experiments/paper.yaml` has {jobs:,} jobs. Seven downloads and the final `all` run on the login node."
        f" The other {alone:,} would each be a job in the queue; grouped, they are {submitted}: {pretext} pretext and"
        f" {training} training segments (chains in which one follows the other: at most {runs} of them wait or run at"
        f" a time), {shards} shards of lung extraction, {runs} × 5 groups of predictions and scores ({priors} `priors`,"
        f" {classes} `classes`, {patients} `patients`, each of which holds all shards of a run) and {rest} more."
    ) in text("docs/cluster.md")
    assert f"with experiments/paper.yaml {submitted} jobs, not {alone:,}" in text("profiles/slurm/config.yaml")
