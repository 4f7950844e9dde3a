"""What is said of inputs that are not scored."""

import sys
from dataclasses import replace

from tqdm import tqdm

from ssinfnet.errors import InputError
from ssinfnet.scans import told
from ssinfnet.scans.series import LeftOut
from ssinfnet.scans.volume import Outcome


def say(one: LeftOut) -> None:
    """Name on standard error what is not scored."""
    tqdm.write(_line(one), file=sys.stderr)


def told_of(one: LeftOut) -> Outcome:
    """Why an input is left out, in words that name no folder."""
    return replace(one.outcome, text=told.without_folders(one.outcome.text, [one.path, *one.files]))


def _line(one: LeftOut) -> str:
    """What is left out, for the terminal: with the first of its files by name, and nothing that a terminal obeys."""
    files = [path for path in one.files if path != one.path]
    shown = [str(path.relative_to(one.path)) if path.is_relative_to(one.path) else path.name for path in files]
    names = f" ({', '.join(shown)})" if shown else ""
    return str(InputError(f"{one.path}: {one.outcome.level}: {one.outcome.text}{names}"))
