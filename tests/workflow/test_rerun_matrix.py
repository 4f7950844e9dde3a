"""Every key of the config, changed: Snakemake lists exactly the rules that rerun_matrix.py says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import rerun_matrix
import yaml
from snakemake.utils import update_config

from ssinfnet.config import workflow

# Keys that are valid only together with another.
WITH = {"methods.ssinfnet.unlabelled": {"unlabelled": {"folder": "workflow_scripts"}}}
KEYS = [key for key in rerun_matrix.every_key() if rerun_matrix.case(key)[0]]

pytestmark = pytest.mark.slow


def overlay(key):
    value = yaml.safe_load(rerun_matrix.case(key)[0])
    for part in reversed(key.split(".")):
        value = {part: value}
    return yaml.safe_dump(value | WITH.get(key, {}))


@pytest.fixture(scope="module")
def planned(finished):
    """The rules that each changed key makes Snakemake list; two dry-runs at a time."""
    with ThreadPoolExecutor(2) as pool:
        jobs = {key: pool.submit(finished.planned, overlay(key)) for key in KEYS}
    return {key: job.exception() or set(job.result()) for key, job in jobs.items()}


@pytest.mark.parametrize("key", KEYS)
def test_a_changed_key_runs_what_the_matrix_says(planned, key):
    assert planned[key] == rerun_matrix.case(key)[1]


def test_the_matrix_knows_every_rule(finished):
    everything = finished.planned("{data_dir: elsewhere, results_dir: elsewhere}")
    assert set(everything) == rerun_matrix.EVERYTHING


MODULES = {
    "severity": rerun_matrix.after("score_severity"),
    "metrics": rerun_matrix.after("evaluate_single evaluate_multi plot_overlays plot_augmentation"),
    "networks/unet": rerun_matrix.after("pretrain_multi train_multi"),
    "networks/coach": rerun_matrix.after("pretrain_single pretrain_multi train_single"),
    "training/losses": rerun_matrix.after("pretrain_single pretrain_multi train_single"),
    "splits": rerun_matrix.after("split_slices"),
}


@pytest.mark.parametrize(("module", "users"), MODULES.items(), ids=MODULES)
def test_an_edited_module_runs_the_stages_that_import_it(finished, module, users):
    path = finished.folder / f"workflow_scripts/ssinfnet/{module}.py"
    before = path.read_text()
    try:
        path.write_text(before + "\n# changed\n")
        assert set(finished.planned()) == users
    finally:
        path.write_text(before)


@pytest.mark.parametrize(
    "text",
    [
        "{severity: {seed: 0, folds: 2, bootstrap: 100}, evaluation: {bootstrap: 100}}",  # the same, in another order
        "{split: {train: 36.0}}",  # the same number
    ],
)
def test_the_same_values_run_nothing(finished, text):
    assert finished.planned(text) == {}


def test_the_whole_default_as_overlay_runs_nothing(finished):
    values = yaml.safe_load((finished.folder / "config.yaml").read_text())
    update_config(values, yaml.safe_load((finished.folder / "tests/workflow/tiny.yaml").read_text()))
    assert finished.planned(yaml.safe_dump(workflow.parse(values).model_dump(mode="json"))) == {}


def test_the_table_for_people_is_this_matrix():
    table = Path(__file__).parents[2] / "docs/reruns.md"
    assert table.read_text() == rerun_matrix.markdown(), "run: python tests/workflow/rerun_matrix.py > docs/reruns.md"
