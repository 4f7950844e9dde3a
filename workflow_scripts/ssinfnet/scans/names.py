"""Names of scans: safe as file names on any system, and each once in a batch."""

import re
import unicodedata
from collections.abc import Sequence

MAX_BYTES = 100
"""Of a name in UTF-8, so that a suffix has room in the 255 that file systems allow."""
_UNSAFE = re.compile(r"[^\w.+-]+")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # of Windows


def safe(parts: Sequence[str]) -> str:
    """A name of the `parts` of a path, joined by `_`: letters, digits, `.`, `+`, `-` and `_`; "scan" for nothing."""
    text = unicodedata.normalize("NFC", "_".join(part for part in parts if part))
    text = _UNSAFE.sub("_", text).strip("._-")
    text = text.encode()[:MAX_BYTES].decode(errors="ignore").rstrip("._-") or "scan"
    return f"scan_{text}" if _DEVICES.fullmatch(text) else text


class Names:
    """Gives each name once: a second scan of a name gets `-2`, whatever the case of letters."""

    def __init__(self):
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        """The name, or the next free one."""
        number, free = 1, name
        while free.casefold() in self._taken:
            number += 1
            free = f"{name}-{number}"
        self._taken.add(free.casefold())
        return free
