"""The scans of a table's lists scored job by job, and one table and page of all of them.

It is apart from `listed`, as lists need no network.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.exchange.bundle import Bundle
from ssinfnet.scans import batch, inputs
from ssinfnet.scans.inputs import Found
from ssinfnet.scans.listed import Listed
from ssinfnet.scans.scan_table import Row
from ssinfnet.scans.volume import Outcome


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
                raise InputError(f"{row.scan}: has changed since its scans were listed; run the workflow again")


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
