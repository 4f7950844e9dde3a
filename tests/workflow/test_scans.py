"""Scans by the rules: the same bytes as by the command, nothing trained, and only what has changed scored again."""

import hashlib
import os
import subprocess
import sys

import bundles
import chest_scan
import numpy as np
import pytest
import stored_scans
from PIL import Image
from workflow_copy import ROOT, Workflow

from ssinfnet.slices.window import LUNG_WINDOW, to_grey

VALUES = chest_scan.Chest().values[::3]
SPACING = (chest_scan.SPACING[0] * 3, *chest_scan.SPACING[1:])
RULES = {"list_scans": 2, "score_listed_scans": 2, "tabulate_scans": 1}
OVERLAY = "scans: {table: mine/scans.csv, bundle: bundle.zip}"
# In the order of the table; two are of one name, and one is refused.
INPUTS = ("a/scan.nii.gz", "series", "b/scan.nii.gz", "pictures", "air.nii.gz", "several")


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    """A workflow with scans and a bundle in its folder, all scored."""
    result = Workflow(tmp_path_factory.mktemp("scans"))
    bundles.make(result.folder, seeds=(0, 1))
    mine = result.folder / "mine"
    for name in ("a", "b", "several", "pictures"):
        (mine / name).mkdir(parents=True)
    stored_scans.save_nifti(mine / "a/scan.nii.gz", VALUES, spacing=SPACING)
    stored_scans.save_nifti(mine / "b/scan.nii.gz", VALUES[:, 2:], "SAR", spacing=SPACING)
    series = stored_scans.slices_of(VALUES, spacing=SPACING)
    stored_scans.save(series, mine / "series")
    stored_scans.save(series, mine / "several/again")  # the series a second time
    stored_scans.save_nifti(mine / "several/scan.nii.gz", VALUES[1:], spacing=SPACING)
    stored_scans.save_nifti(mine / "air.nii.gz", np.full_like(VALUES, -1000), spacing=SPACING)
    for place, one in enumerate(to_grey(VALUES, LUNG_WINDOW)):
        Image.fromarray(one).save(mine / f"pictures/p{place:02}.png")
    (mine / "scans.csv").write_text("\n".join(["scan", *INPUTS]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        result.snakemake("--cores", "2", *result.overlay(OVERLAY))
    return result


def written(folder):
    """SHA-256 of all masks, tables, pictures and pages in a folder, but for the jobs' own files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not (path.parent == folder and path.suffix == ".json")
    }


@pytest.mark.parametrize(
    "program",
    [["workflow_scripts/score_scans.py"], ["-c", "import score_scans; score_scans.console()"]],
    ids=["the command", "the console command"],
)
def test_command_and_rules_give_equal_bytes(workflow, tmp_path, program):
    environment = {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONPATH": str(ROOT / "workflow_scripts")}
    inputs = [f"mine/{name}" for name in INPUTS]
    arguments = [*program, *inputs, "--bundle", "bundle.zip", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, *arguments], cwd=workflow.folder, env=os.environ | environment, capture_output=True, text=True
    )
    assert "5 of 6 scans scored" in done.stderr and done.returncode == 1, done.stderr
    found = written(workflow.folder / "results/scans")
    assert found == written(tmp_path / "out")
    endings = ("scan-3/lungs.nii.gz", "segmentation.dcm", "report.dcm", "p00.png", "scans.csv", "scans.html")
    assert [end for end in endings if not any(name.endswith(end) for name in found)] == []


def test_scored_scans_are_left_alone_and_nothing_is_trained(workflow):
    assert workflow.planned(OVERLAY) == {}
    assert workflow.planned("scans: {table: mine/scans.csv, bundle: bundle.zip, shards: 3}") == {
        **{"list_scans": 3, "score_listed_scans": 3, "tabulate_scans": 1}
    }


def test_a_changed_scan_is_scored_again_and_no_other(workflow):
    scans = workflow.folder / "results/scans"
    before = {path.parent.name: path.stat().st_mtime_ns for path in scans.glob("*/measures.json")}
    stored_scans.save_nifti(workflow.folder / "mine/b/scan.nii.gz", VALUES[:, 4:], "SAR", spacing=SPACING)
    assert workflow.planned(OVERLAY)["score_listed_scans"] == 2
    workflow.snakemake("--cores", "2", *workflow.overlay(OVERLAY))
    after = {path.parent.name: path.stat().st_mtime_ns for path in scans.glob("*/measures.json")}
    # What has no score is tried again.
    assert {name for name in before if before[name] != after[name]} == {"scan-2", "air"}
    assert workflow.planned(OVERLAY) == {}


@pytest.mark.parametrize(("name", "rules"), [("scan", {"score_listed_scans"}), ("batch", set())])
def test_a_changed_template_runs_what_reads_it(workflow, name, rules):
    template = workflow.folder / f"workflow_scripts/ssinfnet/scans/templates/{name}.html.j2"
    before = template.read_text()
    template.write_text(before + "\n")
    try:
        assert set(workflow.planned(OVERLAY)) == rules | {"tabulate_scans"}
    finally:
        template.write_text(before)


def test_all_templates_are_inputs(workflow):
    table = workflow.snakemake("--detailed-summary", *workflow.overlay(OVERLAY)).stdout
    folder = workflow.folder / "workflow_scripts/ssinfnet/scans/templates"
    assert [path.name for path in folder.iterdir() if f"templates/{path.name}" not in table] == []


def test_by_a_method_of_the_config_all_else_runs_as_well(workflow):
    jobs = workflow.planned("scans: {table: mine/scans.csv, bundle: ssinfnet}")
    assert {"train_single", "export_bundle", "write_summary", "score_listed_scans", "tabulate_scans"} <= set(jobs)
    assert "list_scans" not in jobs  # the lists do not depend on the bundle


def test_without_a_table_there_is_no_job_of_scans(workflow):
    jobs = workflow.planned("results_dir: elsewhere")
    assert "write_summary" in jobs and not set(RULES) & set(jobs)


@pytest.mark.parametrize(
    ("table", "bundle", "message"),
    [
        ("scan\nnowhere.nii\n", "bundle.zip", "error: own.csv: row 2: nowhere.nii is not there"),
        (
            "path,name\nx.nii,x\n",
            "bundle.zip",
            "error: own.csv: no column 'scan' among path, name (UTF-8, cells parted by commas); one row at the top "
            "must name the columns scan",
        ),
        (
            "scan\nbundle.zip\n",
            "ssinfnett",
            "error: scans.bundle: ssinfnett is neither a file nor a method (sinfnet, ssinfnet); did you mean ssinfnet?",
        ),
        (
            "scan\nbundle.zip\n",
            "null",
            "error: config: scans: scans.table is given, so scans.bundle must name a bundle or a method",
        ),
    ],
    ids=["no scan", "no column", "no bundle", "a bundle that nobody names"],
)
def test_a_mistake_is_one_line_before_any_job(workflow, table, bundle, message):
    (workflow.folder / "own.csv").write_text(table)
    overlay = workflow.overlay(f"scans: {{table: own.csv, bundle: {bundle}}}")
    result = workflow.snakemake("--cores", "2", *overlay, check=False)
    assert result.returncode != 0 and "Traceback" not in result.stderr
    assert any(line.startswith(message) for line in result.stderr.splitlines()), result.stderr
