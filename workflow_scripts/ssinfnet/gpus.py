"""Whether this machine has a GPU, found out without the seconds that importing PyTorch takes."""

from pathlib import Path


def available() -> bool:
    """Whether the driver shows an NVIDIA device (on Linux, or on Linux under Windows)."""
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()
