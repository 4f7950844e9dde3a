"""Locks between processes; those of downloads are in test_download_processes.py."""

import errno
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ssinfnet.errors import InputError
from ssinfnet.process.file_lock import alone


def count_to(path, number):
    """Add to the number in a file, so often, in a way that loses count where two do it at once."""
    for _ in range(number):
        with alone(path):
            path.write_text(str(int(path.read_text()) + 1))


def test_one_at_a_time(tmp_path):
    path = tmp_path / "number"
    path.write_text("0")
    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(count_to, path, 10) for _ in range(4)]:
            job.result()
    assert path.read_text() == "40" and [path.name for path in tmp_path.iterdir()] == ["number"]


def test_an_error_ends_it(tmp_path):
    with pytest.raises(KeyError), alone(tmp_path / "new/file"):
        raise KeyError
    with alone(tmp_path / "new/file"):
        pass
    assert list((tmp_path / "new").iterdir()) == []


def test_other_files_are_not_waited_for(tmp_path):
    with alone(tmp_path / "a"), alone(tmp_path / "b"):
        assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_left_is_no_lock(tmp_path):
    (tmp_path / ".lock-file").touch()
    with alone(tmp_path / "file"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    """As some clusters mount Lustre: the presence of the file is the lock."""

    def none(handle, operation):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", none)
    inside = threading.Event()

    def second():
        with alone(tmp_path / "file"):
            inside.set()

    with pytest.warns(UserWarning, match="flock not supported"), ThreadPoolExecutor(1) as pool:
        with alone(tmp_path / "file"):
            job = pool.submit(second)
            assert not inside.wait(0.3)
        job.result()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"a: cannot be written \(File exists\); make"), alone(tmp_path / "file/a"):
        pytest.fail("entered")
