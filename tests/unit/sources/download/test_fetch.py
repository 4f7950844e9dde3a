"""Downloads, against a server on this machine that misbehaves in every way."""

import email.utils
import gzip
import hashlib
import json
import resource
import time

import pytest
from http_server import Answer, archive, closed_port

import download_medseg
from ssinfnet.errors import InputError
from ssinfnet.sources.download import medseg as medseg_files
from ssinfnet.sources.download.fetch import NotFoundError, check_md5, fetch

DATA = bytes(range(256)) * 1000
OTHER = bytes(reversed(DATA))
HALF = 100_000
MD5 = hashlib.md5(DATA).hexdigest()
HTML = b"<!DOCTYPE html>\n<html>Sign in</html>"


def get(server, out, answer, retries=2, timeout=5, path="/file"):
    server.pages[path] = answer
    return fetch(
        f"{server.url}{path}",
        out,
        verify=lambda path: check_md5(path, MD5),
        retries=retries,
        pause=0,
        timeout=timeout,
        progress=False,
    )


def redirect(to, status=302):
    return Answer(status=status, headers={"Location": to})


def half(**options):
    return Answer(DATA, cut=HALF, **options)


REST = f"bytes={HALF}-"
PACKED = Answer(gzip.compress(DATA), headers={"Content-Encoding": "gzip"})

# What the server answers, and the Range of each request that follows.
SOONER_OR_LATER = {
    "good": (DATA, [None]),
    "no length": (Answer(DATA, claimed=-1), [None]),
    "500": ([500, DATA], [None, None]),
    "503, 429": ([503, 429, DATA], [None] * 3),
    "being prepared": ([Answer(status=202), DATA], [None, None]),
    "web page": ([HTML, DATA], [None, None]),
    "empty": ([b"", DATA], [None, None]),
    "wrong checksum": ([OTHER, DATA], [None, None]),
    "truncated": ([half(), DATA], [None, REST]),
    "truncated twice": ([half(), half(), DATA], [None, REST, f"bytes={2 * HALF}-"]),
    "truncated, no length": ([half(claimed=-1), DATA], [None, None]),
    "stalled": ([half(end="stall"), DATA], [None, "bytes=65536-"]),  # what was read in whole pieces
    "length too small": ([Answer(DATA, claimed=HALF), DATA], [None, None]),
    "no ranges": ([half(), Answer(DATA, ranges=False)], [None, REST]),
    "no marks": ([half(etag=""), Answer(DATA, etag="")], [None, REST]),
    "neither marks nor length": ([half(etag="", claimed=-1), Answer(DATA, etag="")], [None, None]),
    "weak mark": ([half(etag='W/"1"'), Answer(DATA, etag='W/"1"')], [None, REST]),
    "another version": ([Answer(OTHER, cut=HALF, etag='"0"'), DATA], [None, REST]),
    "other bytes": ([Answer(OTHER, cut=HALF, etag=""), Answer(DATA, etag="")], [None, REST, None]),
    "packed on the way": (PACKED, [None]),
    "packed and truncated": ([Answer(PACKED.body, cut=500, headers=PACKED.headers), DATA], [None, None]),
    "packed badly": ([Answer(DATA, headers=PACKED.headers), DATA], [None, None]),
    "redirect": (redirect("/moved"), [None, None]),
    "redirect of the rest": ([half(), redirect("/moved", 307)], [None, REST, REST]),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "ranges"), SOONER_OR_LATER.values(), ids=SOONER_OR_LATER)
def test_success_sooner_or_later(server, tmp_path, answer, ranges):
    server.pages["/moved"] = DATA
    assert get(server, tmp_path / "new/file", answer, timeout=1 if "stall" in repr(answer) else 5)
    assert (tmp_path / "new/file").read_bytes() == DATA
    assert server.ranges == ranges
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


# Answers to a request for the rest that do not fit what is there: the whole is asked for at once, in the same try.
UNFIT = {
    "length too large": ([Answer(DATA, claimed=len(DATA) + 1), DATA], [None, f"bytes={len(DATA)}-", None]),
    "other mark": ([Answer(OTHER, cut=HALF, etag='"0"'), Answer(DATA, honest=False)], [None, REST, None]),
    "other size": ([Answer(OTHER + b"0", cut=HALF, etag=""), Answer(DATA, etag="")], [None, REST, None]),
    "another range": (
        [half(), Answer(DATA[1:], status=206, headers={"Content-Range": f"bytes 1-{len(DATA) - 1}/{len(DATA)}"}), DATA],
        [None, REST, None],
    ),
    "range in parts": ([half(), Answer(DATA, status=206), DATA], [None, REST, None]),
    "range not satisfiable": ([half(), Answer(status=416), DATA], [None, REST, None]),
    "packed rest": (
        [half(), Answer(DATA[HALF:], 206, PACKED.headers | {"Content-Range": f"bytes {HALF}-{len(DATA) - 1}/*"}), DATA],
        [None, REST, None],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "ranges"), UNFIT.values(), ids=UNFIT)
