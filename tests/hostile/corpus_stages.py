"""Small valid files as our own stages write them for each other, to be damaged as those from outside are."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from corpus import Case
from safetensors.torch import save

from ssinfnet.slices import store


def _store() -> list[Case]:
    random = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slices.h5"
        with store.create_store(path) as writer:
            for name in ("s1", "s2"):
                writer.add(name, group="g", origin="memory", image=random.integers(0, 256, (24, 24), np.uint8))
        return [(path.name, path.read_bytes())]


def _weights() -> list[Case]:
    state = {"conv.weight": torch.arange(8.0), "conv.count": torch.tensor(3)}
    return [("weights.safetensors", save(state, {"ssinfnet": json.dumps({"device": "cpu", "threads": "1"})}))]


def _state() -> list[Case]:
    buffer = io.BytesIO()
    torch.save({"epoch": 2, "network": {"a": torch.ones(5)}, "history": [{"loss": 0.5}]}, buffer)
    return [("epoch2.pt", buffer.getvalue())]


def _csv() -> list[Case]:
    return [
        ("split.csv", b"id,group,part\ns1,g1,train\ns2,g2,test\n"),
        ("manifest.csv", b"patient,file,bytes,sha256\np0001,patients/p0001/1.jpg,10,abc\n"),
        ("patients.csv", b"patient,morbidity,score,slices\np0001,Mild,0,3\np0002,Suspected,,2\n"),
        ("quality.csv", b"id,group,area,components,balance,border,solidity\ns1,g,0.2,2,0.9,0,0.8\n"),
        ("exclusions.csv", b"id,reason\ns1,motion\n"),
        ("parts.csv", b"id,part\ns1,train\ns2,val\ns3,Test\n"),
    ]


def _json() -> list[Case]:
    return [("metrics.json", json.dumps({"threshold": {"value": 0.4, "dice": 0.7}, "images": {"id": ["s1"]}}).encode())]


STAGES: dict[str, Callable[[], list[Case]]] = {
    "store": _store, "weights": _weights, "state": _state, "csv": _csv, "json": _json,
}  # fmt: skip
