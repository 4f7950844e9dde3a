"""The systems on which the workflow runs."""

import sys


def refusal(platform: str = sys.platform) -> str | None:
    """Why the workflow cannot run on this system, and what to do; None where it can.

    It locks files with the kernel's `flock` and ends jobs by Unix signals, which Windows has not.
    """
    if platform in ("win32", "cygwin", "msys"):
        return "Windows itself is not supported; install WSL (wsl --install) and run the same command in its terminal"
    return None
