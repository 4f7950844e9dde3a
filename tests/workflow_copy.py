"""A copy of the workflow to run in a folder of its own."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "envs")
SOURCES = (*CODE, "tests/workflow/tiny.yaml", "tests/workflow/scans.csv")
SNAKEMAKE = Path(sys.executable).parent / "snakemake"
# What holds times, so that no two runs write the same.
TIMED = ("logs", "benchmarks", "job_times.png", "*.provenance.json")


class Workflow:
    """A copy of the workflow in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in SOURCES:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, target, **({"ignore": shutil.ignore_patterns("__pycache__")} if source.is_dir() else {}))

    def snakemake(
        self, *arguments: str, check: bool = True, timeout: float | None = None
    ) -> subprocess.CompletedProcess:
        """Run Snakemake here; with `check`, a failure shows what it printed, as does a run beyond `timeout` seconds."""
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        program = [SNAKEMAKE, *arguments]
        process = subprocess.Popen(
            program, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            out, err = process.communicate(timeout=timeout)
            failure = f"exit status {process.returncode}" if check and process.returncode else ""
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
            failure = f"not finished after {timeout} s"
        except BaseException:
            process.kill()
            raise
        if failure:
            pytest.fail(f"snakemake {' '.join(arguments)}: {failure}\n{out[-3000:]}\n{err[-5000:]}")
        return subprocess.CompletedProcess(program, process.returncode, out, err)

    def hashes(self, *folders: str) -> dict[str, str]:
        """SHA-256 of every result in these folders (default: results), but for temporary files and what holds times."""
        files = [path for name in folders or ["results"] for path in (self.folder / name).rglob("*") if path.is_file()]
        result = {}
        for path in files:
            name = path.relative_to(self.folder)
            if not any(fnmatch(part, pattern) for part in name.parts for pattern in [*TIMED, ".*"]):
                with path.open("rb") as stream:
                    result[str(name)] = hashlib.file_digest(stream, "sha256").hexdigest()
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
