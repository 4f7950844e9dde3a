"""Ways to crash a workflow at a random moment, and to see what is left of it."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from small_disk import SmallDisk
from workflow_copy import SNAKEMAKE, Workflow

TRAINING = ("pretrain_single", "train_single", "pretrain_multi", "train_multi")
OVERLAY = "keep_states: last"
DISK = 8 << 30  # a run takes 2 GB
# Generous, as they are reached only when something is wrong.
SECONDS_TO_END = 30
SECONDS_TO_RUN = 1800


class Run:
    """A run of the workflow in a session of its own, as in a terminal; used as a context it is gone at the end."""

    def __init__(self, workflow: Workflow, log: Path):
        self.folder, self.log = workflow.folder, log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [SNAKEMAKE, "--cores", "2", *workflow.overlay(OVERLAY)],
                cwd=workflow.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            )

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def jobs_started(self) -> int:
        return len(re.findall(r"^Job \d+: ", self.output(), re.MULTILINE))

    def jobs(self, *rules: str) -> list[int]:
        """The ids of the processes in which jobs of these rules run, not of the shells that started them."""
        commands = tuple(f"python workflow_scripts/{rule}.py " for rule in rules)
        return [pid for pid, command in living(self.folder) if command.startswith(commands)]

    def wait_for(self, reached: Callable[[], object]) -> bool:
        """Wait until something is reached; False if the run ends before."""
        deadline = time.monotonic() + SECONDS_TO_RUN
        while self.process.poll() is None:
            if reached():
                return True
            assert time.monotonic() < deadline, self.output()[-5000:]
            time.sleep(0.05)
        return False

    def wait(self) -> int:
        """Wait until the run ends; its exit status."""
        return self.process.wait(SECONDS_TO_RUN)


def living(folder: Path) -> list[tuple[int, str]]:
    """Id and command line of every living process that works in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended in between, or belongs to another user
            if (process / "cwd").readlink() == folder:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append((int(process.name), command))
    return found


def wait_for_the_end_of_all(folder: Path) -> None:
    """Wait for the end of whatever works in the folder, which must not take long."""
    deadline = time.monotonic() + SECONDS_TO_END
    while left := living(folder):
        assert time.monotonic() < deadline, f"still alive: {left}"
        time.sleep(0.05)


def wait_for_a_moment(run: Run, moment: random.Random) -> bool:
    """Wait until some jobs have started, and then a little; False if the run ends before."""
    jobs = moment.randint(0, 6)
    return run.wait_for(lambda: run.jobs_started() >= jobs) and pause(run, moment)


def pause(run: Run, moment: random.Random) -> bool:
    """Wait for about as long as a job takes; False if the run ends before."""
    end = time.monotonic() + moment.uniform(0, 4)
    return run.wait_for(lambda: time.monotonic() >= end)


# --- the crashes: each returns whether it came about before the run ended by itself -----------------------------------


def kill(run: Run, moment: random.Random, disk: SmallDisk | None) -> bool:
    """SIGKILL of Snakemake alone: the jobs are not told."""
    if not wait_for_a_moment(run, moment):
        return False
    run.process.kill()
    return run.wait() != 0


def press_ctrl_c(run: Run, moment: random.Random, disk: SmallDisk | None) -> bool:
    """SIGINT of all processes of the session, as from a terminal."""
    if not wait_for_a_moment(run, moment):
        return False
    os.killpg(run.process.pid, signal.SIGINT)
    return run.wait() != 0


def interrupt(run: Run, moment: random.Random, disk: SmallDisk | None) -> bool:
    """SIGINT of Snakemake alone."""
    if not wait_for_a_moment(run, moment):
        return False
    run.process.send_signal(signal.SIGINT)
    return run.wait() != 0


def terminate(run: Run, moment: random.Random, disk: SmallDisk | None) -> bool:
    """SIGTERM of Snakemake, as from a system that shuts down."""
    if not wait_for_a_moment(run, moment):
        return False
    run.process.terminate()
    return run.wait() != 0


def kill_training(run: Run, moment: random.Random, disk: SmallDisk | None) -> bool:
    """SIGKILL of a training job, as from a system that is short of memory."""

    def failed() -> bool:
        return "Error in rule" in run.output()

    while run.wait_for(lambda: run.jobs(*TRAINING)) and pause(run, moment):
        for pid in run.jobs(*TRAINING)[:1]:
            os.kill(pid, signal.SIGKILL)
            if run.wait_for(failed) or failed():
                assert re.search(rf"Error in rule ({'|'.join(TRAINING)}):", run.output()), run.output()[-5000:]
                return run.wait() != 0
    return False


def fill_disk(run: Run, moment: random.Random, disk: SmallDisk | None) -> bool:
    """The disk gets full."""
    if not wait_for_a_moment(run, moment):
        return False
    disk.leave(moment.randint(0, 100_000))
    try:
        failed = run.wait() != 0
    finally:
        disk.leave(DISK)
    assert not failed or "o space left on" in run.output(), run.output()[-5000:]
    return failed


CRASHES = {
    "SIGKILL": kill,
    "Ctrl-C": press_ctrl_c,
    "SIGINT": interrupt,
    "SIGTERM": terminate,
    "SIGKILL of a training": kill_training,
    "full disk": fill_disk,
}


def wipe(workflow: Workflow) -> None:
    """Begin anew."""
    for name in ("results", "data", ".snakemake"):
        shutil.rmtree(workflow.folder / name)
