"""The machine, the packages and the commit that a result was computed with."""

import os
import platform
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

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


def installed() -> dict[str, Any]:
    """Python, all installed packages, and the commit of this code: null where it is not a git checkout of its own."""
    packages = {one.metadata["Name"]: one.version for one in metadata.distributions()}
    return {"python": platform.python_version(), "commit": commit(), "packages": packages}


def commit() -> str | None:
    """The commit of this code, with "-dirty" where a tracked file was changed; None without git or checkout."""
    root = Path(__file__).parents[3]
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
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
    }


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
