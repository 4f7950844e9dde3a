"""Nothing in `process/` can change a result, so no rule has its files as inputs: a run without it is the same."""

import ast

import pytest
from workflow_copy import Workflow

pytestmark = pytest.mark.slow

PROCESS = "workflow_scripts/ssinfnet/process"
# All that a run of the workflow needs of it: the record of a command is a declared output, so the file has to be there.
WRITE = "from pathlib import Path; Path(self._options['provenance']).write_text('{}')"


def stub(source: str) -> str:
    """A module with the same constants, and functions and classes of the same names that do nothing."""
    lines = ["import contextlib"]
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            lines.append(ast.unparse(node))
        elif isinstance(node, ast.FunctionDef) and node.decorator_list:  # a context manager
            lines.append(f"def {node.name}(*_, **__): return contextlib.nullcontext()")
        elif isinstance(node, ast.FunctionDef):
            lines.append(f"def {node.name}(*_, **__): return None")
        elif isinstance(node, ast.ClassDef):
            methods = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
            bodies = dict.fromkeys(methods, "return None") | {"__init__": "self._options = _", "write": WRITE}
            lines.append(f"class {node.name}:")
            lines += [f"    def {name}(self, _=None, **__): {bodies[name]}" for name in methods]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def without(tmp_path_factory) -> Workflow:
    """The tiny run with every function of `process/` taken out."""
    workflow = Workflow(tmp_path_factory.mktemp("without"))
    for module in (workflow.folder / PROCESS).glob("*.py"):
        module.write_text(stub(module.read_text()))
    workflow.snakemake("--cores", "2", *workflow.overlay("{}"))
    return workflow


def test_a_run_without_it_has_the_same_bytes(finished, without):
    expected, found = finished.hashes("results", "data"), without.hashes("results", "data")
    machine = {"results/summary.json"}  # tells the machine and the versions
    assert len(expected) > 100 and set(found) == set(expected)
    assert {name for name in expected if found[name] != expected[name]} <= machine


def test_every_function_of_it_was_taken_out(without):
    for module in (without.folder / PROCESS).glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert len(node.body) <= 2, f"{module.name}: {node.name} does something"
