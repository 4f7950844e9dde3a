"""A file system of a size that a test chooses, to see what happens when it is full."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


class CannotMountError(Exception):
    """Mounting is not allowed here."""


class SmallDisk:
    """A tmpfs mounted on `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def leave(self, free: int) -> None:
        """Resize the disk so that `free` bytes are left on it, in whole pages."""
        for _ in range(100):
            used = shutil.disk_usage(self.folder).used
            if subprocess.run(["mount", "-o", f"remount,size={used + free}", self.folder]).returncode == 0:
                return  # else somebody wrote in between, and more is used than the disk would hold
        raise OSError(f"{self.folder} cannot be resized")


@contextlib.contextmanager
def mounted(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mount an empty disk of `size` bytes on an existing folder; raises `CannotMountError` where it may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise CannotMountError("there is no command mount") from None
    if result.returncode:
        raise CannotMountError(f"a tmpfs cannot be mounted here: {result.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
