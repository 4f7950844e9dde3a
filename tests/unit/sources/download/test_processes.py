"""Downloads by several processes at once, and by one that is killed."""

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from http_server import Answer, archive
from PIL import Image

SCRIPTS = Path(__file__).parents[4] / "workflow_scripts"
HALF = 150_000


WHOLE = archive(**{"rp_im/1.nii.gz": bytes(range(256)) * 1000})


@pytest.fixture
def start():
    """Starts a download in a process of its own; what still runs at the end is killed."""
    processes = []

    def run(script, *arguments, **config):
        program = [sys.executable, SCRIPTS / f"{script}.py", "--config-json", json.dumps(config), *map(str, arguments)]
        processes.append(subprocess.Popen(program, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def wait_until(condition):
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("waited for a minute")


def read_until(process, text):
    """Read what a process says until a line holds `text`."""
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"it ended without saying {text!r}")


def ended_well(process):
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return err


@pytest.fixture
def held(server):
    """The server sends half of the archive and holds the rest back until the gate opens, then answers in full."""
    server.pages["/25954007"] = [Answer(WHOLE, cut=HALF, end="wait"), WHOLE]
    return server


@pytest.fixture
def medseg(server, start, tmp_path):
    """Starts a download of `rp_im.zip`."""
    config = {"medseg_url": f"{server.url}/{{id}}", "pause": 0, "retries": 1}
    return lambda: start("download_medseg", "--file", "rp_im.zip", "--out", tmp_path / "rp_im.zip", download=config)


def half_is_there(part):
    return part.exists() and part.stat().st_size == 2 * 65536  # whole pieces of what came


def test_killed_in_the_middle_the_next_run_goes_on(held, medseg, tmp_path):
    process = medseg()
    wait_until(lambda: half_is_there(tmp_path / ".part-rp_im.zip"))
    process.kill()
    process.wait()
    assert not (tmp_path / "rp_im.zip").exists()
    ended_well(medseg())
    assert (tmp_path / "rp_im.zip").read_bytes() == WHOLE
    assert held.ranges == [None, "bytes=131072-"]
    assert [path.name for path in tmp_path.iterdir()] == ["rp_im.zip"]


def test_the_second_waits_for_the_first_and_asks_for_nothing(held, medseg, tmp_path):
    first = medseg()
    wait_until(lambda: half_is_there(tmp_path / ".part-rp_im.zip"))
    second = medseg()
    read_until(second, "another process is at it")
    held.gate.set()
    ended_well(first)
    assert "already there" in ended_well(second)
    assert (tmp_path / "rp_im.zip").read_bytes() == WHOLE and held.asked == {"/25954007": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["rp_im.zip"]


def test_the_second_takes_over_when_the_first_is_killed(held, medseg, tmp_path):
    first = medseg()
    wait_until(lambda: half_is_there(tmp_path / ".part-rp_im.zip"))
    second = medseg()
    read_until(second, "another process is at it")
    first.kill()
    ended_well(second)
    assert (tmp_path / "rp_im.zip").read_bytes() == WHOLE
    assert held.ranges == [None, "bytes=131072-"]


def test_many_at_once_fetch_once(server, medseg, tmp_path):
    server.pages["/25954007"] = Answer(WHOLE, piece=20_000, rest=0.02)
    for process in [medseg() for _ in range(4)]:
        ended_well(process)
    assert (tmp_path / "rp_im.zip").read_bytes() == WHOLE and server.asked == {"/25954007": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["rp_im.zip"]


def jpeg():
    content = io.BytesIO()
    Image.new("L", (16, 16)).save(content, "JPEG")
    return content.getvalue()


@pytest.fixture
def patients(server, start, tmp_path):
    """The server has archives of patients 1 to 4, of nine pictures each; starts their download."""
    table = "Patient,Morbidity\n" + "".join(f"Patient {number},Mild\n" for number in range(1, 5))
    (tmp_path / "table.csv").write_text(table)
    for number in range(1, 5):
        padding = bytes(20_000 if number == 4 else 0)
        content = {f"Patient {number}/CT/{k}.jpg": jpeg() + padding for k in range(9)}
        server.pages[f"/{number}.zip"] = archive(**content)
    config = {
        "download": {"ictcf_url": f"{server.url}/{{patient}}.zip", "connections": 2, "pause": 0, "retries": 1},
        "patients": {"source": "ictcf", "table": str(tmp_path / "table.csv")},
    }
    return lambda: start("download_ictcf", "--out", tmp_path / "ictcf/manifest.csv", **config)


def test_patients_by_two_processes_are_fetched_once(server, patients):
    server.pages["/3.zip"] = Answer(server.pages["/3.zip"], cut=100, end="wait")
    first = patients()
    wait_until(lambda: server.asked["/3.zip"])
    second = patients()
    read_until(second, "another process is at it")
    server.gate.set()
    assert "36 pictures of 4 patients" in ended_well(first)
    assert "36 pictures of 4 patients" in ended_well(second)
    assert server.asked == {f"/{number}.zip": 1 for number in range(1, 5)}


def test_patients_go_on_after_a_kill(server, patients, tmp_path):
    whole = server.pages["/4.zip"]
    server.pages["/4.zip"] = [Answer(whole, cut=HALF, end="wait"), whole]
    process = patients()
    done, part = tmp_path / "ictcf/patients", tmp_path / "ictcf/incoming/.part-p0004.zip"
    wait_until(lambda: len(list(done.glob("p*.json"))) == 3 and half_is_there(part))
    process.kill()
    process.wait()
    server.asked.clear()
    server.ranges.clear()
    ended_well(patients())
    assert server.asked == {"/4.zip": 1} and server.ranges == ["bytes=131072-"]
    assert len(list(done.rglob("*.jpg"))) == 36 and not part.parent.exists()
