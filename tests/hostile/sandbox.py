"""Runs readers on hostile files away from everything else, and looks whether anything else has changed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from ssinfnet.errors import InputError

ROOT = Path(__file__).parents[2]


class Outcome(NamedTuple):
    """What a reader made of a file: `ok`, `refused` with its message, or `failed` with the reason."""

    reader: str
    path: Path
    result: str
    message: str


def run(cases: list[tuple[str, Path]], home: Path) -> list[Outcome]:
    """The outcome of each pair of reader and file. Temporary files go to the empty folder `home`; see `worker`."""
    outcomes: list[Outcome] = []
    while len(outcomes) < len(cases):
        waiting = cases[len(outcomes) :]
        answers, status, errors = _worker(waiting, home)
        outcomes += [Outcome(*case, *answer) for case, answer in zip(waiting, answers, strict=False)]
        if len(answers) < len(waiting):
            reason = f"the process ended with {status}: {errors[-600:]}"
            outcomes.append(Outcome(*waiting[len(answers)], "failed", reason))
    return outcomes


def _worker(cases: list[tuple[str, Path]], home: Path) -> tuple[list[list[str]], int, str]:
    cwd, temporary = home / "cwd", home / "tmp"
    for folder in (cwd, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ},
        **{"HOME": str(cwd), "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT / "workflow_scripts")},
        **{"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    }
    result = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("worker.py"))],
        input="".join(json.dumps([reader, str(path)]) + "\n" for reader, path in cases),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        cwd=cwd,
    )
    return [json.loads(line) for line in result.stdout.splitlines()], result.returncode, result.stderr


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of everything below `folder`, links not followed."""
    states = {str(path.relative_to(folder)): path.lstat() for path in folder.rglob("*")}
    return {name: (state.st_size, state.st_mtime_ns) for name, state in states.items() if not _is_folder(state)}


def _is_folder(state: os.stat_result) -> bool:
    return state.st_mode & 0o170000 == 0o040000


def complaints(outcomes: list[Outcome]) -> list[str]:
    """What is wrong with how files were refused: a failure, or a message that is none."""
    result = []
    for reader, path, outcome, message in outcomes:
        case = f"{reader} of {path.parent.name}/{path.name}"
        if outcome == "failed":
            result.append(f"{case}: {message}")
        # A message can be printed as it is, and names the file, its folder, a file in it, or the config.
        elif outcome == "refused" and str(InputError(message)) != message:
            result.append(f"{case}: unprintable message {message!r}")
        elif outcome == "refused" and not any(
            word in message for word in (path.name, str(path.parent), "images/", "config")
        ):
            result.append(f"{case}: no name in {message!r}")
    return result
