"""Downloads that are resumed, retried, verified, and either whole or absent."""

import hashlib
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ssinfnet.errors import InputError
from ssinfnet.files import untrusted
from ssinfnet.process.file_lock import alone
from ssinfnet.sources.download.partial import PartialFile

USER_AGENT = "ssinfnet (research workflow; one polite client)"
_PASSING = {202, 408, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE = 60.0
_LONGEST_RETRY_AFTER = 300.0
"""Seconds that a server may ask us to stay away (Retry-After) for it to be another try; beyond, we end and say so."""
_CHUNK = 1 << 16


class NotFoundError(InputError):
    """The server answers that there is no such file."""


def fetch(
    url: str,
    out: str | Path,
    *,
    verify: Callable[[Path], None],
    retries: int = 5,
    pause: float = 1.0,
    timeout: float = 60.0,
    progress: bool = True,
) -> bool:
    """Download `url` to `out`; a file already there that passes `verify` is kept. Returns whether it was downloaded.

    `verify` raises `InputError` for a file that is not what it should be. A failed try (no answer, or no further byte,
    within `timeout` seconds, a dropped connection, a busy server, a file that fails `verify`) is repeated up to
    `retries` times, after `pause` seconds, then twice as long each time, or as long as the server asks. A try goes on
    where the one before broke off, also that of an earlier run; what fails `verify` is removed. One process at a time
    downloads to `out`. Raises `NotFoundError` for 404 and 410 at once, `InputError` with the remedy for anything else.
    """
    out = Path(out)
    if _is_good(out, verify):
        return False
    try:
        with alone(out), PartialFile(out, url) as part:
            if _is_good(out, verify):  # another process had it by the time it was our turn
                return False
            _try_repeatedly(part, lambda: _try_once(part, verify, timeout, progress), retries, pause)
            part.move_to(out)
            return True
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written ({error.strerror or error}); what came is kept, mend that and run again"
        ) from None


def check_md5(path: Path, expected: str) -> None:
    """Raise `InputError` unless `path` has the md5 checksum `expected`."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != expected:
        raise InputError(f"{path}: md5 checksum {found} instead of {expected}")


def check_no_web_page(path: Path) -> None:
    """Raise `InputError` when `path` is empty or an HTML page, as servers send in place of a file."""
    with path.open("rb") as file:
        start = file.read(untrusted.HEAD)
    if not start.strip():
        raise InputError(f"{path}: the server sent an empty file")
    if untrusted.recognise(start) == "a web page":
        raise InputError(f"{path}: the server sent a web page instead of the file")


def progress_bar(*args: Any, **options: Any) -> Any:
    """A tqdm bar with the time that is left, on stderr; it is written seldom where that is a log."""
    from tqdm import tqdm

    return tqdm(*args, mininterval=0.5 if sys.stderr.isatty() else 30, file=sys.stderr, **options)


class _FailedTry(Exception):  # noqa: N818 - a step of the loop below, no error by itself
    def __init__(self, reason: str, *, final: bool = False, missing: bool = False, wait: float = 0.0):
        super().__init__(reason)
        self.reason, self.final, self.missing, self.wait = reason, final, missing, wait


def _is_good(out: Path, verify: Callable[[Path], None]) -> bool:
    if not out.exists():
        return False
    try:
        verify(out)
        return True
    except InputError:
        return False  # damaged or foreign: fetched again


# The loop is our own, as urllib3's Retry covers neither an answer that breaks off nor a wrong checksum, and two loops
# inside one another would multiply the tries.
def _try_repeatedly(part: PartialFile, attempt: Callable[[], None], retries: int, pause: float) -> None:
    from tqdm import tqdm

    for further in range(retries, -1, -1):
        try:
            return attempt()
        except _FailedTry as failure:
            if failure.missing:
                part.discard()
                raise NotFoundError(_explain(part, failure.reason)) from None
            if failure.final or not further:
                raise InputError(_explain(part, failure.reason)) from None
            wait = max(min(pause * 2 ** (retries - further), _LONGEST_PAUSE), failure.wait)
            tqdm.write(f"{part.out}: {failure.reason}; next try in {wait:.3g} s", file=sys.stderr)
        time.sleep(wait)


def _try_once(part: PartialFile, verify: Callable[[Path], None], timeout: float, progress: bool) -> None:
    """Bring `part` to its end, from where it stands if the server can, and verify it."""
    if not part.complete:
        _transfer(part, timeout, progress)
    try:
        check_no_web_page(part.path)
        verify(part.path)
    except InputError as error:
        part.discard()
        raise _FailedTry(str(error).removeprefix(f"{part.path}: ")) from None


def _transfer(part: PartialFile, timeout: float, progress: bool) -> None:
    import requests
    import urllib3

    def ask() -> requests.Response:
        # Identity: packed on the way, the bytes could neither be counted nor gone on from.
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"} | part.request_headers()
        return requests.get(part.url, headers=headers, stream=True, timeout=timeout)

    try:
        response = ask()
        if part.size and response.status_code in (206, 416) and not _goes_on(part, response):
            response.close()
            part.discard()
            response = ask()
        with response:
            _check_status(response)
            packed = _is_packed(part, response)
            if not (response.status_code == 206 and part.size):
                part.start(response.headers, resumable=not packed)
            _write(part, response.raw.stream(_CHUNK, decode_content=packed), progress)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _FailedTry(f"no connection ({_first_line(error)})") from None
    except urllib3.exceptions.ReadTimeoutError:
        raise _FailedTry(f"no further byte for {timeout:g} s, after {part.size}") from None
    except urllib3.exceptions.HTTPError as error:
        raise _FailedTry(f"it broke off after {part.size} bytes ({type(error).__name__})") from None
    except (requests.RequestException, ValueError) as error:  # an address, or one it redirects to, that is none
        raise _FailedTry(_first_line(error), final=True) from None


def _goes_on(part: PartialFile, response: Any) -> bool:
    return not _is_packed(part, response) and part.goes_on(response.status_code, response.headers)


def _is_packed(part: PartialFile, response: Any) -> bool:
    """Whether the bytes are to be unpacked; for `.gz` some servers call the file itself an encoding."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    return encoding != "identity" and part.path.suffix != ".gz"


def _check_status(response: Any) -> None:
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    status = response.status_code
    if status in (200, 206):
        return
    reason = f"the server answers {status} {response.reason}"[:160]
    try:
        wait = Retry().get_retry_after(response.raw) or 0.0
    except (InvalidHeader, ValueError, OverflowError):
        wait = 0.0
    if wait > _LONGEST_RETRY_AFTER:
        raise _FailedTry(f"{reason} and asks to come back in {wait:.0f} s", final=True)
    raise _FailedTry(reason, final=status not in _PASSING, missing=status in (404, 410), wait=wait)


def _write(part: PartialFile, chunks: Iterable[bytes], progress: bool) -> None:
    bar = progress_bar(
        desc=part.out.name, total=part.total, initial=part.size, unit="B", unit_scale=True, disable=not progress
    )
    with bar, part.path.open("ab") as file:
        for chunk in chunks:
            file.write(chunk)
            bar.update(len(chunk))


def _explain(part: PartialFile, reason: str) -> str:
    again = f"run again, which goes on after the {part.size} bytes that came," if part.size else "run again,"
    return (
        f"{part.out}: cannot be downloaded from {part.url}: {reason}; check network and URL and {again} or fetch the "
        f"file by hand, for example in a browser, and put it there"
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
