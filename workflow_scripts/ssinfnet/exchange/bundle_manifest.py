"""What a bundle consists of: a manifest with the hash and size of every file, and a zip whose bytes follow from them.

A checksum finds damage and changes by accident. Nobody signs a bundle, so it does not say who made it: get it, or its
identity, from somebody you trust.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from ssinfnet.config.base import Section
from ssinfnet.files.atomic import atomic_path

FORMAT = "ssinfnet-bundle/1"
"""Another number means that programs of this version cannot use it."""
MANIFEST = "manifest.json"
CARD = "model_card.md"
TEXTS = (
    CARD,
    "settings.json",
    "thresholds.json",
    "severity.json",
    "interval.json",
    "metrics.json",
    "split.json",
    "data.json",
)
"""The files of every bundle beside manifest and weights."""
MOST_SEEDS, MOST_LABEL = 64, 200
_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can state


class Entry(Section):
    """SHA-256, hexadecimal, and size of a file."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class Manifest(Section):
    """What is in a bundle: a method, its seeds, the networks of each seed, and all files but the manifest itself."""

    format: str
    method: str = Field(pattern="^[a-z0-9_]{1,100}$")
    label: str = Field(max_length=MOST_LABEL)
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**32)], ...] = Field(min_length=1, max_length=MOST_SEEDS)
    stages: tuple[str, ...]
    files: dict[str, Entry]

    @field_validator("seeds")
    @classmethod
    def _rise(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if list(seeds) != sorted(set(seeds)):
            raise ValueError("must rise")
        return seeds

    @field_validator("label")
    @classmethod
    def _printable(cls, label: str) -> str:
        if not label.isprintable():
            raise ValueError("must be printable")
        return label

    @field_validator("stages")
    @classmethod
    def _known(cls, stages: tuple[str, ...]) -> tuple[str, ...]:
        if stages not in (("single",), ("single", "multi")):
            raise ValueError("must be single, or single and multi")
        return stages

    def expected(self) -> list[str]:
        """The names of the files that a bundle of these seeds and stages has, in the order of the zip."""
        return [*TEXTS, *(weights_name(seed, stage) for seed in self.seeds for stage in self.stages)]


def weights_name(seed: int, stage: str) -> str:
    """The file with the weights of a seed's `single` or `multi` network."""
    return f"seed{seed}/{stage}.safetensors"


def describe(content: bytes) -> Entry:
    """The manifest's entry of a file."""
    return Entry(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


def as_json(value: object) -> bytes:
    """`value` as indented JSON with sorted keys; NaN is refused."""
    return (json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files by name as a zip, atomically, in the order given, without compression: equal files, equal bytes.

    Weights do not shrink, and what a compressor writes depends on its version.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
