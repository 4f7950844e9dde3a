"""A tiny run of the whole workflow in which each command notes its CPU seconds and memory."""

import json
import resource
from pathlib import Path

import pytest
from workflow_copy import Workflow

RECORDER = Path(__file__).with_name("recorder")


class RecordedRun:
    """The run in a folder of its own, of the tests' tiny config and what is laid over it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, overlay: str = "{}"):
        self._workflow, self._uses = Workflow(folder / "workflow"), folder / "uses"
        self._overlay = overlay
        self._uses.mkdir()
        monkeypatch.setenv("PYTHONPATH", str(RECORDER))
        monkeypatch.setenv("USES", str(self._uses))

    def run(self) -> float:
        """Run what is to be run, on one core; CPU seconds of Snakemake and of all jobs."""
        before = _cpu_of_children()
        self._workflow.snakemake("--cores", "1", *self._workflow.overlay(self._overlay))
        return _cpu_of_children() - before

    def uses(self) -> list[dict]:
        """What each command has noted so far: its name, `seconds` of CPU and `mebibytes` of memory at most."""
        return [json.loads(path.read_text()) for path in sorted(self._uses.iterdir())]


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
