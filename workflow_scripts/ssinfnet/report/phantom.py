"""Which data of a run are the embedded phantom's."""

from collections.abc import Mapping
from typing import Any

SOURCES = {"labelled": "the labelled slices", "patients": "the patients whose severity is scored"}
"""What the sections of the config that name a source take from it."""


def from_phantom(config: Mapping[str, Any]) -> list[str]:
    """Those of `SOURCES` that take their data from the phantom, in a `config` that has these sections."""
    return [name for name in SOURCES if config.get(name, {}).get("source") == "phantom"]
