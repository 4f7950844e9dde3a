"""One tiny run of the whole DAG, shared by the tests of the workflow."""

from pathlib import Path

import pytest
from dry_runs import DryRuns
from workflow_copy import Workflow


@pytest.fixture(scope="session")
def imported(tmp_path_factory) -> Path:
    """The folder in which the commands of the finished run note what they had imported."""
    return tmp_path_factory.mktemp("imported")


@pytest.fixture(scope="session")
def finished(tmp_path_factory, imported) -> Workflow:
    """The workflow after a complete tiny run; tests must leave it as it is."""
    workflow = Workflow(tmp_path_factory.mktemp("workflow"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent / "recorder"))
        patch.setenv("IMPORTS", str(imported))
        workflow.snakemake("--cores", "2", "--verbose", *workflow.overlay("{}"))
    return workflow


@pytest.fixture(scope="session")
def dry_runs(finished) -> DryRuns:
    """Dry-runs of copies of the finished workflow."""
    return DryRuns(finished.folder)


@pytest.fixture(scope="session")
def selected(request) -> set[str]:
    """The parameters `name` of the tests that run, so that `-k` asks for their dry-runs alone."""
    return {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
