"""Every source file of the library, changed: the stages whose commands import or read it run, and what follows."""

import functools

import imports
import pytest
from changes import append
from rerun_matrix import COMMANDS, EVERYTHING, FILES, MODULES, NO_RESULT, OF_READERS, OF_THE_COACH, SCRIPTS, after

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plans(dry_runs, selected):
    """The plan for each changed file, asked for all at once."""
    names = [name for name in [*MODULES, *FILES] if name in selected]
    return {name: dry_runs.ask(change=functools.partial(append, name)) for name in names}


@pytest.fixture(scope="module")
def used(finished, imported):
    """The files that each rule's command can import, those included that it did import."""
    ran = imports.recorded(imported)
    assert set(ran) | set(COMMANDS) == EVERYTHING
    closures = {command: imports.closure(SCRIPTS, command, files) for command, files in ran.items()}
    return {rule: closures[COMMANDS.get(rule, rule)] for rule in EVERYTHING}


@pytest.mark.parametrize("name", MODULES)
def test_a_changed_module_runs_the_stages_that_import_it(plans, used, name):
    users = {rule for rule, files in used.items() if name in files}
    assert not (users and name.startswith(NO_RESULT))
    assert plans[name].result().rules == after(*users)


@pytest.mark.parametrize("name", OF_THE_COACH)
def test_a_method_without_a_pretext_task_knows_no_coach(plans, name):
    jobs = plans[name].result().jobs
    assert {job.wildcards["method"] for job in jobs if "method" in job.wildcards} <= {"ssinfnet"}


@pytest.mark.parametrize("name", OF_READERS)
def test_the_phantom_reads_nothing(plans, name):
    assert "generate_phantom" not in plans[name].result().rules


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_runs_the_stages_that_read_it(plans, name):
    assert plans[name].result().rules == after(*FILES[name])


def test_no_file_of_the_library_is_left_out():
    files = {str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} == {*MODULES, *FILES}
