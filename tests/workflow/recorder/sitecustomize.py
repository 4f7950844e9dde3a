"""Notes what a command had imported when it ended: Python runs this first where its folder is on PYTHONPATH."""

import atexit
import os
import sys
from pathlib import Path


@atexit.register
def _note_imports():
    program = Path(sys.argv[0])
    if program.parent.name != "workflow_scripts":
        return
    root = program.parent.resolve()
    # Python forgets the file of the program itself before it comes here.
    modules = {getattr(module, "__file__", None) for module in list(sys.modules.values())} - {None}
    files = {program.resolve(), *(Path(file).absolute() for file in modules)}
    names = sorted(str(file.relative_to(root)) for file in files if file.is_relative_to(root))
    Path(os.environ["IMPORTS"], f"{program.stem}-{os.getpid()}.txt").write_text("\n".join(names))
