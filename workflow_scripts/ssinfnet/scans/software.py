"""The version of this software, for what is written to say what wrote it."""

import tomllib
from importlib import metadata
from pathlib import Path

NAME = "ssinfnet"


def version() -> str:
    """The version that `pyproject.toml` says: that of the checkout we run from, else that of the installation."""
    project = Path(__file__).parents[3] / "pyproject.toml"
    try:
        found = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        if found["name"] == NAME:
            return found["version"]
    except (OSError, KeyError, ValueError):
        pass
    return metadata.version(NAME)
