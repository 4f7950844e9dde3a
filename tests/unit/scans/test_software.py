import re
import tomllib
from pathlib import Path

from ssinfnet.scans import software

ROOT = Path(__file__).parents[3]


def test_the_version_has_one_source():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert software.version() == version
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1] == version


def test_an_installation_says_its_own_version(tmp_path, monkeypatch):
    """Away from a checkout, also where another project lies in the place of ours."""
    monkeypatch.setattr(software, "__file__", str(tmp_path / "a/b/c/software.py"))
    monkeypatch.setattr(software.metadata, "version", lambda name: f"{name} 7")
    (tmp_path / "a").mkdir()
    assert software.version() == "ssinfnet 7"
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "9"\n')
    assert software.version() == "ssinfnet 7"
