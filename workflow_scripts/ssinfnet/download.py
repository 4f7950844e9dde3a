"""Downloads that are retried, verified, and either whole or absent."""

import time
from collections.abc import Callable
from pathlib import Path

from ssinfnet.errors import InputError
from ssinfnet.files import atomic_path

USER_AGENT = "ssinfnet (research workflow; one polite client)"
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE = 60.0


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

    `verify` raises `InputError` for a file that is not what it should be. A failed try (no answer within `timeout`
    seconds, a dropped connection, a busy server, a file that fails `verify`) is repeated up to `retries` times, after
    `pause` seconds, then twice as long each time. Raises `NotFoundError` for 404 and 410 at once, `InputError` with the
    remedy for anything else.
    """
    out = Path(out)
    if out.exists():
        try:
            verify(out)
            return False
        except InputError:
            pass  # what is there is damaged or foreign: fetched again
    for further in range(retries, -1, -1):
        try:
            _try_once(url, out, verify, timeout, progress)
            return True
        except _FailedTry as failure:
            if failure.missing:
                raise NotFoundError(_explain(url, out, failure.reason)) from None
            if failure.final or not further:
                raise InputError(_explain(url, out, failure.reason)) from None
        time.sleep(min(pause * 2 ** (retries - further), _LONGEST_PAUSE))
    raise AssertionError("the last try returns or raises")


def check_md5(path: Path, expected: str) -> None:
    """Raise `InputError` unless `path` has the md5 checksum `expected`."""
    import pooch

    found = pooch.file_hash(str(path), alg="md5")
    if found != expected:
        raise InputError(f"{path}: md5 checksum {found} instead of {expected}")


def check_no_web_page(path: Path) -> None:
    """Raise `InputError` when `path` is empty or an HTML page, as servers send in place of a file."""
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    if not start:
        raise InputError(f"{path}: the server sent an empty file")
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise InputError(f"{path}: the server sent a web page instead of the file")


class _FailedTry(Exception):  # noqa: N818 - a step of the loop above, no error by itself
    def __init__(self, reason: str, *, final: bool = False, missing: bool = False):
        super().__init__(reason)
        self.reason, self.final, self.missing = reason, final, missing


def _try_once(url: str, out: Path, verify: Callable[[Path], None], timeout: float, progress: bool) -> None:
    import pooch
    import requests

    downloader = pooch.HTTPDownloader(
        progressbar=progress, chunk_size=1 << 16, timeout=timeout, headers={"User-Agent": USER_AGENT}
    )
    with atomic_path(out) as temporary:
        try:
            downloader(url, str(temporary), None)
        except requests.HTTPError as error:
            status = error.response.status_code
            raise _FailedTry(
                f"the server answers {status} {error.response.reason}",
                final=status not in _PASSING,
                missing=status in (404, 410),
            ) from None
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            raise _FailedTry(f"no connection, or it broke off ({_first_line(error)})") from None
        except requests.RequestException as error:
            final = isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema))
            raise _FailedTry(_first_line(error), final=final) from None
        try:
            check_no_web_page(temporary)
            verify(temporary)
        except InputError as error:
            raise _FailedTry(str(error).removeprefix(f"{temporary}: ")) from None


def _explain(url: str, out: Path, reason: str) -> str:
    return (
        f"{out}: cannot be downloaded from {url}: {reason}; check network and URL and run again, or fetch the file "
        f"by hand, for example in a browser, and put it there"
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
