"""How a result came about: a small JSON beside it, written by any command that is called with `--provenance FILE`."""

import hashlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from ssinfnet.errors import InputError
from ssinfnet.files import write_json

_SCRIPTS = Path(__file__).resolve().parents[1]
_DISTRIBUTIONS = {
    "torch": "torch",
    "torchvision": "torchvision",
    "timm": "timm",
    "numpy": "numpy",
    "pandas": "pandas",
    "h5py": "h5py",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "scipy": "scipy",
    "cv2": "opencv-python-headless",
    "nibabel": "nibabel",
    "PIL": "pillow",
    "matplotlib": "matplotlib",
    "pydantic": "pydantic",
    "safetensors": "safetensors",
}

Stamp = list[tuple[str, int, int]]  # name, inode and time of change of a file, or of each in a folder

_defaults: dict[str, Any] = {}  # by section, what this process took from the config models


def stamps(argv: Sequence[str]) -> dict[str, Stamp]:
    """The files and folders that a command line names, and files that its config names; a write changes their stamp."""
    record, config = option(argv, "--provenance"), _config(argv)
    named = {word: _files(word) for word in without_config(argv) if word != record}
    named |= {text: _files(text) for text in _texts(config) if _exists(text) and Path(text).is_file()}
    return {word: [_stamp(file) for file in files] for word, files in named.items() if files}


def record(argv: Sequence[str], before: Mapping[str, Stamp], seconds: float) -> dict[str, Any]:
    """What a finished command knows of itself; call it in the command's process.

    `argv` is the command line without the program, `before` its `stamps` when the command began. Holds the config
    sections as given and what defaults added to them, SHA-256 of what was read, of what was written and of the code,
    versions of the packages that were imported, machine, device, seconds, and the peak of memory in MiB.
    """
    after = stamps(argv)
    hashes = {word: path_hash(Path(word)) for word in after}
    return {
        "command": Path(sys.argv[0]).stem,
        "arguments": without_config(argv),
        "config": _config(argv),
        "defaults": _defaults,
        "seed": _number(option(argv, "--seed")),
        "inputs": {word: hashes[word] for word in after if after[word] == before.get(word)},
        "outputs": {word: hashes[word] for word in after if after[word] != before.get(word)},
        "code": imported_code(),
        "versions": versions(),
        "machine": f"{platform.system()} {platform.machine()}, {processor()}",
        "device": device(),
        "threads": _number(option(argv, "--threads") or os.environ.get("OMP_NUM_THREADS")),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(seconds, 1),
        "peak_memory_mb": peak_memory(),
    }


def write(path: str | Path, argv: Sequence[str], before: Mapping[str, Stamp], seconds: float) -> None:
    """Write `record` as JSON, atomically; raises `InputError` for a file that can no longer be read."""
    write_json(path, record(argv, before, seconds))


def note_defaults(name: str, given: Mapping[str, Any], resolved: Mapping[str, Any]) -> None:
    """Keep for the record what section `name` of the config is beyond what was `given`."""
    if added := _beyond(given, resolved):
        _defaults[name] = added


# --- the command line -------------------------------------------------------------------------------------------------


def option(argv: Sequence[str], name: str) -> str | None:
    """The value of an option on a command line, `--name value` or `--name=value`."""
    words = _words(argv)
    return words[words.index(name) + 1] if name in words[:-1] else None


def without_config(argv: Sequence[str]) -> list[str]:
    """The words of a command line but for the config, which is long and kept apart."""
    words = _words(argv)
    if "--config-json" not in words:
        return words
    place = words.index("--config-json")
    return [*words[:place], *words[place + 2 :]]


def _words(argv: Sequence[str]) -> list[str]:
    return [part for word in argv for part in (word.split("=", 1) if word.startswith("--") else [word])]


def _config(argv: Sequence[str]) -> Any:
    try:
        return json.loads(option(argv, "--config-json") or "{}")
    except ValueError:  # the command itself refuses it
        return {}


def _texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
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


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


# --- files ------------------------------------------------------------------------------------------------------------


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits; raises `InputError` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def path_hash(path: Path) -> str:
    """SHA-256 of a file, or one for all files of a folder (`files_hash`)."""
    if path.is_file():
        return file_hash(path)
    return files_hash({file.relative_to(path).as_posix(): file for file in _files(str(path))})


def files_hash(files: Mapping[str, Path]) -> str:
    """One SHA-256 for several files by name: that of what `sha256sum NAME ...` prints for the names in order."""
    lines = (f"{file_hash(files[name])}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _files(word: str) -> list[Path]:
    """The file of this name, or all files of the folder but hidden ones, as locks are; none where there is neither."""
    path = Path(word)
    if not _exists(word) or path.is_file():
        return [path] if _exists(word) else []
    shown = (file for file in path.rglob("*") if not any(part.startswith(".") for part in file.relative_to(path).parts))
    return sorted(file for file in shown if file.is_file())


def _exists(word: str) -> bool:
    try:
        return bool(word) and Path(word).exists()
    except (OSError, ValueError):  # too long for a name, or none at all
        return False


def _stamp(file: Path) -> tuple[str, int, int]:
    state = file.stat()
    return str(file), state.st_ino, state.st_mtime_ns


# --- code and machine -------------------------------------------------------------------------------------------------


def imported_code() -> dict[str, Any]:
    """The files of library and command that this process imported, below workflow_scripts/, and one hash of them."""
    names = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = [Path(name).resolve() for name in names if name]
    files = {path.relative_to(_SCRIPTS).as_posix(): path for path in paths if path.is_relative_to(_SCRIPTS)}
    return {"files": sorted(files), "sha256": files_hash(files)}


def versions() -> dict[str, str]:
    """Python, and the packages of ours that this process imported."""
    result = {"python": platform.python_version()}
    for module, distribution in _DISTRIBUTIONS.items():
        if module in sys.modules:
            try:
                result[distribution] = metadata.version(distribution)
            except metadata.PackageNotFoundError:  # of another name, as opencv-python
                result[distribution] = getattr(sys.modules[module], "__version__", "unknown")
    return result


def device() -> str:
    """The GPU's name where the process used one, else cpu."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return torch.cuda.get_device_name()
    return "cpu"


def processor() -> str:
    """The processor's name, as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def peak_memory() -> int:
    """The most memory that this process had, or one that it started, in MiB."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(most / (2**20 if sys.platform == "darwin" else 2**10))  # macOS counts bytes, Linux KiB
