"""How a result came about: a small JSON beside it, written by any command that is called with `--provenance FILE`."""

import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ssinfnet.files.hashes import exists, files_hash, path_hash, shown_files
from ssinfnet.files.json_file import write_json
from ssinfnet.process.machine import device, peak_memory, processor, versions

_SCRIPTS = Path(__file__).resolve().parents[2]
_APART = ("config_json", "provenance")  # options that are no arguments of the record

Stamp = list[tuple[str, int, int]]  # name, inode and time of change of a file, or of each in a folder

_defaults: dict[str, Any] = {}  # by section, what this process took from the config models


class Provenance:
    """The record of a command, from its start to its end; make it in the command's process, before its work.

    `options` are the parsed options by name, the config sections as `config_json` among them.
    """

    def __init__(self, options: Mapping[str, Any]):
        self._options = options
        self._start = time.monotonic()
        self._before = stamps(options)

    def record(self) -> dict[str, Any]:
        """What a finished command knows of itself.

        Holds its options, the config sections as given and what defaults added to them, SHA-256 of what was read, of
        what was written and of the code, versions of the packages that were imported, machine, device, seconds, and
        the peak of memory in MiB.
        """
        after = stamps(self._options)
        hashes = {word: path_hash(Path(word)) for word in after}
        threads = self._options.get("threads") or os.environ.get("OMP_NUM_THREADS")
        return {
            "command": Path(sys.argv[0]).stem,
            "arguments": {name: _plain(value) for name, value in self._options.items() if _is_argument(name, value)},
            "config": self._options.get("config_json", {}),
            "defaults": _defaults,
            "seed": self._options.get("seed"),
            "inputs": {word: hashes[word] for word in after if after[word] == self._before.get(word)},
            "outputs": {word: hashes[word] for word in after if after[word] != self._before.get(word)},
            "code": imported_code(),
            "versions": versions(),
            "machine": f"{platform.system()} {platform.machine()}, {processor()}",
            "device": device(),
            "threads": None if threads is None else int(threads),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(time.monotonic() - self._start, 1),
            "peak_memory_mb": peak_memory(),
        }

    def write(self) -> None:
        """Write `record` as JSON, atomically; raises `InputError` for a file that can no longer be read."""
        write_json(self._options["provenance"], self.record())


def stamps(options: Mapping[str, Any]) -> dict[str, Stamp]:
    """The files and folders that options name, and files that their config names; a write changes their stamp."""
    arguments = {name: value for name, value in options.items() if name not in _APART}
    named = {text: shown_files(text) for text in _texts(arguments)}
    config = options.get("config_json", {})
    named |= {text: shown_files(text) for text in _texts(config) if exists(text) and Path(text).is_file()}
    return {word: [_stamp(file) for file in files] for word, files in named.items() if files}


def note_defaults(name: str, given: Mapping[str, Any], resolved: Mapping[str, Any]) -> None:
    """Keep for the record what section `name` of the config is beyond what was `given`."""
    if added := _beyond(given, resolved):
        _defaults[name] = added


def imported_code() -> dict[str, Any]:
    """The files of library and command that this process imported, below workflow_scripts/, and one hash of them."""
    modules = {Path(file) for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    # By folder first: to resolve some thousand names of files would take as long as many a command's work.
    ours = {folder for folder in {path.parent for path in modules} if folder.resolve().is_relative_to(_SCRIPTS)}
    paths = [path.resolve() for path in modules if path.parent in ours]
    files = {path.relative_to(_SCRIPTS).as_posix(): path for path in paths if path.is_relative_to(_SCRIPTS)}
    return {"files": sorted(files), "sha256": files_hash(files)}


def _is_argument(name: str, value: Any) -> bool:
    return name not in _APART and value is not None and value != []


def _plain(value: Any) -> Any:
    """The value of an option as JSON knows it."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _texts(value: Any) -> Iterator[str]:
    """All texts and paths in a value, keys left out."""
    if isinstance(value, str | Path):
        yield str(value)
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _beyond(given: Mapping[str, Any], resolved: Mapping[str, Any]) -> dict[str, Any]:
    """What `resolved` holds and `given` does not, section within section."""
    result = {}
    for key, value in resolved.items():
        if key not in given:
            result[key] = value
        elif isinstance(value, dict) and isinstance(given[key], dict) and (inner := _beyond(given[key], value)):
            result[key] = inner
    return result


def _stamp(file: Path) -> tuple[str, int, int]:
    state = file.stat()
    return str(file), state.st_ino, state.st_mtime_ns
