"""How long a scan of 300 slices of 512 x 512 takes from its files to its page, by parts.

`pytest tests/benchmarks/test_scan_speed.py -m slow -s` prints the tables; the variable THREADS sets the threads, two by
default. CPU seconds depend least on what else runs, and on a busy machine least with one thread, as threads that wait
for each other spin. The networks have not been trained and find infection on nearly every slice with lung, so classes
are looked for on as many slices as there may be.
"""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import bundles
import chest_scan
import numpy as np
import pytest
import stored_scans

from ssinfnet.config.network import InfNet, UNet
from ssinfnet.exchange import bundle
from ssinfnet.exchange.bundle_content import MultiStage, SingleStage
from ssinfnet.process import machine

ROOT = Path(__file__).parents[2]
THREADS = os.environ.get("THREADS", "2")
NETWORKS = {"single": InfNet(backbone="tf_efficientnet_lite0"), "multi": UNet(width=16)}
SIZES = {"config.yaml": (128, 96), "the paper": (352, 352)}
"""Edges of what the networks for infection and for classes see."""
FINER = (5, 4, 4)
SPACING = tuple(mm / factor for mm, factor in zip(chest_scan.SPACING, FINER, strict=True))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """The chest of the unit tests on a finer grid, with noise of its own, as NIfTI and as DICOM."""
    values = np.kron(chest_scan.Chest().values, np.ones(FINER, np.int16))
    values += np.random.default_rng(0).integers(-25, 26, values.shape, dtype=np.int16)
    values = np.maximum(values, -1024)
    folder = tmp_path_factory.mktemp("scans")
    return {
        "NIfTI": stored_scans.save_nifti(folder / "chest.nii.gz", values, spacing=SPACING),
        "DICOM": stored_scans.save(stored_scans.slices_of(values, spacing=SPACING), folder / "series"),
    }


def make_bundle(folder, sizes, monkeypatch):
    monkeypatch.setattr(bundles, "NETWORKS", NETWORKS)
    content, (single, multi) = bundles.content(), sizes
    stages = {
        "single": SingleStage(network=NETWORKS["single"], size=single),
        "multi": MultiStage(network=NETWORKS["multi"], size=multi),
    }
    content = dataclasses.replace(content, settings=content.settings.model_copy(update=stages))
    path = folder / "bundle.zip"
    bundle.write(path, method="a", label="A", content=content, card="# A\n", weights=bundles.weights(folder))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("kind", ["NIfTI", "DICOM"])
def test_a_scan_of_300_slices(bench, scans, kind, sizes, tmp_path, monkeypatch):
    path, times = make_bundle(tmp_path, sizes, monkeypatch), tmp_path / "times.json"
    command = [sys.executable, Path(__file__).with_name("scan_parts.py"), time.time(), times, scans[kind]]
    command += ["--bundle", path, "--out", tmp_path / "out", "--threads", THREADS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts")}
    subprocess.run(list(map(str, command)), check=True, env=environment, capture_output=True)
    found = json.loads(times.read_text())
    print(f"\n{kind}, networks at {sizes[0]} and {sizes[1]} pixels, {THREADS} threads, {machine.processor()}")
    print(f"{'part':20} {'seconds':>8} {'CPU seconds':>12}")
    total = np.sum(list(found["parts"].values()), axis=0)
    for part, (seconds, cpu) in [*found["parts"].items(), ("in all", total)]:
        print(f"{part:20} {seconds:8.1f} {cpu:12.1f}")
    print(f"at most {found['memory']:,} MiB of memory")
    bench.record(f"score_scans, {kind}, {sizes[0]} pixels", total[1], item="scan")
