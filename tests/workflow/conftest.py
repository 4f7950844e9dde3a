"""One tiny run of the whole DAG, shared by the tests of the workflow."""

import pytest
from workflow_copy import Workflow


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workflow:
    """The workflow after a complete tiny run; tests must leave it as it is."""
    workflow = Workflow(tmp_path_factory.mktemp("workflow"))
    workflow.snakemake("--cores", "2", *workflow.overlay("{}"))
    return workflow
