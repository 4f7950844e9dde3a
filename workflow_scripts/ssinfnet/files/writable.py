"""Folders that results go to, looked at before anything is computed."""

import os
from pathlib import Path

from ssinfnet.errors import InputError


def require_writable(folder: str | Path, key: str) -> None:
    """Raise `InputError` when `folder`, the value of the config's `key`, is none and cannot become one to write in.

    Creates nothing: it asks the folder, or the nearest one above that exists.
    """
    place = Path(folder)
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise InputError(f"config: {key}: {place} is no folder; give another place")
    except OSError as error:
        raise InputError(f"config: {key}: {folder} cannot be used ({error.strerror}); give another place") from None
    if not os.access(place, os.W_OK | os.X_OK):
        raise InputError(f"config: {key}: nothing may be written in {place}; give another place, or permission")
