"""Notes the CPU seconds of a command when it ends: Python runs this first where its folder is on PYTHONPATH."""

import atexit
import os
import resource
import sys
from pathlib import Path


@atexit.register
def _note_time():
    program = Path(sys.argv[0])
    if program.parent.name != "workflow_scripts":
        return
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(usage.ru_utime + usage.ru_stime for usage in used)
    Path(os.environ["TIMES"], f"{program.stem}-{os.getpid()}.json").write_text(str(seconds))
