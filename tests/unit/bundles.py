"""A small bundle for tests, and ways to change one."""

import json
import zipfile
from pathlib import Path

import torch

from ssinfnet import networks
from ssinfnet.config.cleaning import Cleaning
from ssinfnet.config.labels import Labels
from ssinfnet.config.network import InfNet, UNet
from ssinfnet.config.parenchyma import Parenchyma
from ssinfnet.evaluation.conformal import Calibration, Table
from ssinfnet.exchange import bundle, bundle_manifest, licences
from ssinfnet.exchange.bundle_content import (
    MultiStage,
    SeedSeverity,
    Settings,
    Severity,
    SingleStage,
    SplitRecord,
    Splits,
    Threshold,
    Thresholds,
)
from ssinfnet.inference.weights import save_weights
from ssinfnet.severity.metrics import undefined

NETWORKS = {"single": InfNet(backbone="test_resnet"), "multi": UNet(width=4)}
SECRET = "/home/someone/of-patient-17.safetensors"


def content(seeds=(0,), classes=True):
    """What a bundle says of networks that were trained on the phantom."""
    alone = [Table(seeds=(seed,), scores=(0.1,), left_out=0, slices=None, truth=None, coverage=()) for seed in seeds]
    matrix = {**undefined(), "confusion_matrix": [[3, 1, 0], [1, 2, 0], [0, 1, 2]]}
    severity = SeedSeverity(
        kind="fitted",
        cutoffs=(0.1, 0.3),
        patients=10,
        reliability=matrix,
        majority=undefined(),
        auc_severe={"value": 0.8, "low": 0.5, "high": 0.9},
    )
    part = {"slices": 2, "groups": 1, "infected_slices": 1}
    fingerprint = {"parts": dict.fromkeys(("train", "validation", "test"), part)}
    return bundle.Content(
        settings=Settings(
            single=SingleStage(network=NETWORKS["single"], size=64),
            multi=MultiStage(network=NETWORKS["multi"], size=32) if classes else None,
            window=(-1250, 250),
            labels=Labels(),
            parenchyma=Parenchyma(),
            cleaning=Cleaning(),
        ),
        thresholds=Thresholds(
            seeds={seed: Threshold(value=0.4, rule="validation", validation_dice=0.7) for seed in seeds}
        ),
        severity=Severity(patient_ratio="mean", least_infected=0.01, seeds=dict.fromkeys(seeds, severity)),
        interval=Calibration(tables=tuple(alone), torn=0),
        metrics={"single": {}, "multi": {}},
        splits=Splits(
            by="group",
            folds=None,
            splits=(SplitRecord(seeds=seeds, sha256="0" * 64, fingerprint=fingerprint, groups=None),),
        ),
        data=licences.describe(licences.Sources(patients="none"), NETWORKS["single"]),
    )


def weights(folder: Path, seeds=(0,), classes=True) -> dict[tuple[int, str], Path]:
    """Files of weights as a training leaves them, whose metadata name a file of the user's."""
    result = {}
    for seed in seeds:
        for stage in ("single", "multi") if classes else ("single",):
            torch.manual_seed(seed)
            network = networks.from_config(NETWORKS[stage], pretrained=False)
            path = folder / f"{stage}{seed}.safetensors"
            metadata = {"network": json.dumps({"weights": SECRET}), "epochs": "3", "device": "a GPU"}
            save_weights(path, network.state_dict(), metadata)
            result[seed, stage] = path
    return result


def make(folder: Path, seeds=(0,), classes=True, name="bundle.zip", files=None) -> Path:
    """A bundle in `folder`, with the weights of small networks or of `files`."""
    path = folder / name
    options = {"content": content(seeds, classes), "weights": files or weights(folder, seeds, classes)}
    bundle.write(path, method="ssinfnet", label="SSInfNet", card="# Card\n", **options)
    return path


def unpack(path: Path) -> dict[str, bytes]:
    """The files of a bundle, in order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, files: dict[str, bytes], *, manifest=None) -> Path:
    """Write files as a bundle with the right hashes, as somebody would who wants to be believed.

    `manifest` changes the manifest at last.
    """
    found = json.loads(files["manifest.json"])
    found["files"] = {
        name: bundle_manifest.describe(value).model_dump() for name, value in files.items() if name != "manifest.json"
    }
    if manifest:
        manifest(found)
    bundle_manifest.write_zip(path, files | {"manifest.json": json.dumps(found).encode()})
    return path
