"""Paths as people write them in the config."""

import os
import re
from typing import Any

_DEPTH = 8  # sections within sections; the config has four


def expand_home(value: Any, depth: int = _DEPTH) -> Any:
    """The value with `~` at the start of the texts in it replaced by the home folder."""
    if isinstance(value, dict) and depth:
        return {key: expand_home(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list) and depth:
        return [expand_home(item, depth - 1) for item in value]
    return os.path.expanduser(value) if isinstance(value, str) and value.startswith("~") else value  # noqa: PTH111


def output_folder(text: str) -> str:
    """A folder to write into, in its shortest form; raises `ValueError` for what cannot be one.

    Snakemake reads braces and angle brackets in the names of results as wildcards, so they cannot be part of it.
    """
    path = os.path.normpath(text.strip() or ".")
    if path == ".":
        raise ValueError("name a folder below the working directory, or elsewhere; not the working directory itself")
    if path.startswith("~"):
        raise ValueError("there is no such user; write the path in full")
    if re.match(r"\w+:/", path):
        raise ValueError("an address is no folder; name one of this machine")
    if found := sorted(set(path) & set("{}<>")):
        raise ValueError(f"its name must do without {' '.join(found)}, which Snakemake takes for wildcards")
    if path.startswith("-") or not path.isprintable():
        raise ValueError("its name must not start with - nor hold line breaks or other control characters")
    return path
