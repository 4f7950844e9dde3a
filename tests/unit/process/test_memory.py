"""Pages of freed tensors are kept, and large pages can be asked for."""

import os
import platform
import subprocess
import sys

import pytest
from workflow_copy import ROOT

from ssinfnet.process import memory

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")

STEPS = """
import resource, torch
from ssinfnet.process import memory
{before}
def step(): torch.ones(10_000_000)
step()
start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100): step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start)
"""


def faults(before: str = "") -> int:
    """How often a hundred tensors of 40 MB, one after the other, ask the kernel for a page."""
    command = [sys.executable, "-c", STEPS.format(before=before)]
    told = os.environ | {"PYTHONPATH": str(ROOT / "workflow_scripts")}
    return int(subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout)


def test_freed_pages_are_kept(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "")
    plain, kept = faults(), faults("memory.keep_pages()")
    assert plain > 0.9 * 100 * 40_000_000 / os.sysconf("SC_PAGE_SIZE")
    assert kept < plain / 5
    monkeypatch.delenv("GLIBC_TUNABLES")
    memory.ask_for_large_pages()
    assert faults("memory.keep_pages()") <= kept


def test_what_the_user_has_tuned_stays(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
    memory.ask_for_large_pages()
    assert os.environ["GLIBC_TUNABLES"] == "glibc.malloc.tcache_count=0"
