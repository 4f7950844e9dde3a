"""The scans of a table, shared out over jobs: each lists some rows, each scores some scans, one makes table and page.

All jobs know all lists, so each knows what every scan is called. What comes out is as if one call had scored all rows.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.exchange.bundle import Bundle
from ssinfnet.files.json_file import read_json, write_json
from ssinfnet.scans import batch, inputs
from ssinfnet.scans.inputs import Found
from ssinfnet.scans.names import safe
from ssinfnet.scans.scan_table import Row
from ssinfnet.scans.volume import Outcome
from ssinfnet.slices.shards import members

CHANGED = "has changed since its scans were listed; run the workflow again"


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
            batch.say(one)
            if one.outcome.level == "refused":
                held.append({"code": one.outcome.code, "text": batch.told_of(one).text})
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


def score(listed: Sequence[Listed], one_by_one: batch.Batch) -> Iterator[Mapping[str, Any]]:
    """Yield the result of each scan, as `ScanResult.as_dict` has it, row by row.

    Raises `InputError` where an input no longer holds a scan that was listed.
    """
    by_row: dict[Row, dict[str, Listed]] = {}
    for one in listed:
        by_row.setdefault(one.row, {})[one.own] = one
    with tqdm(total=len(listed), unit="scan", file=sys.stderr) as bar:
        for row, waiting in by_row.items():
            for found in inputs.look(row.scan):
                if isinstance(found, Found) and (one := waiting.pop(found.name, None)):
                    yield one_by_one.score(replace(found, name=one.name), row.lobes, row.compare, row.earlier_scan)
                    bar.update()
                if not waiting:
                    break
            if waiting:
                raise InputError(f"{row.scan}: {CHANGED}")


def tabulate(
    listed: Sequence[Listed | Outcome], results: Sequence[Mapping[str, Any]], bundle: Bundle, table: Path, page: Path
) -> batch.Summary:
    """Write table and page of all scans, whose folders are beside the page, from the `results` of all shards.

    Raises `InputError` for a scan without a result.
    """
    by_name = {one["name"]: one for one in results}
    ordered, left_out = [], 0
    for one in listed:
        if isinstance(one, Outcome):
            left_out += 1
            ordered.append(batch.nothing(left_out, one, bundle))
        elif one.name in by_name:
            ordered.append(by_name[one.name])
        else:
            raise InputError(f"{one.name}: no result; give those of all shards")
    return batch.write(table, page, ordered)


def _wished(row: Row, own: str, several: bool) -> str:
    if row.name is None:
        return own
    return safe([row.name, own]) if several else row.name
