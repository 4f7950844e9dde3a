"""What the reports tell of the split, or of the splits of all seeds of a cross-validation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ssinfnet.files.hashes import file_hash
from ssinfnet.slices import parts


class Splits(NamedTuple):
    """The SHA-256 of each split, what to warn of groups on two sides, and of a cross-validation its folds and counts.

    `tested` is what `slices.parts.tested` counts.
    """

    hashes: Sequence[str] = ()
    warning: str = ""
    folds: int | None = None
    tested: dict[str, int] | None = None

    @property
    def how_often(self) -> str:
        """How often a slice that is tested is tested."""
        least, most = max(self.tested["least"], 1), self.tested["most"]
        times = "once" if most == 1 else f"{most} times"
        return times if least == most else f"{least} to {most} times"

    def numbers(self) -> dict[str, Any]:
        """For programs: `sha256`, with folds a list of them, `folds`, and what is `tested`."""
        if not self.folds:
            return {"sha256": self.hashes[0]}
        return {"sha256": list(self.hashes), "folds": self.folds, "tested": self.tested}


NO_SPLITS = Splits()


def describe(paths: Sequence[Path], folds: int | None) -> Splits:
    """What to tell of the tables `paths` of the splits; `folds` is `split.folds`."""
    tables = [parts.read_split(path) for path in paths]
    warnings = dict.fromkeys(filter(None, map(parts.describe_torn, tables)))
    tested = parts.tested(tables) if folds else None
    return Splits([file_hash(path) for path in paths], next(iter(warnings), ""), folds, tested)
