"""`score_scans` with a stopwatch at its parts: `python scan_parts.py BEGIN TIMES ARGUMENTS...`.

BEGIN is the time (seconds since 1970) at which the process was asked for; the file TIMES gets the wall and the CPU
seconds of each part as JSON, and the most memory in MiB. A part that another one calls counts for itself alone.
"""

import functools
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import score_scans
from ssinfnet.process import machine

START = "start, bundle"
PARTS = {
    START: ["exchange.bundle:read", "scans.batch:Scorer.__init__"],
    "reading": [
        "scans.inputs:folders.files",
        "scans.inputs:series.tell_apart",
        "scans.inputs:series.read",
        "scans.inputs:nifti_volume.read",
    ],
    "lungs": ["scans.score:Scorer._lungs"],
    "infection": ["scans.score:Scorer._maps"],
    "classes": ["scans.score:Scorer._classes"],
    "measures": ["scans.score:measure"],
    "writing, NIfTI": ["scans.outputs:_write_nifti"],
    "writing, DICOM": ["scans.batch:identity.read", "scans.outputs:_write_dicom"],
    "writing, overview": ["scans.outputs:write"],
}
"""By part the functions that do it, as module and name."""


class Stopwatch:
    """Wall and CPU seconds by part; the CPU seconds are those of all threads."""

    def __init__(self, begin: float):
        self.seconds = {part: [0.0, 0.0] for part in PARTS}
        self._begin, self._last, self._running = begin, (0.0, 0.0), [START]

    def wrap(self, part: str, function: Callable) -> Callable:
        @functools.wraps(function)
        def timed(*arguments, **options):
            self.lap()
            self._running.append(part)
            try:
                return function(*arguments, **options)
            finally:
                self.lap()
                self._running.pop()

        return timed

    def lap(self) -> None:
        """Give the time since the last call to the part that is running."""
        now = time.time() - self._begin, time.process_time()
        own = self.seconds[self._running[-1]]
        own[:] = [total + new - old for total, new, old in zip(own, now, self._last, strict=True)]
        self._last = now


def main(begin: str, times: str, *arguments: str) -> None:
    watch = Stopwatch(float(begin))
    for part, places in PARTS.items():
        for place in places:
            module, name = place.split(":")
            *owners, attribute = name.split(".")
            owner = functools.reduce(getattr, owners, importlib.import_module(f"ssinfnet.{module}"))
            setattr(owner, attribute, watch.wrap(part, getattr(owner, attribute)))
    score_scans.main(list(arguments))
    watch.lap()
    Path(times).write_text(json.dumps({"parts": watch.seconds, "memory": machine.peak_memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
