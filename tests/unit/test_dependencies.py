"""What is imported, declared, locked, put in the conda environment and installed is the same."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LINES = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
LOCK = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in LINES)}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DIRECT = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
DEV = [Requirement(text) for text in PROJECT["dependency-groups"]["dev"]]
CONDA = yaml.safe_load((ROOT / "envs/ssinfnet.yaml").read_text())["dependencies"]

# Brought by the builds of torch for GPUs, which pin them; see the head of the lock.
FOR_GPUS = re.compile(r"nvidia-|cuda-|triton")


def names(requirements):
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_lock_is_an_exact_public_version(line):
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)


def test_the_lock_names_each_package_once():
    assert len(LOCK) == len(LINES)


@pytest.mark.parametrize("requirement", DIRECT + DEV, ids=str)
def test_the_lock_satisfies_every_direct_dependency(requirement):
    assert requirement.specifier.contains(LOCK[canonicalize_name(requirement.name)])


def test_the_lock_holds_the_dependencies_of_all_that_it_holds():
    missing = set()
    for package in LOCK:
        for text in metadata.requires(package) or []:
            needed = Requirement(text)
            name = canonicalize_name(needed.name)
            if (needed.marker and not needed.marker.evaluate({"extra": ""})) or FOR_GPUS.match(name):
                continue
            if name not in LOCK and name not in ("pip", "setuptools"):  # which come with the environment
                missing.add(f"{name}, for {package}")
    assert missing == set()


def test_the_lock_holds_nothing_that_nobody_needs():
    needed, waiting = set(), [*DIRECT, *DEV]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = ["", *requirement.extras]
        if (name, *extras) in needed or name not in LOCK:
            continue
        needed.add((name, *extras))
        for child in map(Requirement, metadata.requires(name) or []):
            if not child.marker or any(child.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(child)
    assert set(LOCK) == {name for name, *_ in needed}


def test_what_is_installed_is_what_is_locked():
    installed = {package: metadata.version(package) for package in LOCK}
    # torch names its build after a plus: 2.13.0+cpu.
    assert {package: version.partition("+")[0] for package, version in installed.items()} == LOCK


def test_the_conda_environment_is_in_step_with_the_lock():
    pins = [Requirement(text) for text in CONDA[-1]["pip"]]
    assert {canonicalize_name(pin.name): str(pin.specifier) for pin in pins} == {
        name: f"=={LOCK[name]}" for name in names(DIRECT)
    }


def test_the_conda_environment_has_a_python_that_the_project_supports():
    (python,) = (line.partition("=")[2] for line in CONDA if str(line).startswith("python="))
    assert Version(python) in SpecifierSet(PROJECT["project"]["requires-python"])


def test_every_import_is_a_declared_dependency():
    owners = metadata.packages_distributions()
    undeclared = set()
    for path in (ROOT / "workflow_scripts").rglob("*.py"):
        for module in imported(ast.parse(path.read_text())):
            own = module == "ssinfnet" or (ROOT / f"workflow_scripts/{module}.py").exists()
            if not own and module not in sys.stdlib_module_names:
                declared = names(DIRECT) & {canonicalize_name(owner) for owner in owners.get(module, [])}
                if not declared:
                    undeclared.add(f"{module}, in {path.relative_to(ROOT)}")
    assert undeclared == set()


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]
