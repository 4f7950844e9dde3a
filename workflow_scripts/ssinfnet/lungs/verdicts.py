"""Which slices' lungs are trusted: the table that the cleaning writes and others read."""

from pathlib import Path

from ssinfnet.files.tables import read_table

KEPT, REJECTED = "kept", "rejected"


def read_verdicts(path: Path) -> dict[str, str]:
    """Verdict (kept or rejected) by slice id, from the table of the cleaning."""
    table = read_table(path, ("id", "verdict"), dtype={"id": str})
    return dict(zip(table["id"], table["verdict"], strict=True))
