"""One tiny run of the whole DAG, shared by the tests of the workflow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "envs", "tests/workflow/tiny.yaml")
SNAKEMAKE = Path(sys.executable).parent / "snakemake"


class Workflow:
    """A copy of the workflow in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in SOURCES:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, target, **({"ignore": shutil.ignore_patterns("__pycache__")} if source.is_dir() else {}))

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake here; with `check`, a failure shows what it printed."""
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        result = subprocess.run(
            [SNAKEMAKE, *arguments], cwd=self.folder, capture_output=True, text=True, env=environment
        )
        if check and result.returncode:
            pytest.fail(f"snakemake {' '.join(arguments)} failed:\n{result.stdout[-3000:]}\n{result.stderr[-5000:]}")
        return result

    def overlay(self, text: str) -> list[str]:
        """Arguments that lay `text` over the tiny config."""
        (self.folder / "overlay.yaml").write_text(text)
        return ["--configfile", "tests/workflow/tiny.yaml", "overlay.yaml"]

    def planned(self, overlay: str = "{}") -> dict[str, int]:
        """The jobs that a dry-run lists, by rule."""
        output = self.snakemake("--dry-run", "--cores", "2", *self.overlay(overlay)).stdout
        if "Job stats:" not in output:
            assert "Nothing to be done" in output, output
            return {}
        rows = output.split("Job stats:")[1].split("\n\n")[0].splitlines()[3:]
        return {name: int(count) for name, count in map(str.split, rows) if name not in ("all", "total")}


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workflow:
    """The workflow after a complete tiny run; tests must leave it as it is."""
    workflow = Workflow(tmp_path_factory.mktemp("workflow"))
    workflow.snakemake("--cores", "2", *workflow.overlay("{}"))
    return workflow
