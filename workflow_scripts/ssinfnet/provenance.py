"""How a result came about: a small JSON beside it, written by any command that is called with `--provenance FILE`."""

import hashlib
import json
import platform
import resource
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from ssinfnet.files import write_json

_LIBRARY = Path(__file__).parent
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


def record(argv: Sequence[str], inputs: Sequence[Path], seconds: float) -> dict[str, Any]:
    """What a finished command knows of itself; call it in the command's process.

    Holds the command line, the config sections (`--config-json`), SHA-256 of `inputs` and of the code that was
    imported, versions of the packages that were imported, machine, device, and the time and memory used.
    """
    code = imported_code()
    return {
        "command": Path(sys.argv[0]).stem,
        "arguments": without_config(argv),
        "config": json.loads(option(argv, "--config-json") or "{}"),
        "seed": _number(option(argv, "--seed")),
        "inputs": {str(path): file_hash(path) for path in inputs},
        "code": {path.relative_to(_LIBRARY.parent).as_posix(): file_hash(path) for path in code},
        "versions": versions(),
        "machine": f"{platform.system()} {platform.machine()}, {processor()}",
        "device": device(),
        "threads": _number(option(argv, "--threads")),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def write(path: str | Path, argv: Sequence[str], inputs: Sequence[Path], seconds: float) -> None:
    """Write `record` as JSON, atomically."""
    write_json(path, record(argv, inputs, seconds))


def existing_files(argv: Sequence[str]) -> list[Path]:
    """The words of a command line that are files; before the command ran, these are its inputs."""
    return sorted({Path(word) for word in argv if _is_file(word)})


def option(argv: Sequence[str], name: str) -> str | None:
    """The value of an option on a command line."""
    return argv[argv.index(name) + 1] if name in argv[:-1] else None


def without_config(argv: Sequence[str]) -> list[str]:
    """The command line but for the config, which is long and kept apart."""
    if "--config-json" not in argv:
        return list(argv)
    place = argv.index("--config-json")
    return [*argv[:place], *argv[place + 2 :]]


def imported_code() -> list[Path]:
    """The files of the library and the command that this process imported."""
    files = {Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
    return sorted(path for path in files if path.resolve().is_relative_to(_LIBRARY.parent))


def versions() -> dict[str, str]:
    """Python, and the packages of ours that this process imported."""
    result = {"python": platform.python_version()}
    for module, distribution in _DISTRIBUTIONS.items():
        if module in sys.modules:
            result[distribution] = metadata.version(distribution)
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


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # too long for a name, as the config is, or none at all
        return False


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
