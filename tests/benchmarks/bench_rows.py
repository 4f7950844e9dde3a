"""The rows that benchmarks record, as one table and as JSON, and beside those of an earlier JSON."""

import contextlib
import datetime
import io
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from ceiling import Ceiling, gflop
from stopwatch import in_turns

from ssinfnet.process import machine


@dataclass(frozen=True)
class Row:
    """CPU seconds of an item (image, patient, start ...) and, where there are any, share of a ceiling and baseline.

    `ratio` says how many times the baseline's CPU time is ours: least, median and largest of the pairs.
    """

    name: str
    seconds: float
    item: str
    share: float | None = None
    ceiling: str | None = None
    baseline: str | None = None
    ratio: tuple[float, float, float] | None = None


class Bench:
    """Collects rows; the ceiling is measured once, at the thread count of all that runs in this process."""

    def __init__(self, threads: int, rounds: int, ceiling: Callable[[], Ceiling]):
        torch.set_num_threads(threads)
        self.threads, self.rounds, self.ceiling = threads, rounds, ceiling()
        self.rows: list[Row] = []

    def record(
        self,
        name: str,
        seconds: float,
        *,
        item: str = "image",
        gflop: float | None = None,
        gigabytes: float | None = None,
        baseline: str | None = None,
        ratios: Sequence[float] = (),
    ) -> None:
        """Add a row of what was measured: CPU `seconds`, `gflop` or `gigabytes` per item, `ratios` by pairs."""
        share = kind = ratio = None
        if gflop:
            share, kind = gflop / seconds / self.ceiling.gflop, "product"
        elif gigabytes:
            share, kind = gigabytes / seconds / self.ceiling.gigabytes, "copy"
        if ratios:
            ratio = min(ratios), statistics.median(ratios), max(ratios)
        self.rows.append(Row(name, seconds, item, share, kind, baseline, ratio))

    def compare(
        self,
        name: str,
        ours: Callable,
        plain: Callable,
        *,
        items: int,
        baseline: str,
        item: str = "image",
        gigabytes: float | None = None,
    ) -> None:
        """Measure `ours` and the `plain` baseline in turns, after one call of each, and add the row.

        A call does `items` of them. Operations of networks are counted; `gigabytes` per item are for what has none.
        """
        with contextlib.redirect_stderr(io.StringIO()):  # the progress of trainings
            work = gflop(ours) / items
            plain()
            seconds = in_turns({"ours": ours, "plain": plain}, self.rounds)
        ratios = [theirs / own for own, theirs in zip(seconds["ours"], seconds["plain"], strict=True)]
        median = statistics.median(seconds["ours"]) / items
        self.record(name, median, item=item, gflop=work, gigabytes=gigabytes, baseline=baseline, ratios=ratios)

    def content(self) -> dict[str, Any]:
        """All that the JSON holds."""
        return {
            "format": "ssinfnet-benchmarks/1",
            "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "hardware": machine.hardware(),
            "load": list(os.getloadavg()),
            "commit": machine.commit(),
            "versions": machine.versions(),
            "threads": self.threads,
            "rounds": self.rounds,
            "ceiling": asdict(self.ceiling),
            "rows": [asdict(row) for row in self.rows],
        }


HEAD = ("", "per CPU second", "ms of CPU", "of the ceiling", "times as fast as", "(least to most)")


def table(content: Mapping[str, Any], earlier: Mapping[str, Any] | None = None) -> list[str]:
    """The lines of the table; with `earlier`, how many times as fast each row is as the row of that name there."""
    before = {row["name"]: row for row in earlier["rows"]} if earlier else {}
    cells = [(*HEAD, "as earlier") if earlier else HEAD]
    for row in content["rows"]:
        cells.append(_cells(row))
        if earlier:
            old = before.get(row["name"])
            cells[-1] += (f"{old['seconds'] / row['seconds']:.2f}" if old else "new",)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return [*_about(content), *(_differences(content, earlier) if earlier else []), "", *lines]


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    share = f"{row['share']:.0%} {row['ceiling']}" if row["share"] is not None else ""
    against = spread = ""
    if row["ratio"]:
        low, middle, high = row["ratio"]
        against, spread = f"{middle:.2f} {row['baseline']}", f"({low:.2f} to {high:.2f})"
    return (
        row["name"],
        f"{1 / row['seconds']:.4g} {row['item']}s",
        f"{1000 * row['seconds']:.4g}",
        share,
        against,
        spread,
    )


def _about(content: Mapping[str, Any]) -> list[str]:
    ceiling, hardware = content["ceiling"], content["hardware"]
    product, copy = f"{ceiling['gflop']:.1f} GFLOP", f"{ceiling['gigabytes']:.1f} GB"
    return [
        f"{hardware['processor']}, {hardware['cores']} cores, threads: {content['threads']}",
        f"ceiling per CPU second: {product} of a matrix product, {copy} of a copy",
        f"load of the machine over the last minute: {content['load'][0]:.1f}",
    ]


def _differences(content: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """What else than the code may be behind a difference to the earlier rows."""
    now, then = content["ceiling"], earlier["ceiling"]
    product, copy = (now[key] / then[key] for key in ("gflop", "gigabytes"))
    lines = [f"earlier: {earlier['when']}, commit {earlier['commit']}"]
    lines += [f"the machine is {product:.2f} times as fast as then by its product, {copy:.2f} times by its copy"]
    for what, one, other in (
        ("processor", content["hardware"]["processor"], earlier["hardware"]["processor"]),
        ("threads", content["threads"], earlier["threads"]),
    ):
        if one != other:
            lines.append(f"not the same {what}: {other} then")
    versions = {name: earlier["versions"].get(name) for name in content["versions"]}
    changed = [f"{name} {old}" for name, old in versions.items() if old not in (None, content["versions"][name])]
    return [*lines, *([f"other versions then: {', '.join(changed)}"] if changed else [])]
