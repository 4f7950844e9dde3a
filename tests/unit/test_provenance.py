"""What a command writes about itself."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy

from ssinfnet import provenance

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"


def test_a_command_says_how_its_result_came_about(labelled, tmp_path):
    config = {"labels": {"infection": [1, 2]}}
    out, record = tmp_path / "fingerprint.json", tmp_path / "provenance.json"
    argv = ["--config-json", json.dumps(config), "--slices", labelled["slices"], "--split", labelled["split"]]
    argv = [str(word) for word in [*argv, "--out", out, "--provenance", record]]
    subprocess.run([sys.executable, SCRIPTS / "fingerprint_split.py", *argv], check=True)
    found = json.loads(record.read_text())
    assert found["command"] == "fingerprint_split"
    assert found["config"] == config and "--config-json" not in found["arguments"]
    # The output is a file by now, but was none when the command began.
    expected = {str(labelled[name]): hashlib.sha256(labelled[name].read_bytes()).hexdigest() for name in labelled}
    del expected[str(labelled["truth"])]
    assert found["inputs"] == expected
    assert {"fingerprint_split.py", "ssinfnet/fingerprint.py", "ssinfnet/command.py"} <= set(found["code"])
    assert "ssinfnet/training/losses.py" not in found["code"]
    code = SCRIPTS / "ssinfnet/fingerprint.py"
    assert found["code"]["ssinfnet/fingerprint.py"] == hashlib.sha256(code.read_bytes()).hexdigest()
    assert found["versions"]["numpy"] == numpy.__version__ and "torch" not in found["versions"]
    assert found["device"] == "cpu" and found["seed"] is None
    assert 0 < found["seconds"] < 600 and 10 < found["peak_memory_mb"] < 4000


def test_without_the_option_nothing_is_written(labelled, tmp_path):
    argv = ["--slices", labelled["slices"], "--split", labelled["split"], "--out", tmp_path / "out.json"]
    subprocess.run([sys.executable, SCRIPTS / "fingerprint_split.py", *map(str, argv)], check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_words_that_can_be_no_file_are_not_inputs(tmp_path):
    file = tmp_path / "a"
    file.touch()
    assert provenance.existing_files(["{" + 300 * "x" + "}", "a\0b", "", str(tmp_path), str(file)]) == [file]


def test_seed_and_threads_are_numbers():
    record = provenance.record(["--seed", "3", "--threads", "2"], [], 1.25)
    assert (record["seed"], record["threads"], record["seconds"]) == (3, 2, 1.2)
