"""Every source file of the library, changed: the stages whose commands import or read it run, and what follows."""

import functools
from pathlib import Path

import imports
import pytest
from rerun_matrix import EVERYTHING, FILES, MODULES, SCRIPTS, after

pytestmark = pytest.mark.slow


def append(name: str, folder: Path) -> None:
    """Another line for a file, which may be a link to that of the finished run."""
    file = folder / "workflow_scripts" / name
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content + b"\n# changed\n")


@pytest.fixture(scope="module")
def plans(dry_runs, selected):
    """The plan for each changed file, asked for all at once."""
    names = [name for name in [*MODULES, *FILES] if name in selected]
    return {name: dry_runs.ask(change=functools.partial(append, name)) for name in names}


@pytest.fixture(scope="module")
def used(finished, imported):
    """The files that each rule's command can import, those included that it did import."""
    ran = imports.recorded(imported)
    assert set(ran) == EVERYTHING
    return {rule: imports.closure(SCRIPTS, files) for rule, files in ran.items()}


@pytest.mark.parametrize("name", MODULES)
def test_a_changed_module_runs_the_stages_that_import_it(plans, used, name):
    users = {rule for rule, files in used.items() if name in files}
    assert plans[name].result().rules == after(*users)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_runs_the_stages_that_read_it(plans, name):
    assert plans[name].result().rules == after(*FILES[name])


def test_no_file_of_the_library_is_left_out():
    files = {str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} == {*MODULES, *FILES}
