"""The workflow from any folder, as a module, from a hosting service, through the Makefile, and on users' folders."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from workflow_copy import ROOT, SNAKEMAKE, Workflow

from ssinfnet.process import system

TINY = "tests/workflow/tiny.yaml"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Workflow:
    """The workflow in a folder whose name would confuse a shell."""
    return Workflow(tmp_path_factory.mktemp("check out") / "it's here")


def snakemake(folder: Path, *arguments: str | Path, check: bool = True, **environment: str) -> str:
    """What Snakemake prints when it runs in `folder` with one core."""
    program = [SNAKEMAKE, "--cores", "1", *arguments]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | environment
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def is_done(output: str) -> bool:
    return "Nothing to be done" in output


@pytest.mark.slow
def test_from_another_folder_and_after_the_checkout_has_moved(checkout, tmp_path):
    study, place = tmp_path / "my {study}", tmp_path / "elsewhere"
    study.mkdir()
    (study / "config.yaml").write_text("results_dir: my results/\n")
    here = ["--directory", study, "--configfile", checkout.folder / TINY, "--snakefile"]
    output = snakemake(tmp_path, "split_slices", *here, checkout.folder / "Snakefile")
    assert "profiles/default" in output
    assert (study / "my results/split/split.csv").exists() and not (study / "results").exists()
    assert not (checkout.folder / "data").exists()

    shutil.copytree(checkout.folder, place)  # with new times
    assert is_done(snakemake(tmp_path, "split_slices", "-n", *here, place / "Snakefile"))
    (place / "workflow_scripts/split_slices.py").open("a").write("\n# changed\n")
    assert "split_slices" in snakemake(tmp_path, "split_slices", "-n", *here, place / "Snakefile")
    study.rename(tmp_path / "moved")
    here[1] = tmp_path / "moved"
    assert is_done(snakemake(tmp_path, "split_slices", "-n", *here, checkout.folder / "Snakefile"))


@pytest.mark.slow
def test_a_checkout_in_a_folder_with_braces_is_one_line(tmp_path):
    output = snakemake(tmp_path, "-n", "--snakefile", Workflow(tmp_path / "{here}").folder / "Snakefile", check=False)
    assert "{here}: Snakemake takes braces" in output and "Traceback" not in output


@pytest.mark.slow
def test_a_single_file_with_braces_is_one_line(checkout, tmp_path):
    (tmp_path / "config.yaml").write_text("cleaning: {exclusions: 'no {good}.csv'}")
    output = snakemake(tmp_path, "-n", "--snakefile", checkout.folder / "Snakefile", check=False)
    assert "error: no {good}.csv: Snakemake takes braces" in output and "Traceback" not in output


def module(checkout: Workflow, config: str = "{}", more: str = "", use: str = "as ssi_*") -> str:
    return (
        f"module ssinfnet:\n    snakefile: {str(checkout.folder / 'Snakefile')!r}\n    config: {config}\n{more}"
        f"use rule * from ssinfnet {use}\n"
    )


def test_as_a_module_of_another_workflow(checkout, tmp_path):
    tiny = yaml.safe_load((checkout.folder / TINY).read_text())
    text = module(checkout, repr(tiny | {"results_dir": "ct"}))
    text += "rule mine:\n    default_target: True\n    input: rules.ssi_all.input\n"
    (tmp_path / "Snakefile").write_text(text)
    plan = snakemake(tmp_path, "-n")
    rows = dict(map(str.split, plan.split("Job stats:")[1].split("\n\n")[0].splitlines()[3:]))
    assert rows["ssi_write_summary"] == rows["mine"] == "1" and int(rows["total"]) > 60
    assert (tmp_path / ".snakemake/code/ssinfnet/workflow_scripts/generate_phantom.py").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "more", "message"),
    [
        ("{'sinlge': {}}", "", "error: config: unknown key sinlge; did you mean single?"),
        ("{}", "    prefix: 'a'\n", "error: a module of this workflow has no `prefix:`; set results_dir"),
    ],
)
def test_a_wrong_module_is_one_line(checkout, tmp_path, config, more, message):
    (tmp_path / "Snakefile").write_text(module(checkout, config, more, use=""))
    output = snakemake(tmp_path, "-n", check=False)
    assert message in output and "Traceback" not in output


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("git"), reason="git is needed")
def test_as_a_module_from_a_hosting_service(checkout, tmp_path):
    """As snakedeploy writes it; git is told that the address is a folder here."""
    repository, study = tmp_path / "repository", tmp_path / "study"
    shutil.copytree(checkout.folder, repository)
    study.mkdir()
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True)
    (study / "Snakefile").write_text(
        "module ssinfnet:\n    snakefile: github('a/b', path='Snakefile', tag='v1')\n"
        "    config: {'phantom': {'patients': 9, 'slices_per_patient': 1, 'volumes': 3, 'single_slices': 3}}\n"
        "use rule * from ssinfnet\n"
    )
    told = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "https://github.com/a/b", "GITHUB_TOKEN": ""}
    told |= {"GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    snakemake(study, "generate_phantom", **told)
    assert (study / "data/phantom/ictcf/Patients.xlsx").exists()


# --- folders of the user's ----------------------------------------------------------------------------------------


def test_only_changes_of_what_is_read_run_again(checkout, tmp_path):
    """Through links, and with names that look like wildcards."""
    slices = tmp_path / "slices {of} mine"
    (tmp_path / "on a disk").mkdir()
    for kind in ("images", "infection"):
        (tmp_path / "on a disk" / kind).mkdir()
        for number, name in enumerate(("{ct}", "a")):
            picture = np.full((64, 64), 255 if kind == "infection" else 40 + number, np.uint8)
            picture[: 20 + number] = 0
            Image.fromarray(picture).save(tmp_path / "on a disk" / kind / f"{name}.png")
    slices.mkdir()
    for kind in ("images", "infection"):
        (slices / kind).symlink_to(tmp_path / "on a disk" / kind)
    config = {"labelled": {"source": "folder", "folder": str(slices), "classes": False}, "results_dir": "mine"}
    (tmp_path / "mine.yaml").write_text(json.dumps(config))
    ask = ["prepare_folder", "--configfile", tmp_path / "mine.yaml", "--snakefile", checkout.folder / "Snakefile"]

    snakemake(tmp_path, *ask)
    (slices / ".DS_Store").touch()
    (slices / "images" / "Thumbs.db").touch()
    (slices / "images" / "a.png").touch()
    slices.rename(tmp_path / "renamed")  # where it lies does not count either
    (tmp_path / "mine.yaml").write_text((tmp_path / "mine.yaml").read_text().replace(slices.name, "renamed"))
    assert is_done(snakemake(tmp_path, "-n", *ask))
    Image.fromarray(np.full((64, 64), 99, np.uint8)).save(tmp_path / "on a disk/images/{ct}.png")
    assert "prepare_folder" in snakemake(tmp_path, "-n", *ask).split("Job stats:")[1]


# --- the Makefile and the system ----------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path):
    """`make` in a copy with a Snakemake that only notes how it is called; returns what it printed and the note."""
    for name in ("Makefile", "config.yaml", "workflow_scripts"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    note = f'#!/bin/sh\nprintf "%s|" "$@" "$XDG_CACHE_HOME" >> "{tmp_path}/note"\n'
    for name, text in [("snakemake", note), ("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')]:
        (tmp_path / ".venv/bin" / name).write_text(text)
        (tmp_path / ".venv/bin" / name).chmod(0o755)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / ".venv/ready").touch()

    def make(*arguments: str, **environment: str) -> tuple[str, str]:
        done = subprocess.run(
            ["make", *arguments], cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True
        )
        note = tmp_path / "note"
        return done.stdout + done.stderr, note.read_text() if note.exists() else ""

    return make


@pytest.mark.skipif(not shutil.which("make"), reason="make is needed")
def test_the_makefile_reads_the_config_as_the_workflow_does(made, tmp_path):
    (tmp_path / "mine.yaml").write_text("""{results_dir: "~/it's #1/", seeds: [1]}""")
    report = f"{tmp_path}/it's #1/report.html"
    Path(report).parent.mkdir()
    Path(report).with_name("summary.html").touch()  # of the study; without one there is nothing to report on
    output, note = made("run", "CONFIG=mine.yaml", HOME=str(tmp_path), XDG_CACHE_HOME="")
    assert f"Open {report}" in output
    assert note == f"--cores|all|--configfile|mine.yaml||--report|{report}|--configfile|mine.yaml||"
    (tmp_path / "mine.yaml").write_text("results_dir: ''")
    assert "error: config: results_dir: " in made("run", "CONFIG=mine.yaml")[0]


@pytest.mark.skipif(not shutil.which("make"), reason="make is needed")
def test_the_makefile_bundles_methods_of_the_config_alone(made):
    output, note = made("bundle", "METHOD=sinfnot")
    assert "it has sinfnet, ssinfnet, ssinfnet_aug, ssinfnet_plus there" in output and not note
    assert made("bundle", "METHOD=sinfnet")[1].startswith("results/bundles/sinfnet.zip|--cores|all|")


@pytest.mark.skipif(not shutil.which("make"), reason="make is needed")
def test_caches_have_a_place_where_home_is_not_writable(made, tmp_path):
    assert made("run", HOME="/dev/null", XDG_CACHE_HOME="")[1].split("|")[2] == f"{tmp_path}/.snakemake/cache"


@pytest.mark.skipif(not shutil.which("make"), reason="make is needed")
def test_windows_itself_is_refused_in_one_line(made):
    assert "install WSL" in made("run", OS="Windows_NT")[0]
    assert "install WSL" in system.refusal("win32")
    assert [system.refusal(name) for name in ("linux", "darwin")] == [None, None]


def test_the_catalog_can_list_the_workflow():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"] is True and usage["software-stack-deployment"]["report"] is True
    readme = (ROOT / "README.md").read_text().lower()
    assert "snakemake" in readme and "workflow" in readme
