"""Notes CPU seconds and memory of a command when it ends: Python runs this first where its folder is on PYTHONPATH."""

import atexit
import json
import os
import resource
import sys
from pathlib import Path


@atexit.register
def _note_use():
    program = Path(sys.argv[0])
    if program.parent.name != "workflow_scripts":
        return
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(usage.ru_utime + usage.ru_stime for usage in used)
    # getrusage would count what the process was before it became Python: a copy of Snakemake.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    kibibytes = int(status["VmHWM"].split()[0])
    found = {"command": program.stem, "seconds": seconds, "mebibytes": kibibytes / 1024}
    Path(os.environ["USES"], f"{program.stem}-{os.getpid()}.json").write_text(json.dumps(found))
