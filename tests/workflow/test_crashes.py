"""A run that is crashed again and again, each time continued by the same command, ends with the same bytes.

The tests share one run and take it further; each holds by itself, too. SSINFNET_KILLS is the number of SIGKILLs, and
SSINFNET_SEED chooses the moments.
"""

import os
import random
import re
from pathlib import Path

import crashes
import pytest
import small_disk
from workflow_copy import Workflow

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="finds orphans by the /proc of Linux"),
]

SEED = int(os.environ.get("SSINFNET_SEED", "0"))
KILLS = int(os.environ.get("SSINFNET_KILLS", "8"))
OTHER_KINDS = [kind for kind in crashes.CRASHES if kind != "SIGKILL"]
FOLDERS = ("data", "results")
# The states after which a training goes on; the undisturbed run keeps them, those that are crashed do not.
PASSED_ON = re.compile(r"/multi/epoch1\.pt$|/round[01]/epoch1\.pt$")


class Crashed:
    """A workflow on a disk of its own that is crashed, and what it must end with."""

    def __init__(self, workflow: Workflow, disk: small_disk.SmallDisk | None, expected: dict[str, str], log: Path):
        self.workflow, self.disk, self.expected, self.log = workflow, disk, expected, log
        self.completed = 0

    def crash(self, kind: str, moment: random.Random) -> None:
        """Run the workflow until it crashes at this moment; a run that ends before is checked and begun anew."""
        while True:
            with crashes.Run(self.workflow, self.log) as run:
                crashed = crashes.CRASHES[kind](run, moment, self.disk)
                assert crashed or run.process.returncode == 0, run.output()[-5000:]
                crashes.wait_for_the_end_of_all(self.workflow.folder)
                self.check_that_no_file_is_half_written()
            if crashed:
                return
            self.check_the_end()
            crashes.wipe(self.workflow)

    def check_that_no_file_is_half_written(self) -> None:
        found = self.workflow.hashes(*FOLDERS)
        assert [name for name, value in found.items() if self.expected.get(name) != value] == []

    def check_the_end(self) -> None:
        found = self.workflow.hashes(*FOLDERS)
        # A kill in the moment before Snakemake removes a state leaves it.
        assert [name for name in self.expected if name not in found and not PASSED_ON.search(name)] == []
        self.check_that_no_file_is_half_written()
        assert list((self.workflow.folder / "results").rglob(".*")) == []  # nor what a killed job left
        assert self.workflow.planned(crashes.OVERLAY) == {}
        self.completed += 1


@pytest.fixture(scope="module")
def crashed(finished, tmp_path_factory):
    expected = finished.hashes(*FOLDERS)
    assert len(expected) > 100
    folder, log = tmp_path_factory.mktemp("crashed"), tmp_path_factory.mktemp("log") / "run.log"
    try:
        with small_disk.mounted(folder, crashes.DISK) as disk:
            yield Crashed(Workflow(folder), disk, expected, log)
    except small_disk.CannotMountError:
        yield Crashed(Workflow(folder), None, expected, log)


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_workflow_leaves_no_half_file_and_no_orphan(crashed, number):
    crashed.crash("SIGKILL", random.Random(f"{SEED} SIGKILL {number}"))


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_crash_leaves_no_half_file_and_no_orphan(crashed, kind, number):
    if kind == "full disk" and crashed.disk is None:
        pytest.skip("no disk of its own can be mounted here")
    crashed.crash(kind, random.Random(f"{SEED} {kind} {number}"))


def test_the_same_command_again_ends_with_the_same_bytes(crashed):
    crashed.workflow.snakemake("--cores", "2", *crashed.workflow.overlay(crashes.OVERLAY))
    crashed.check_the_end()
    print(f"complete runs: {crashed.completed}")
