"""A job ends with the workflow that started it.

When Snakemake is killed by SIGKILL, what it started lives on: the shell of a job and the command in it. The command
would write its results while the next run of the workflow computes the same files. So the Snakefile puts Snakemake's
process id into the environment, and a command looks twice a second whether that process is there. A command that is
run by hand has no such variable and is left alone, whatever its terminal does.

On a cluster each job has a Snakemake of its own on its node, which reads the Snakefile and so puts its own id there.
"""

import os
import sys
import threading
import time
from pathlib import Path

VARIABLE = "SSINFNET_WORKFLOW_PID"
SECONDS_BETWEEN_LOOKS = 0.5


def follow_workflow() -> None:
    """End this process when the workflow that started it has ended; does nothing in a command run by hand."""
    if pid := os.environ.get(VARIABLE):
        threading.Thread(target=_follow, args=(int(pid),), daemon=True).start()


def _follow(pid: int) -> None:
    while _lives(pid):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    print("error: the workflow that started this job was killed", file=sys.stderr, flush=True)
    # At once: nothing is left to tidy up, as results appear by one rename and half of one lies in a hidden file.
    os._exit(1)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # none such, or by now one of another user
        return False
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # no Linux, or it ended in between, which the next look will see
        return True
    # A dead process stays in the table until its parent, which may be in no hurry, has asked for its exit status.
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
