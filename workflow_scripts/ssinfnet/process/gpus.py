"""Which GPUs this machine has and which one a job takes, found out without the seconds that importing PyTorch takes.

Snakemake counts GPUs but does not say which one a job may use. So each job locks one, with a file that the kernel
unlocks when the process ends, however it ends.
"""

import contextlib
import fcntl
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

from ssinfnet.errors import InputError

SECONDS_BETWEEN_TRIES = 1.0

_locks: list[int] = []  # open for as long as the process lives


def available() -> bool:
    """Whether the driver shows an NVIDIA device that CUDA_VISIBLE_DEVICES does not hide."""
    return bool(_devices() and visible())


def visible() -> list[str]:
    """The cards that this process may use, as CUDA_VISIBLE_DEVICES names them: all, where that is not set."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [str(number) for number in range(len(_devices()))]
    # As CUDA reads it: what follows the first invalid name is hidden, and -1 is how people write "none".
    return list(itertools.takewhile(lambda name: name not in ("", "-1"), map(str.strip, named.split(","))))


def claim() -> str:
    """Take a free card for this process until it ends, waiting for one if need be; returns its name.

    It becomes the only one in CUDA_VISIBLE_DEVICES, so call this before CUDA is initialised. A card serves one job, or
    as many as SSINFNET_JOBS_PER_GPU says. Raises `InputError` where there is no card at all.
    """
    cards = visible()
    if not cards:
        raise InputError("a GPU was asked for, but this machine shows none; use --resources gpu=0 to run on the CPU")
    told = False
    while True:
        for slot in range(_jobs_per_card()):
            for card in cards:
                if _lock(card, slot):
                    os.environ["CUDA_VISIBLE_DEVICES"] = card
                    return card
        if not told:
            print(f"waiting for a free GPU: {', '.join(cards)} in use (locks: {_lock_file('*', '*')})", file=sys.stderr)
            told = True
        time.sleep(SECONDS_BETWEEN_TRIES)


def _devices() -> list[Path]:
    # Linux, or Linux under Windows, which shows one device for all cards.
    return sorted(Path("/dev").glob("nvidia[0-9]*")) or [path for path in [Path("/dev/dxg")] if path.exists()]


def _jobs_per_card() -> int:
    text = os.environ.get("SSINFNET_JOBS_PER_GPU", "1")
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"SSINFNET_JOBS_PER_GPU must be a number from 1, got {text!r}")
    return int(text)


def _lock_file(card: str, slot: int | str) -> Path:
    # SLURM numbers the cards of each of its jobs anew: card 0 of one job is not card 0 of another on the same node.
    scope = os.environ.get("SLURM_JOB_ID", "")
    return Path(tempfile.gettempdir()) / f"ssinfnet-gpu{scope and f'-job{scope}'}-{card.replace('/', '_')}-{slot}.lock"


def _lock(card: str, slot: int) -> bool:
    path = _lock_file(card, slot)
    # Created apart from opened, and opened for reading: what another user created in a shared folder cannot be written.
    with contextlib.suppress(FileExistsError):
        path.touch(mode=0o644, exist_ok=False)
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    _locks.append(file)
    return True
