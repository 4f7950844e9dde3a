"""The list of patients' pictures that a download or the phantom writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ssinfnet.files.atomic import write_csv

MANIFEST = ["patient", "file", "bytes", "sha256"]


@dataclass(frozen=True)
class Picture:
    """A file of a patient; `sha256` is its checksum where a manifest states it."""

    patient: str
    path: Path
    sha256: str = ""


def write_manifest(path: str | Path, pictures: Iterable[Picture]) -> None:
    """Write the manifest `path` of pictures below its folder: patient, file, bytes, sha256."""
    path = Path(path)
    rows = [
        (item.patient, item.path.relative_to(path.parent).as_posix(), item.path.stat().st_size, item.sha256)
        for item in pictures
    ]
    write_csv(path, pd.DataFrame(rows, columns=MANIFEST))
