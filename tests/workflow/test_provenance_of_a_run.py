"""Beside every model, store and table of a finished run lies how it came about, and it is true."""

import argparse
import csv
import hashlib
import importlib
import json
import re
import shlex
from pathlib import Path

import imports
import pytest

from ssinfnet.command.parser import Parser

SUFFIX = ".provenance.json"
RECORDED = {".safetensors", ".pt", ".h5", ".csv", ".json"}
TIMELESS = {"command", "arguments", "config", "seed", "threads"}


def sha256(path):
    """Of a file, or of what `sha256sum` prints for all files of a folder."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    return sha256sum(path, names)


def sha256sum(folder, names):
    """The hash of what `sha256sum NAMES` prints in a folder."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results"


@pytest.fixture(scope="module")
def records(finished):
    """Each record by its path in the folder of the workflow."""
    paths = finished.folder.glob(f"*/**/*{SUFFIX}")
    return {path.relative_to(finished.folder).as_posix(): json.loads(path.read_text()) for path in paths}


@pytest.fixture(scope="module")
def jobs(finished):
    """The jobs as Snakemake lists them: rule, inputs and outputs of each file that a job writes."""
    table = finished.snakemake("--detailed-summary", *finished.overlay("{}")).stdout.splitlines()
    return list(csv.DictReader(table, delimiter="\t"))


def test_every_model_store_and_table_is_in_one_record_of_its_folder(results, records):
    told = [name for record in records.values() for name in record["outputs"]]
    assert len(told) == len(set(told))
    written = {
        path.relative_to(results.parent).as_posix()
        for path in results.rglob("*")
        if path.suffix in RECORDED and not path.name.endswith(SUFFIX)
    }
    assert len(written) > 100
    assert written - set(told) == set()
    for place, record in records.items():
        folders = {Path(name).parent for name in record["outputs"] if Path(name).suffix in RECORDED}
        assert folders <= {Path(place).parent}, place


def test_hashes_are_those_of_the_files_as_they_are(finished, records):
    """So a record's inputs are another one's outputs, back to the data, unless a file was changed by hand."""
    checked = set()
    for place, record in records.items():
        for name, told in (record["inputs"] | record["outputs"]).items():
            assert told == sha256(finished.folder / name), (place, name)
            checked.add(name)
    assert {"results/slices/medseg.h5", "data/phantom/medseg", "data/phantom/ictcf/manifest.csv"} <= checked


def test_inputs_are_those_of_the_rule(finished, records, jobs):
    """All files that the rule hands to the command; folders stand for the files in them."""
    inputs = {job["output_file"]: set(job["input-file(s)"].split(",")) for job in jobs}
    for place, record in records.items():
        wanted = {name for name in inputs[place] if not name.startswith("workflow_scripts/")}
        wanted -= {"results/checks/passed.txt"}  # it is waited for, not read
        folders = [name for name in record["inputs"] if (finished.folder / name).is_dir()]
        wanted = {name for name in wanted if not any(name.startswith(f"{folder}/") for folder in folders)}
        assert set(record["inputs"]) - set(folders) == wanted - {"-"}, place


def test_code_is_what_the_rule_watches(finished, records, jobs):
    """Nothing is imported that Snakemake would not notice a change of, and the hash is of those files."""
    scripts = finished.folder / "workflow_scripts"
    watched = {job["output_file"]: job["input-file(s)"].split(",") for job in jobs}
    for place, record in records.items():
        files = record["code"]["files"]
        assert f"{record['command']}.py" in files and "ssinfnet/process/provenance.py" in files
        unwatched = {name for name in files if f"workflow_scripts/{name}" not in watched[place]}
        assert unwatched <= imports.of_process(scripts), place
        assert record["code"]["sha256"] == sha256sum(scripts, files), place


def parsed(command, words):
    """The options of a command line by name, as the command's own parser has them."""

    class ParsedError(Exception):
        pass

    def stop(parser, argv):
        raise ParsedError(vars(argparse.ArgumentParser.parse_args(parser, argv)))

    with pytest.MonkeyPatch.context() as patch, pytest.raises(ParsedError) as found:
        patch.setattr(Parser, "parse_args", stop)
        importlib.import_module(command).main(words)
    return found.value.args[0]


def test_config_seed_and_threads_are_those_of_the_rule(finished, records):
    plan = finished.snakemake("-n", "--forceall", "--printshellcmds", "--cores", "2", *finished.overlay("{}")).stdout
    wanted = {}
    for line in re.findall(r"python (workflow_scripts/.* --provenance .*) 2> ", plan):
        script, *words = shlex.split(line)
        options = parsed(Path(script).stem, words)
        place, config = (options.pop(name) for name in ("provenance", "config_json"))
        wanted[place] = {
            "command": Path(script).stem,
            "arguments": json.loads(json.dumps({name: value for name, value in options.items() if value}, default=str)),
            "config": config,
            "seed": options.get("seed"),
            "threads": 1,
        }
    for record in records.values():
        record["arguments"] = {name: value for name, value in record["arguments"].items() if value}
        record["arguments"].pop("out_passed", None)  # of check_inputs, before there are trained networks
    assert {place: {name: record[name] for name in TIMELESS} for place, record in records.items()} == wanted
    trained = [record for record in records.values() if record["command"].startswith(("train_", "pretrain_"))]
    assert {record["seed"] for record in trained} == {0}


def test_a_record_is_small_and_says_what_the_job_took(finished, records):
    for place, record in records.items():
        assert (finished.folder / place).stat().st_size < 16_000, place
        assert record["seconds"] > 0 and record["peak_memory_mb"] > 20 and record["device"]
        assert "numpy" in record["versions"] and ("torch" in record["versions"]) >= ("train" in record["command"])


def test_nothing_depends_on_a_record(jobs):
    """They hold times, so that no two runs write the same one."""
    assert sum(job["output_file"].endswith(SUFFIX) for job in jobs) > 20
    assert [job["output_file"] for job in jobs if SUFFIX in job["input-file(s)"]] == []


def test_every_job_but_the_last_ones_is_in_the_picture_of_times(results, jobs):
    measured = {path.relative_to(results / "benchmarks").with_suffix("").parts[0] for path in results.rglob("*.tsv")}
    assert measured == {job["rule"] for job in jobs} - {"plot_times"}
    writes = {job["output_file"]: job for job in jobs}
    waiting, seen = [job["output_file"] for job in jobs if job["rule"] == "plot_times"], set()
    while waiting:
        if (name := waiting.pop()) in writes and name not in seen:
            seen.add(name)
            waiting += writes[name]["input-file(s)"].split(",")
    counted = {writes[name]["rule"] for name in seen} - {"plot_times"}
    assert {job["rule"] for job in jobs} - counted == {"plot_times", "write_summary", "check_inputs"}
