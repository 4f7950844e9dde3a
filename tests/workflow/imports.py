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


def closure(scripts: Path, files: set[str]) -> set[str]:
    """These files below the folder `scripts` and all that they import, directly or not."""
    return files.union(*(_found(scripts, file) for file in files))


@functools.cache
def _found(scripts: Path, file: str) -> set[str]:
    finder = ModuleFinder([str(scripts)])
    finder.run_script(str(scripts / file))
    files = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    return {str(path.relative_to(scripts)) for path in files}
