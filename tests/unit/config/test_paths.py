import re
from pathlib import Path

import pytest

from ssinfnet.config.workflow import parse
from ssinfnet.errors import InputError

METHODS = {"a": {"label": "~ 3 %"}}


@pytest.mark.parametrize("key", ["results_dir", "data_dir"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("results", "results"),
        ("results/", "results"),
        ("./results//a/", "results/a"),
        ("a/../b", "b"),
        ("../out", "../out"),
        ("my results", "my results"),
        (" results ", "results"),
        ("/data/out/", "/data/out"),
        ('it\'s 50 % (new) & "more" $HOME #1', 'it\'s 50 % (new) & "more" $HOME #1'),
        ("résultats", "résultats"),
    ],
)
def test_folders_are_read_as_people_write_them(key, written, meant):
    assert getattr(parse({"methods": METHODS, key: written}), key) == meant


@pytest.mark.parametrize("key", ["results_dir", "data_dir"])
@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "not the working directory itself"),
        ("  ", "not the working directory itself"),
        (".", "not the working directory itself"),
        ("./", "not the working directory itself"),
        ("out_{date}", "without { }"),
        ("out{", "without {"),
        ("<results>/out", "without < >"),
        ("~nobody-of-this-name/out", "no such user"),
        ("s3://bucket/out", "an address"),
        ("-out", "must not start with -"),
        ("a\nb", "line breaks"),
        (None, "must be text"),
    ],
)
def test_what_cannot_be_a_folder_is_refused_with_the_reason(key, written, reason):
    with pytest.raises(InputError, match=re.escape(reason)) as error:
        parse({"methods": METHODS, key: written})
    assert key in str(error.value) and "\n" not in str(error.value)


def test_the_home_folder_is_meant_by_its_sign_in_every_path(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    values = {
        "methods": METHODS,
        "results_dir": "~/out/",
        "data_dir": "~",
        "labelled": {"source": "folder", "folder": "~/slices {x}"},
        "patients": {"source": "folder", "folder": "~/patients", "table": "~/a.xlsx"},
        "cleaning": {"exclusions": "~/no.csv"},
        "single": {"network": {"weights": "~/w.safetensors"}},
    }
    config = parse(values)
    assert (config.results_dir, config.data_dir) == ("/home/me/out", "/home/me")
    assert config.labelled.folder == "/home/me/slices {x}"
    assert (config.patients.folder, config.patients.table) == ("/home/me/patients", "/home/me/a.xlsx")
    assert config.cleaning.exclusions == "/home/me/no.csv"
    assert config.single.network.weights == "/home/me/w.safetensors"
    assert config.methods["a"].label == "~ 3 %"
    assert Path(values["results_dir"]) == Path("~/out")  # what was given is left alone
