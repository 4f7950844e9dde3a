"""Changes of a workflow's files, for dry-runs of copies.

A module of their own, as the process of a dry-run imports them by name, and pytest gives test modules names of its own.
"""

import os
import random
from pathlib import Path

import yaml


def append(name: str, folder: Path) -> None:
    """Another line for a file of workflow_scripts."""
    file = folder / "workflow_scripts" / name
    rewrite(file, file.read_bytes() + b"\n# changed\n")


def reorder(folder: Path) -> None:
    """Put the keys of every section of the config in another order, methods included."""
    for name in ("config.yaml", "tests/workflow/tiny.yaml"):
        values = yaml.safe_load((folder / name).read_text())
        rewrite(folder / name, yaml.safe_dump(_shuffled(values, random.Random(0)), sort_keys=False).encode())


def check_out(folder: Path) -> None:
    """Every source file written anew with the same content, as `git checkout` of another branch and back does."""
    for name in ("Snakefile", "config.yaml", "rules", "workflow_scripts", "envs", "profiles"):
        for file in [folder / name] if (folder / name).is_file() else (folder / name).rglob("*"):
            if file.is_file():
                rewrite(file, file.read_bytes())


def touch(folder: Path) -> None:
    """Every source file with the time of now, or of long ago: neither is the time at which a result was made."""
    check_out(folder)
    for number, file in enumerate(sorted((folder / "workflow_scripts").rglob("*.*"))):
        if number % 2:
            os.utime(file, (0, 0))


def rewrite(file: Path, content: bytes) -> None:
    """Put a new file in the place of one, which may be a link to that of the finished run."""
    file.unlink()
    file.write_bytes(content)


def _shuffled(value, generator):
    if not isinstance(value, dict):
        return value
    items = [(key, _shuffled(below, generator)) for key, below in value.items()]
    generator.shuffle(items)
    return dict(items)
