"""Many dry-runs of a finished workflow: each in a copy of its own, in a process that has Snakemake imported already.

Importing Snakemake takes about as long as asking it what to do, so a server imports it once and forks per question.
"""

import contextlib
import io
import logging
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

AT_A_TIME = 2
TINY = ("--cores", "2", "--configfile", "tests/workflow/tiny.yaml", "../overlay.yaml")


class Job(NamedTuple):
    """One job that Snakemake would run."""

    rule: str
    wildcards: dict[str, str]


class Plan(NamedTuple):
    """What a dry-run lists: the jobs without the final `all`, and the rules of each group that is submitted as one."""

    jobs: list[Job]
    groups: list[list[str]]

    @property
    def rules(self) -> set[str]:
        """The rules that have a job here."""
        return {job.rule for job in self.jobs}


class DryRuns:
    """What Snakemake would run in copies of a workflow; ask for all of them first, then read the answers."""

    def __init__(self, folder: Path):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["snakemake.cli", "snakemake.workflow", "snakemake.dag", "snakemake.api"])
        self.folder = folder
        # One question per process, as a Snakefile changes the interpreter that reads it.
        self.pool = ProcessPoolExecutor(AT_A_TIME, mp_context=context, max_tasks_per_child=1)

    def ask(
        self, overlay: str = "{}", change: Callable[[Path], None] | None = None, arguments: tuple[str, ...] = TINY
    ) -> Future[Plan]:
        """The jobs after `change` of a copy's files, with `overlay` beside it as overlay.yaml."""
        return self.pool.submit(_dry_run, self.folder, overlay, change, arguments)


def _dry_run(folder, overlay, change, arguments) -> Plan:
    from snakemake import cli
    from snakemake.logging import logger
    from snakemake_interface_logger_plugins.common import LogEvent

    plan, output = Plan([], []), io.StringIO()

    def note(record: logging.LogRecord) -> bool:
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            plan.jobs.append(Job(record.rule_name, dict(record.wildcards)))
        elif event == LogEvent.GROUP_INFO:
            plan.groups.append([job.rule.name for job in record.jobs])
        return True

    logger.addFilter(note)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        copy = Path(place) / "copy"
        # Hard links: a copy of all results for the price of their names. A change replaces files, and writes into none.
        shutil.copytree(folder, copy, copy_function=os.link, ignore=shutil.ignore_patterns("log", "logs"))
        (Path(place) / "overlay.yaml").write_text(overlay)
        if change:
            change(copy)
        os.chdir(copy)
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                cli.main(["--dry-run", *arguments])
            except SystemExit as end:
                status = end.code
        os.chdir("/")
    if status:
        raise AssertionError(f"snakemake -n {' '.join(arguments)}: exit status {status}\n{output.getvalue()[-5000:]}")
    plan.jobs[:] = [job for job in plan.jobs if job.rule != "all"]
    return plan
