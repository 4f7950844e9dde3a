"""After `pip install .` the command works anywhere, without the checkout."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import bundles
import pytest
import stored_scans
from scoring import SPACING, VALUES, only, result

from ssinfnet.scans import software

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("setuptools") is None, reason="setuptools, which builds it, is missing")
def test_an_installation_scores_from_another_folder(tmp_path):
    """Without its dependencies, which are there, and without a network: what is packaged is what is tested."""
    source, site = tmp_path / "source", tmp_path / "site"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):  # a build leaves folders where it builds
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", site)
    subprocess.run([sys.executable, "-m", "pip", "install", *options, source], check=True)

    def run(*command):
        environment = os.environ | {"PYTHONPATH": str(site)}
        return subprocess.run(
            list(map(str, command)), cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout

    where = "import ssinfnet.scans.software as one; print(one.__file__, one.version())"
    assert run(sys.executable, "-c", where) == f"{site}/ssinfnet/scans/software.py {software.version()}\n"
    command = site / "bin/ssinfnet-score"
    assert "Score chest CT scans with a bundle" in run(command, "--help")
    scan = stored_scans.save_nifti(tmp_path / "chest.nii.gz", VALUES, spacing=SPACING)
    run(command, scan, "--bundle", bundles.make(tmp_path), "--out", "out")
    assert result(only(tmp_path / "out"))["scored"]
    assert {"overview.png", "report.html"} <= {path.name for path in only(tmp_path / "out").iterdir()}
