"""The file of a download that is under way, kept so that the next try or the next run goes on from it."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ssinfnet.files.json_file import write_json


class PartialFile:
    """What has come of `url` so far, in `.part-NAME` beside the target `out`.

    A note beside it holds the server's marks of the version (ETag, Last-Modified) and its size; without a note that
    fits, the bytes are not gone on from. Only the holder of the target's lock may use it. One that is empty at the end
    is removed.
    """

    def __init__(self, out: Path, url: str):
        self.out, self.url = out, url
        self.path = out.with_name(f".part-{out.name}")  # the suffix stays, as some readers choose the format by it
        self._note = out.with_name(f".part-{out.name}.json")
        self._version = self._read_note()
        if not self._version:
            self.discard()

    def __enter__(self) -> "PartialFile":
        return self

    def __exit__(self, *exception: object) -> None:
        if not self.size:
            self.discard()

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the server told."""
        return self._version.get("total")

    @property
    def complete(self) -> bool:
        """Whether all bytes are there, as after a run that was killed before it verified them."""
        return self.total is not None and self.size >= self.total

    def request_headers(self) -> dict[str, str]:
        """Headers that ask for the rest, if the file is still the same; none when nothing is there."""
        if not self.size:
            return {}
        same = self._version.get("ETag") or self._version.get("Last-Modified")
        return {"Range": f"bytes={self.size}-"} | ({"If-Range": same} if same else {})

    def goes_on(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether an answer brings the very bytes that follow."""
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", "").strip())
        if status != 206 or not match or int(match[1]) != self.size:
            return False
        new = _version(headers) | ({} if match[2] == "*" else {"total": int(match[2])})
        return all(self._version[key] == new[key] for key in self._version.keys() & new.keys())

    def start(self, headers: Mapping[str, str], *, resumable: bool) -> None:
        """Empty the file, for an answer that brings the whole; `resumable` where its bytes are the server's own."""
        self.discard()
        self.path.touch()
        version = _version(headers) if resumable else {}
        if resumable and headers.get("Content-Length", "").isdecimal():
            version["total"] = int(headers["Content-Length"])
        if version:
            write_json(self._note, version | {"url": self.url})
        self._version = version

    def discard(self) -> None:
        """Remove what is there; the note first, so that bytes without one are left if this is cut short."""
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        self._version = {}

    def move_to(self, out: Path) -> None:
        """Give the file its name, as the last step."""
        with self.path.open("rb") as stream:
            os.fsync(stream.fileno())
        self.path.replace(out)
        self.discard()

    def _read_note(self) -> dict:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return note if note["url"] == self.url and self.path.exists() else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _version(headers: Mapping[str, str]) -> dict:
    """The marks by which the server tells versions apart; a weak ETag allows other bytes and is left out."""
    marks = {key: headers[key] for key in ("ETag", "Last-Modified") if headers.get(key)}
    return {key: value for key, value in marks.items() if not value.startswith("W/")}
