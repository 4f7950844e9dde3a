"""The patients' download: archive by archive, resumed, and honest about who is missing."""

import hashlib
import io
import json

import pandas as pd
import pytest
from http_server import Answer, archive, closed_port
from PIL import Image

import download_ictcf
import prepare_patients
from ssinfnet.errors import InputError
from ssinfnet.sources.download import ictcf as ictcf_download

HTML = b"<!DOCTYPE html>\n<html>Sign in</html>"


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
            "patients": {
                "source": "ictcf", **({} if "ictcf_table_url" in download else {"table": str(tmp_path / "table.csv")}),
            },
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
    prepare_patients.main(["--manifest", str(folder / "manifest.csv"), "--table", str(folder / "Patients.csv"), "--out",
                        str(tmp_path / "a.h5"), "--patients", str(tmp_path / "p.csv")])  # fmt: skip
    assert list(pd.read_csv(tmp_path / "p.csv")["slices"]) == [2, 2, 0, 2, 2, 2]


def test_ictcf_goes_on_where_it_stopped(server, ictcf, tmp_path):
    whole = server.pages["/CT/Patient%205.zip"]
    server.pages["/CT/Patient%205.zip"] = [Answer(whole, cut=200), Answer(whole, cut=300), 403]
    with pytest.raises(InputError, match=r"Patient%205.zip: it broke off after 500 bytes.*goes on after the 500 bytes"):
        ictcf()
    assert not (tmp_path / "ictcf/manifest.csv").exists()
    server.pages["/CT/Patient%205.zip"] = whole
    server.asked.clear()
    server.ranges.clear()
    ictcf()
    assert server.asked == {"/CT/Patient%205.zip": 1} and server.ranges == ["bytes=500-"]
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


@pytest.mark.parametrize(
    ("answers", "tries"),
    [
        (lambda whole: [500, whole], 2),
        (lambda whole: [Answer(whole, cut=100, end="reset"), whole], 2),
        (lambda whole: [HTML, whole], 2),
        (lambda whole: [whole[:-1], whole], 2),
        (lambda whole: [Answer(whole, cut=300, end="stall"), whole], 2),
        (lambda whole: [Answer(status=302, headers={"Location": "/CT/Patient%201.zip"})], 1),
    ],
    ids=["500", "reset", "web page", "damaged", "stall", "redirect"],
)
def test_ictcf_success_sooner_or_later(server, ictcf, answers, tries):
    server.pages["/CT/Patient%202.zip"] = answers(server.pages["/CT/Patient%202.zip"])
    assert list(ictcf(timeout=1)["patient"]).count("p0002") == 2
    assert server.asked["/CT/Patient%202.zip"] == tries


def test_ictcf_that_is_done_needs_no_network(server, ictcf, tmp_path, monkeypatch):
    first = ictcf(ictcf_table_url=f"{server.url}/table.csv")
    server.asked.clear()
    # No connection is even tried, here to the same address.
    monkeypatch.setattr("socket.socket.connect", lambda *address: pytest.fail("a connection"))
    (tmp_path / "ictcf/manifest.csv").unlink()
    assert ictcf(ictcf_table_url=f"{server.url}/table.csv").equals(first)
    assert not server.asked


def test_ictcf_on_a_full_disk_says_so(ictcf, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ictcf_download.shutil, "copytree", full)
    with pytest.raises(InputError, match=r"patients/p000\d: cannot be written \(No space left on device\)"):
        ictcf()
