import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ssinfnet.files import atomic
from ssinfnet.files.atomic import atomic_path, write_text
from ssinfnet.files.json_file import write_json


def test_writes_whole_files_and_leaves_nothing_else(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "é\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "é\n".encode()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_a_failed_write_keeps_what_existed(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_json_refuses_nan_and_keeps_what_existed(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [2]})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"b": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": [2], "b": 1}


def test_what_a_killed_process_leaves_is_hidden_and_can_be_removed(tmp_path):
    program = (
        "import os, signal, sys\n"
        "from ssinfnet.files.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "new" / "a.txt"
    environment = os.environ | {"PYTHONPATH": str(Path(atomic.__file__).parents[2])}
    subprocess.run([sys.executable, "-c", program, target], env=environment)
    (left,) = target.parent.iterdir()
    assert left.name.startswith(".")

    atomic.remove_temporaries(tmp_path, hours=24)
    assert left.exists()
    target.write_text("whole")
    atomic.remove_temporaries(tmp_path)
    assert list(target.parent.iterdir()) == [target]
    atomic.remove_temporaries(tmp_path / "missing")