def test_a_rest_that_does_not_fit_is_not_taken(server, tmp_path, answer, ranges):
    assert get(server, tmp_path / "file", answer, retries=1)
    assert (tmp_path / "file").read_bytes() == DATA and server.ranges == ranges


def test_reset_connection(server, tmp_path):
    """What of the half arrives before the reset is up to the kernel."""
    assert get(server, tmp_path / "file", [half(end="reset"), DATA])
    assert (tmp_path / "file").read_bytes() == DATA and server.asked["/file"] == 2


# What the server answers, how often it is asked, what is said, and how much is kept for the next run.
NEVER = {
    "404": (404, 1, "answers 404 Not Found", 0),
    "410": (410, 1, "answers 410 Gone", 0),
    "403": (403, 1, "answers 403 Forbidden", 0),
    "401": (401, 1, "answers 401 Unauthorized", 0),
    "500": (500, 3, "answers 500", 0),
    "no content": (Answer(status=204), 1, "answers 204", 0),
    "web page": (HTML, 3, "a web page instead of the file", 0),
    "empty": (b"", 3, "empty file", 0),
    "wrong checksum": (OTHER, 3, f"md5 checksum {hashlib.md5(OTHER).hexdigest()} instead of {MD5}", 0),
    "truncated": (half(ranges=False), 3, f"it broke off after {HALF} bytes", HALF),
    "truncated, then 403": ([half(), 403], 2, "answers 403", HALF),
    "truncated, then 404": ([half(), 404], 2, "answers 404", 0),
    "stalled": (half(end="stall", ranges=False), 3, "no further byte for 1 s", 65536),
    "later": (Answer(status=503, headers={"Retry-After": "3600"}), 1, "asks to come back in 3600 s", 0),
    "redirect to nowhere": (redirect("/nowhere"), 1, "answers 404", 0),
    "redirect to itself": (redirect("/file"), 31, "Exceeded 30 redirects", 0),
    "redirect to a file": (redirect("file:///etc/passwd"), 1, "No connection adapters were found for 'file:", 0),
    "redirect to ftp": (redirect("ftp://127.0.0.1/x"), 1, "No connection adapters were found for 'ftp:", 0),
    "redirect to nonsense": (redirect("http://[::1"), 1, "Invalid", 0),
}


@pytest.mark.parametrize(("answer", "tries", "message", "kept"), NEVER.values(), ids=NEVER)
def test_failure_is_one_line_with_the_remedy(server, tmp_path, answer, tries, message, kept):
    with pytest.raises(InputError) as error:
        get(server, tmp_path / "file", answer, timeout=1 if "stall" in repr(answer) else 5)
    text = str(error.value)
    assert message in text and "\n" not in text
    assert f"{server.url}/file" in text and f"{tmp_path / 'file'}: " in text and "by hand" in text
    assert server.asked["/file"] == tries
    if kept:
        assert (tmp_path / ".part-file").read_bytes() == DATA[:kept] and f"after the {kept} bytes that came" in text
        assert sorted(path.name for path in tmp_path.iterdir()) == [".part-file", ".part-file.json"]
    else:
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x", "nonsense", "http://", "http://[::1"])
def test_address_that_is_none(tmp_path, address):
    with pytest.raises(InputError, match="cannot be downloaded from") as error:
        fetch(address, tmp_path / "file", verify=lambda path: None, pause=0, progress=False)
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def test_the_next_run_goes_on(server, tmp_path):
    with pytest.raises(InputError):
        get(server, tmp_path / "file", half(), retries=0)
    assert get(server, tmp_path / "file", DATA, retries=0)
    assert server.ranges == [None, REST] and (tmp_path / "file").read_bytes() == DATA


