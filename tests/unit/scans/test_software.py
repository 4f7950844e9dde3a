import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from ssinfnet.scans import software

ROOT = Path(__file__).parents[3]


def test_the_version_is_that_of_the_package_and_of_the_citation():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert software.version() == project["version"]
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1] == project["version"]


def test_the_time_is_now_or_what_the_environment_says(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert abs((software.now() - datetime.now(UTC)).total_seconds()) < 60
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert software.now() == datetime(1970, 1, 2, tzinfo=UTC)
