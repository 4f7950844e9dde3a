"""The scans of a table, shared out over jobs: each lists some rows, and each knows what every scan is called.

`listed_scores` makes of all lists what one call would have made of all rows.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.files.json_file import read_json, write_json
from ssinfnet.scans import inputs, left_out
from ssinfnet.scans.inputs import Found
from ssinfnet.scans.names import safe
from ssinfnet.scans.scan_table import Row
from ssinfnet.scans.volume import Outcome
from ssinfnet.slices.shards import members


@dataclass(frozen=True)
class Listed:
    """A scan of a row, which is called `own` among those of its row and `name` among all."""

    row: Row
    own: str
    name: str


def write_list(path: str | Path, rows: Sequence[Row], shard: int, shards: int) -> None:
    """Look into the rows of a shard and write what they hold as JSON.

    Raises `InputError` for a row with lobes or an earlier result that has not one scan.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in tqdm(members(rows, shard, shards), unit="row", file=sys.stderr):
        held = found[str(row.number)] = []
        for one in inputs.look(row.scan):
            if isinstance(one, Found):
                held.append({"scan": one.name, "series": one.series})
                continue
            left_out.say(one)
            if one.outcome.level == "refused":
                held.append({"code": one.outcome.code, "text": left_out.told_of(one).text})
        scans = sum("scan" in one for one in held)
        if scans != 1 and (row.lobes or row.compare):
            raise InputError(
                f"row {row.number}: lobes and compare are of one scan, and {row.scan} holds {scans}; give each a row"
            )
    write_json(path, found)


def read_lists(paths: Sequence[Path], rows: Sequence[Row]) -> list[Listed | Outcome]:
    """All scans of the table in the order of its rows, each with its name, and what was refused before it was one.

    `paths` are the lists of all shards. Raises `InputError` for a row without a list.
    """
    found = {number: held for path in paths for number, held in read_json(path).items()}
    names, result = inputs.Batch(), []
    for row in rows:
        if str(row.number) not in found:
            raise InputError(f"{paths[0]} and the other lists: no row {row.number}; give those of all shards")
        held = found[str(row.number)]
        several = sum("scan" in one for one in held) > 1
        for one in held:
            if "code" in one:
                result.append(Outcome(one["code"], "refused", one["text"]))
            elif name := names.take(_wished(row, one["scan"], several), one["series"]):
                result.append(Listed(row, one["scan"], name))
    return result


def _wished(row: Row, own: str, several: bool) -> str:
    if row.name is None:
        return own
    return safe([row.name, own]) if several else row.name
