"""Which of the library's files a command imports, found out by Python: no code of rules/common.smk.

Python's own search for modules (`modulefinder`) reads the byte code of a file, imports within functions included. What
is imported by name, as networks are, it cannot see; that is taken from what the commands of the tiny run had imported.
"""

import functools
from modulefinder import ModuleFinder
from pathlib import Path


def recorded(folder: Path) -> dict[str, set[str]]:
    """By command, the files below workflow_scripts/ that its jobs had imported when they ended."""
    result: dict[str, set[str]] = {}
    for file in folder.iterdir():
        result.setdefault(file.name.rsplit("-", 1)[0], set()).update(file.read_text().splitlines())
    return result


def closure(scripts: Path, command: str, recorded: set[str]) -> set[str]:
    """The files below the folder `scripts` that a command imports, directly or not, and what it imported by name.

    What is reached through `process/` alone is not among them: it decides nothing (test_process_changes_nothing.py).
    """
    found = _found(scripts, f"{command}.py")
    by_name = recorded - found - of_process(scripts)
    return found.union(*(_found(scripts, file) for file in by_name))


@functools.cache
def of_process(scripts: Path) -> frozenset[str]:
    """The files of `process/` and all that they import, directly or not."""
    files = [str(path.relative_to(scripts)) for path in scripts.glob("ssinfnet/process/*.py")]
    return frozenset(files).union(*(_found(scripts, file, ()) for file in files))


@functools.cache
def _found(scripts: Path, file: str, left_out: tuple[str, ...] = ("ssinfnet.process",)) -> frozenset[str]:
    finder = ModuleFinder([str(scripts)], excludes=left_out)
    finder.run_script(str(scripts / file))
    files = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    return frozenset(str(path.relative_to(scripts)) for path in files if path.is_relative_to(scripts))
