"""Removes the lock of a killed run, once it is certain that the run is dead.

Snakemake locks the files of a run by listing them in `.snakemake/locks`. A killed run leaves the lists behind, and the
next one refuses to start until it is called with --unlock. So each run also shares a lock of the kernel, which goes
with the process however that ends: whoever can have it alone knows that no run is alive in this folder.

The file of that lock names the machine of the runs, for file systems whose locks do not reach other machines. It names
none when the jobs are sent to a cluster, where they outlive a killed workflow: there a person has to look.
"""

import fcntl
import os
import socket
import sys
from pathlib import Path

FOLDER = Path(".snakemake")

_file: int | None = None  # open for as long as the process lives


def join(folder: Path = FOLDER) -> None:
    """Share the lock until this process ends; if no other run is alive, remove what a killed one left of its locks."""
    global _file
    folder.mkdir(exist_ok=True)
    _file = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o666)
    if _flock(fcntl.LOCK_EX | fcntl.LOCK_NB):
        lists = sorted((folder / "locks").glob("*.lock"))
        if not lists:
            _name_machine(socket.gethostname())
        elif os.pread(_file, 1000, 0).decode() == socket.gethostname():
            for path in lists:
                path.unlink()
            print("Removed the lock that a killed run left behind.", file=sys.stderr)
    _flock(fcntl.LOCK_SH)


def is_alone() -> bool:
    """Whether no other run is alive in this folder; call it after `join`."""
    alone = _flock(fcntl.LOCK_EX | fcntl.LOCK_NB)
    _flock(fcntl.LOCK_SH)
    return alone


def jobs_run_elsewhere() -> None:
    """Say that the jobs of this run do not end with it, so that its lock must not be removed by itself."""
    _name_machine("")


def _flock(mode: int) -> bool:
    try:
        fcntl.flock(_file, mode)
    except OSError:  # another run has it, or the file system has no locks: then only Snakemake's own lock counts
        return False
    return True


def _name_machine(name: str) -> None:
    os.ftruncate(_file, 0)
    os.pwrite(_file, name.encode(), 0)