@pytest.mark.parametrize("spoil", ["other address", "no note", "damaged note", "foreign note", "damaged bytes"])
def test_what_is_kept_is_not_trusted(server, tmp_path, spoil):
    with pytest.raises(InputError):
        get(server, tmp_path / "file", half(), retries=0)
    part, note = tmp_path / ".part-file", tmp_path / ".part-file.json"
    if spoil == "no note":
        note.unlink()
    elif spoil == "damaged note":
        note.write_text(note.read_text()[:-9])
    elif spoil == "foreign note":
        note.write_text("[1]")
    elif spoil == "damaged bytes":
        part.write_bytes(OTHER[:HALF])
    assert get(server, tmp_path / "file", DATA, path="/other" if spoil == "other address" else "/file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert server.ranges == ([None, REST, None] if spoil == "damaged bytes" else [None, None])


def test_whole_but_unnamed_file_needs_no_further_request(server, tmp_path):
    """As after a run that was killed between the last byte and its end."""
    with pytest.raises(InputError):
        get(server, tmp_path / "file", half(), retries=0)
    (tmp_path / ".part-file").write_bytes(DATA)
    assert get(server, tmp_path / "file", 404) and server.asked["/file"] == 1


def test_gz_called_an_encoding_stays_packed(server, tmp_path):
    """As servers do that take `.gz` for an encoding of what is inside."""
    assert get(server, tmp_path / "a.nii.gz", [half(headers=PACKED.headers), Answer(DATA, headers=PACKED.headers)])
    assert (tmp_path / "a.nii.gz").read_bytes() == DATA and server.ranges == [None, REST]


def test_slow_but_moving_goes_on(server, tmp_path):
    """In all it takes longer than `timeout`, which is for the pause between two bytes."""
    start = time.monotonic()
    assert get(server, tmp_path / "file", Answer(DATA, piece=len(DATA) // 12, rest=0.1), timeout=1, retries=0)
    assert time.monotonic() - start > 1


def test_missing_is_told_apart(server, tmp_path):
    with pytest.raises(NotFoundError):
        get(server, tmp_path / "file", 404)


def test_pauses_grow(server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("time.sleep", pauses.append)
    with pytest.raises(InputError):
        fetch(f"{server.url}/file", tmp_path / "f", verify=lambda path: None, retries=4, pause=20, progress=False)
    assert pauses == []
    server.pages["/file"] = 503
    with pytest.raises(InputError):
        fetch(f"{server.url}/file", tmp_path / "f", verify=lambda path: None, retries=4, pause=20, progress=False)
    assert pauses == [20, 40, 60, 60]


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("nonsense", 0, 0),
        ("9" * 5000, 0, 0),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0, 0),
        (None, 1, 200),
    ],
    ids=["seconds", "none", "nonsense", "too many digits", "past", "date"],
)
def test_the_server_says_when_to_come_back(server, tmp_path, monkeypatch, value, least, most):
    pauses = []
    monkeypatch.setattr("ssinfnet.sources.download.fetch.time.sleep", pauses.append)
    value = value or email.utils.formatdate(time.time() + 200, usegmt=True)
    assert get(server, tmp_path / "file", [Answer(status=429, headers={"Retry-After": value}), DATA])
    assert len(pauses) == 1 and least <= pauses[0] <= most


def test_good_file_is_kept_without_a_connection_and_damaged_one_replaced(server, tmp_path, monkeypatch):
    out = tmp_path / "file"
    out.write_bytes(DATA)
    with monkeypatch.context() as offline:
        offline.setattr("socket.socket.connect", lambda *address: pytest.fail("a connection"))
        assert not get(server, out, DATA)
    assert not server.asked
    out.write_bytes(b"damaged")
    assert get(server, out, DATA) and out.read_bytes() == DATA


def test_damaged_file_survives_a_failed_download(server, tmp_path):
    (tmp_path / "file").write_bytes(b"by hand")
    with pytest.raises(InputError):
        get(server, tmp_path / "file", 404)
    assert (tmp_path / "file").read_bytes() == b"by hand"


def test_full_disk_is_one_line_and_the_next_run_goes_on(server, tmp_path):
    """The limit of a file's size stands in for the end of the disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, limits[1]))
    try:
        with pytest.raises(InputError, match=r"file: cannot be written \(File too large\)") as error:
            get(server, tmp_path / "file", DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(error.value)
    assert get(server, tmp_path / "file", DATA) and server.ranges == [None, REST]
    assert (tmp_path / "file").read_bytes() == DATA


def medseg(server, name, out):
    config = {"download": {"medseg_url": f"{server.url}/files/{{id}}", "retries": 1, "pause": 0}}
    download_medseg.main(["--config-json", json.dumps(config), "--file", name, "--out", str(out)])


def test_medseg_archive_is_verified_by_its_content(server, tmp_path):
    whole = archive(**{"rp_im/1.nii.gz": DATA})
    damaged = bytearray(whole)
    damaged[200] ^= 1
    server.pages["/files/25954007"] = [bytes(damaged), whole]
    medseg(server, "rp_im.zip", tmp_path / "rp_im.zip")
    assert (tmp_path / "rp_im.zip").read_bytes() == whole
    medseg(server, "rp_im.zip", tmp_path / "rp_im.zip")
    assert server.asked["/files/25954007"] == 2


def test_medseg_file_is_verified_by_its_md5(server, tmp_path, monkeypatch):
    server.pages["/files/25953977"] = DATA
    with pytest.raises(InputError, match="instead of 54f82e3a9ac01bf6cc2300ca53d820ae"):
        medseg(server, "tr_im.nii.gz", tmp_path / "tr_im.nii.gz")
    monkeypatch.setitem(medseg_files.FILES, "tr_im.nii.gz", ("25953977", MD5))
    medseg(server, "tr_im.nii.gz", tmp_path / "tr_im.nii.gz")
    assert (tmp_path / "tr_im.nii.gz").read_bytes() == DATA


def test_medseg_without_network(tmp_path):
    config = {"download": {"medseg_url": f"http://127.0.0.1:{closed_port()}/{{id}}", "retries": 1, "pause": 0}}
    with pytest.raises(InputError, match=r"no connection.*by hand") as error:
        download_medseg.main(["--config-json", json.dumps(config), "--file", "rp_im.zip", "--out", str(tmp_path / "a")])
    assert "\n" not in str(error.value)


def test_medseg_names_agree():
    assert tuple(medseg_files.FILES) == download_medseg.FILES
