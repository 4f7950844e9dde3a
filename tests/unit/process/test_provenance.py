"""What a command writes about itself."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from ssinfnet.config.training import Multi
from ssinfnet.errors import InputError
from ssinfnet.files import hashes
from ssinfnet.process import provenance

SCRIPTS = Path(__file__).parents[3] / "workflow_scripts"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fingerprint(labelled, folder, *arguments, scripts=SCRIPTS):
    """The record of `fingerprint_split.py`, run as a rule runs it."""
    argv = ["--slices", labelled["slices"], "--split", labelled["split"], *arguments]
    argv += ["--out", folder / "fingerprint.json", "--provenance", folder / "fingerprint.provenance.json"]
    environment = os.environ | {"OMP_NUM_THREADS": "2", "PYTHONDONTWRITEBYTECODE": "1"}
    program = [sys.executable, scripts / "fingerprint_split.py", *map(str, argv)]
    subprocess.run(program, check=True, env=environment)
    return json.loads((folder / "fingerprint.provenance.json").read_text())


def test_a_command_says_how_its_result_came_about(labelled, tmp_path):
    config = {"labels": {"infection": [1, 2]}}
    found = fingerprint(labelled, tmp_path, "--config-json", json.dumps(config))
    assert found["command"] == "fingerprint_split"
    assert found["config"] == config and found["defaults"] == {}
    given = {"slices": labelled["slices"], "split": labelled["split"], "out": tmp_path / "fingerprint.json"}
    assert found["arguments"] == {name: str(path) for name, path in given.items()}
    assert found["inputs"] == {str(labelled[name]): sha256(labelled[name]) for name in ("slices", "split")}
    out = tmp_path / "fingerprint.json"
    assert found["outputs"] == {str(out): sha256(out)}
    assert found["versions"]["numpy"] == numpy.__version__ and "torch" not in found["versions"]
    assert found["device"] == "cpu" and found["seed"] is None and found["threads"] == 2
    assert 0 < found["seconds"] < 600 and 10 < found["peak_memory_mb"] < 4000


def test_a_second_run_overwrites_and_does_not_take_its_outputs_for_inputs(labelled, tmp_path):
    first, second = (fingerprint(labelled, tmp_path) for _ in range(2))
    assert {name: second[name] for name in ("inputs", "outputs")} == {
        name: first[name] for name in ("inputs", "outputs")
    }


def test_defaults_that_fill_in_the_config_are_told(labelled, tmp_path):
    found = fingerprint(labelled, tmp_path)
    assert found["config"] == {} and found["defaults"] == {"labels": {"infection": [1, 2]}}


def test_defaults_are_told_key_by_key(monkeypatch):
    monkeypatch.setattr(provenance, "_defaults", {})
    given = {"network": {"width": 8}, "schedule": {"epochs": 3, "segment": 1}}
    provenance.note_defaults("multi", given, Multi(**given).model_dump(mode="json"))
    added = provenance.Provenance({}).record()["defaults"]["multi"]
    assert added["network"] == {"name": "unet", "initial_probability": None} and "schedule" not in added
    assert added["training"]["learning_rate"] == 0.01


def test_the_code_hash_changes_with_a_module_that_the_command_imports_and_with_no_other(labelled, tmp_path):
    scripts = tmp_path / "workflow_scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))

    def code():
        return fingerprint(labelled, tmp_path, scripts=scripts)["code"]

    def change(name):
        with (scripts / name).open("a") as file:
            file.write("# changed\n")

    first = code()
    assert {"fingerprint_split.py", "ssinfnet/slices/fingerprint.py", "ssinfnet/command/parser.py"} <= set(
        first["files"]
    )
    assert first["sha256"] == fingerprint(labelled, tmp_path)["code"]["sha256"], "it depends on where the code is"
    change("ssinfnet/training/losses.py")
    change("split_slices.py")
    assert code() == first
    change("ssinfnet/slices/fingerprint.py")
    second = code()
    assert second["files"] == first["files"] and second["sha256"] != first["sha256"]


def test_the_hash_of_several_files_is_what_sha256sum_says(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name in ("b.txt", "a.txt", "more/c.txt"):
        (folder / name).write_text(name)
    told = subprocess.run(
        "sha256sum a.txt b.txt more/c.txt | sha256sum",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.split()[0] == hashes.path_hash(folder)
    (folder / "more/.lock-c.txt").touch()
    assert told.split()[0] == hashes.path_hash(folder)
    (folder / "more/c.txt").rename(folder / "more/d.txt")
    assert told.split()[0] != hashes.path_hash(folder)


def test_what_was_read_and_what_was_written(tmp_path):
    """A folder counts as a whole, a file may be named by the config, and an old output is no input."""
    read, out, weights, old = (tmp_path / name for name in ("read", "out", "weights.safetensors", "old.csv"))
    for folder in (read, out):
        folder.mkdir()
    for file in (read / "a", weights, old):
        file.write_text("before")
    config = {"network": {"name": "infnet", "weights": str(weights), "folder": str(read)}}
    options = {
        "folder": read,
        "out_dir": out,
        "csv": old,
        "seed": 3,
        "threads": 2,
        "runs": [["a", "0", str(read / "a")]],
    }
    options |= {"config_json": config, "provenance": str(tmp_path / "record.json"), "best": None}
    begun = provenance.Provenance(options)
    (out / "b").write_text("new")
    os.utime(old, ns=(1, 1))
    found = begun.record()
    inputs = {str(read): hashes.path_hash(read), str(weights): sha256(weights), str(read / "a"): sha256(read / "a")}
    assert found["inputs"] == inputs
    assert found["outputs"] == {str(out): hashes.path_hash(out), str(old): sha256(old)}
    assert (found["seed"], found["threads"], found["config"]) == (3, 2, config)
    assert found["arguments"] == {
        **{"folder": str(read), "out_dir": str(out), "csv": str(old), "seed": 3, "threads": 2},
        "runs": [["a", "0", str(read / "a")]],
    }


def test_words_that_can_be_no_file_are_not_inputs(tmp_path):
    file = tmp_path / "a"
    file.touch()
    words = ["{" + 300 * "x" + "}", "a\0b", "", str(tmp_path / "none"), str(file)]
    assert list(provenance.stamps({"words": words})) == [str(file)]


def test_a_file_that_is_gone_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match=r"a: cannot be read \(No such file"):
        hashes.file_hash(tmp_path / "a")


def test_without_the_option_nothing_is_written(labelled, tmp_path):
    argv = ["--slices", labelled["slices"], "--split", labelled["split"], "--out", tmp_path / "out.json"]
    subprocess.run([sys.executable, SCRIPTS / "fingerprint_split.py", *map(str, argv)], check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_config_that_is_no_json_object_is_the_commands_error(text, tmp_path):
    argv = ["--config-json", text, "--provenance", tmp_path / "a.json"]
    program = [sys.executable, SCRIPTS / "fingerprint_split.py", *map(str, argv)]
    result = subprocess.run(program, capture_output=True, text=True, check=False)
    assert result.returncode == 2 and "argument --config-json: not" in result.stderr
    assert "Traceback" not in result.stderr and list(tmp_path.iterdir()) == []
