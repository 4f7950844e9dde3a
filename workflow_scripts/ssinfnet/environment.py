"""What the numbers of a whole run depend on beside its config: trainings, versions, hardware."""

import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ssinfnet import inputs, provenance
from ssinfnet.errors import InputError

TRAINING = ("device", "precision", "threads", "torch", "best_epoch")


def training(weights: Path) -> dict[str, str]:
    """What trained weights say of their making, as far as they do: device, precision, CPU threads, PyTorch's version.

    Raises `InputError` for a file that is no safetensors.
    """
    inputs.check(weights)
    try:
        with safe_open(weights, "numpy") as file:
            said = json.loads((file.metadata() or {}).get("ssinfnet", "{}"))
        return {name: said[name] for name in TRAINING if name in said}
    except (OSError, SafetensorError, ValueError, RecursionError, TypeError, AttributeError) as error:
        raise InputError(f"{weights}: cannot be read as safetensors ({error}); train it again") from None


def versions() -> dict[str, Any]:
    """Python, all installed packages, and the commit of this code: null where it is not a git checkout of its own."""
    packages = {one.metadata["Name"]: one.version for one in metadata.distributions()}
    return {"python": platform.python_version(), "commit": commit(), "packages": packages}


def commit() -> str | None:
    """The commit of this code, with "-dirty" where a tracked file was changed; None without git or checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():  # else git would answer for a repository that the folder happens to lie in
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def hardware() -> dict[str, Any]:
    """System, processor, number of CPU cores and memory (GiB) of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": platform.platform(),
        "processor": provenance.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
    }
