"""Downloads, against a server on this machine that misbehaves in every way."""

import hashlib
import io
import json
import socket
import threading
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest
from PIL import Image

import download_ictcf
import download_medseg
import prepare_ictcf
from ssinfnet.download import NotFoundError, check_md5, fetch
from ssinfnet.errors import InputError
from ssinfnet.sources import ictcf_download, medseg_files


class Server(ThreadingHTTPServer):
    """Answers by path from `pages`: bytes, a status, or a list of answers, one after the other."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked, self.busy, self.busiest = {}, Counter(), 0, 0
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        with server.lock:
            server.asked[self.path] += 1
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
        answer = server.pages.get(self.path, 404)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, int):
            self.send_error(answer)
        else:
            claimed = len(answer)
            if isinstance(answer, Truncated):
                answer = answer[: len(answer) // 2]
            self.send_response(200)
            self.send_header("Content-Length", str(claimed))
            self.end_headers()
            self.wfile.write(answer)
        with server.lock:
            server.busy -= 1

    def log_message(self, *args):
        pass


class Truncated(bytes):
    """Announced in full, sent by half."""


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def archive(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    return content.getvalue()


DATA = bytes(range(256)) * 100
MD5 = hashlib.md5(DATA).hexdigest()
HTML = b"<!DOCTYPE html>\n<html>Sign in</html>"


def get(server, out, answer, retries=2, md5=MD5):
    server.pages["/file"] = answer
    verify = lambda path: check_md5(path, md5)  # noqa: E731
    return fetch(f"{server.url}/file", out, verify=verify, retries=retries, pause=0, timeout=5, progress=False)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [(DATA, 1), ([500, DATA], 2), ([503, 429, DATA], 3), ([Truncated(DATA), DATA], 2), ([HTML, DATA], 2)],
)
def test_success_sooner_or_later(server, tmp_path, answer, tries):
    assert get(server, tmp_path / "new/file", answer)
    assert (tmp_path / "new/file").read_bytes() == DATA
    assert server.asked["/file"] == tries


@pytest.mark.parametrize(
    ("answer", "tries", "message"),
    [
        (404, 1, "answers 404 Not Found"),
        (403, 1, "answers 403"),
        (500, 3, "answers 500"),
        (Truncated(DATA), 3, "broke off"),
        (HTML, 3, "a web page instead of the file"),
        (b"", 3, "empty file"),
        (DATA[:-1], 3, f"md5 checksum {hashlib.md5(DATA[:-1]).hexdigest()} instead of {MD5}"),
    ],
)
def test_failure_is_one_line_with_the_remedy_and_leaves_nothing(server, tmp_path, answer, tries, message):
    with pytest.raises(InputError) as error:
        get(server, tmp_path / "file", answer)
    text = str(error.value)
    assert message in text and "\n" not in text
    assert f"{server.url}/file" in text and f"{tmp_path / 'file'}: " in text and "by hand" in text
    assert server.asked["/file"] == tries
    assert list(tmp_path.iterdir()) == []


def test_missing_is_told_apart(server, tmp_path):
    with pytest.raises(NotFoundError):
        get(server, tmp_path / "file", 404)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def test_good_file_is_kept_and_damaged_one_replaced(server, tmp_path):
    out = tmp_path / "file"
    out.write_bytes(DATA)
    assert not get(server, out, DATA) and not server.asked
    out.write_bytes(b"damaged")
    assert get(server, out, DATA) and out.read_bytes() == DATA


def test_damaged_file_survives_a_failed_download(server, tmp_path):
    (tmp_path / "file").write_bytes(b"by hand")
    with pytest.raises(InputError):
        get(server, tmp_path / "file", 404)
    assert (tmp_path / "file").read_bytes() == b"by hand"


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


def jpeg(value):
    content = io.BytesIO()
    Image.new("L", (16, 16), value).save(content, "JPEG")
    return content.getvalue()


@pytest.fixture
def ictcf(server, tmp_path):
    """A server with archives of patients 1 to 6, but none of patient 3; a function runs the download."""
    table = "Patient,Morbidity\n" + "".join(f"Patient {number},Mild\n" for number in range(1, 7))
    (tmp_path / "table.csv").write_text(table)
    server.pages["/table.csv"] = table.encode()
    for number in (1, 2, 4, 5, 6):
        files = {f"Patient {number}/CT/IMG-{k}.jpg": jpeg(10 * number + k) for k in (1, 2)}
        server.pages[f"/CT/Patient%20{number}.zip"] = archive(**files)

    def run(**download):
        config = {
            "download": {
                "ictcf_url": f"{server.url}/CT/Patient%20{{patient}}.zip", "retries": 1, "pause": 0, "connections": 2,
                **download,
            },
            "ictcf": {"source": "ictcf"} if "ictcf_table_url" in download else {"table": str(tmp_path / "table.csv")},
        }  # fmt: skip
        download_ictcf.main(["--config-json", json.dumps(config), "--out", str(tmp_path / "ictcf/manifest.csv")])
        return pd.read_csv(tmp_path / "ictcf/manifest.csv")

    return run


def test_ictcf_download(server, ictcf, tmp_path, capsys):
    manifest = ictcf()
    assert list(manifest["patient"]) == [f"p000{number}" for number in (1, 1, 2, 2, 4, 4, 5, 5, 6, 6)]
    for row in manifest.itertuples():
        content = (tmp_path / "ictcf" / row.file).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (row.bytes, row.sha256)
    assert "10 pictures of 5 patients; 1 patients have no CT" in capsys.readouterr().err
    assert (tmp_path / "ictcf/Patients.csv").read_bytes() == (tmp_path / "table.csv").read_bytes()
    assert server.busiest <= 2
    folder = tmp_path / "ictcf"
    prepare_ictcf.main(["--manifest", str(folder / "manifest.csv"), "--table", str(folder / "Patients.csv"), "--out",
                        str(tmp_path / "a.h5"), "--patients", str(tmp_path / "p.csv")])  # fmt: skip
    assert list(pd.read_csv(tmp_path / "p.csv")["slices"]) == [2, 2, 0, 2, 2, 2]


def test_ictcf_goes_on_where_it_stopped(server, ictcf, tmp_path):
    whole = server.pages["/CT/Patient%205.zip"]
    server.pages["/CT/Patient%205.zip"] = Truncated(whole)
    with pytest.raises(InputError, match=r"Patient%205.zip: no connection, or it broke off"):
        ictcf()
    assert not (tmp_path / "ictcf/manifest.csv").exists()
    server.pages["/CT/Patient%205.zip"] = whole
    server.asked.clear()
    ictcf()
    assert server.asked == {"/CT/Patient%205.zip": 1}
    # A file that was lost, or cut off on disk, is fetched again, and only that patient's.
    (tmp_path / "ictcf/patients/p0002/Patient 2/CT/IMG-1.jpg").write_bytes(b"x")
    server.asked.clear()
    ictcf()
    assert server.asked == {"/CT/Patient%202.zip": 1}
    assert not [path for path in (tmp_path / "ictcf/patients").iterdir() if path.name.startswith(".")]
    assert not (tmp_path / "ictcf/incoming").exists()


def test_ictcf_archive_put_there_by_hand(server, ictcf, tmp_path):
    (tmp_path / "ictcf/incoming").mkdir(parents=True)
    (tmp_path / "ictcf/incoming/p0002.zip").write_bytes(archive(**{"a/x.jpg": jpeg(1)}))
    assert "patients/p0002/a/x.jpg" in set(ictcf()["file"])
    assert "/CT/Patient%202.zip" not in server.asked


def test_ictcf_single_pictures_and_table_by_url(server, ictcf, tmp_path):
    for number in range(1, 7):
        server.pages[f"/one/{number}.jpg"] = jpeg(number)
    manifest = ictcf(ictcf_url=f"{server.url}/one/{{patient}}.jpg", ictcf_table_url=f"{server.url}/table.csv")
    assert list(manifest["file"]) == [f"patients/p000{number}/{number}.jpg" for number in range(1, 7)]
    assert (tmp_path / "ictcf/Patients.csv").exists()


BAD_ARCHIVES = {
    "hostile": (archive(**{"../../evil.jpg": jpeg(1)}), "outside of the folder"),
    "without pictures": (archive(**{"readme.txt": b"none"}), "holds no picture"),
    "web page": (HTML, "a web page instead of the file"),
    "neither": (b"neither zip nor picture", "cannot be read as JPEG"),
}


@pytest.mark.parametrize(("content", "message"), BAD_ARCHIVES.values(), ids=BAD_ARCHIVES)
def test_ictcf_bad_archive(server, ictcf, tmp_path, content, message):
    server.pages["/CT/Patient%202.zip"] = content
    with pytest.raises(InputError, match=message) as error:
        ictcf()
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("evil.jpg")) and not (tmp_path / "ictcf/manifest.csv").exists()


def test_ictcf_address_that_knows_nobody(server, ictcf, tmp_path, monkeypatch):
    monkeypatch.setattr(ictcf_download, "MOST_ABSENT", 3)
    with pytest.raises(InputError, match=r"has none of the first \d patients; check download\.ictcf_url"):
        ictcf(ictcf_url=f"{server.url}/wrong/{{patient}}", connections=1)
    assert sum(server.asked.values()) < 6
    # The wrong answers are forgotten.
    assert not list((tmp_path / "ictcf/patients").glob("*.json"))


def test_ictcf_without_network_stops_early(server, ictcf):
    with pytest.raises(InputError, match="no connection"):
        ictcf(ictcf_url=f"http://127.0.0.1:{closed_port()}/{{patient}}.zip")
    assert not server.asked
