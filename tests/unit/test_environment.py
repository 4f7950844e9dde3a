"""The versions that are written down in three places are the same."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LOCK = dict(line.lower().split("==") for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line)


def name(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower()


def test_the_lock_holds_every_direct_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert [requirement for requirement in wanted if name(requirement) not in LOCK] == []


def test_the_conda_environment_has_the_versions_of_the_lock():
    environment = yaml.safe_load((ROOT / "envs/ssinfnet.yaml").read_text())
    pins = dict(pin.lower().split("==") for pin in environment["dependencies"][-1]["pip"])
    assert pins == {package: LOCK[package] for package in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {name(requirement) for requirement in project["project"]["dependencies"]} <= set(pins)
