"""A trained method as one file that others can score scans with: written by `write`, verified and read by `read`.

A bundle is a zip of safetensors, JSON and a model card: `bundle_manifest` has its files, `bundle_content` what they
say. Nothing in it is code or a pickle.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import ValidationError
from safetensors.torch import save

from ssinfnet import networks
from ssinfnet.config.base import Section
from ssinfnet.errors import InputError
from ssinfnet.evaluation.conformal import Calibration
from ssinfnet.exchange import bundle_manifest
from ssinfnet.exchange.bundle_content import Data, Settings, Severity, Splits, Thresholds
from ssinfnet.exchange.bundle_manifest import CARD, FORMAT, MANIFEST, MOST_LABEL, Manifest, weights_name
from ssinfnet.files import archives, untrusted
from ssinfnet.files.hashes import file_hash
from ssinfnet.files.json_file import read_json
from ssinfnet.inference.weights import assign, load_weights

MAX_FILES = 1_000
MAX_BYTES = 16 * 1024 * untrusted.MIB
"""More than two networks of the paper's scale for each of 64 seeds."""
MAX_RATIO = 100
"""Bundles are not compressed; one that somebody has packed again may be."""
KEPT_METADATA = (
    *("seed", "best_epoch", "best_score", "epochs", "steps", "precision", "torch"),
    *("pretext_epochs", "pretext_steps", "student_epochs", "student_steps"),
)
"""What a bundle's weights say of their training; the rest may hold paths or names of machines."""
REMEDY = "get the file again, or export it again"

Model = TypeVar("Model", bound=Section)
State = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Content:
    """What is said about the weights, a JSON file for each field; `metrics` are as `bundle_export` collects them."""

    settings: Settings
    thresholds: Thresholds
    severity: Severity
    interval: Calibration
    metrics: dict[str, Any]
    splits: Splits
    data: Data


@dataclass(frozen=True)
class Bundle:
    """A verified bundle.

    `identity` is the SHA-256 of the manifest, which holds those of all files: equal for equal content. `states` are the
    tensors of each network by seed and stage.
    """

    path: Path
    identity: str
    manifest: Manifest
    content: Content
    card: str
    states: Mapping[tuple[int, str], State]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the method, rising."""
        return self.manifest.seeds

    @property
    def has_classes(self) -> bool:
        """Whether there are class networks, which tell GGO from consolidation."""
        return self.content.settings.multi is not None

    def threshold(self, seed: int) -> float:
        """From which probability on a pixel is infected in the maps of this seed."""
        return self.content.thresholds.seeds[seed].value

    def single(self, seed: int) -> torch.nn.Module:
        """The infection network of a seed, on the CPU and ready to predict."""
        return self._network(seed, "single")

    def multi(self, seed: int) -> torch.nn.Module:
        """The class network of a seed, on the CPU and ready to predict; `KeyError` for a bundle without classes."""
        return self._network(seed, "multi")

    def _network(self, seed: int, stage: str) -> torch.nn.Module:
        state = self.states[seed, stage]
        network = networks.from_config(getattr(self.content.settings, stage).network, pretrained=False)
        assign(network, state, f"{self.path}/{weights_name(seed, stage)}")
        return network.eval()


# How the content lies in files: name, field and model.
_FILES: dict[str, tuple[str, type[Section]]] = {
    "settings.json": ("settings", Settings),
    "thresholds.json": ("thresholds", Thresholds),
    "severity.json": ("severity", Severity),
    "interval.json": ("interval", Calibration),
    "split.json": ("splits", Splits),
    "data.json": ("data", Data),
}
_METRICS = "metrics.json"


def write(
    path: Path, *, method: str, label: str, content: Content, card: str, weights: Mapping[tuple[int, str], Path]
) -> str:
    """Write a bundle, atomically, and return its identity; the same content gives the same bytes.

    `weights` are the safetensors of each network by seed and stage. Raises `InputError` for weights that do not fit the
    settings, and for what `read` would refuse.
    """
    files = {CARD: card.encode(), _METRICS: bundle_manifest.as_json(content.metrics)}
    for name, (field, _) in _FILES.items():
        files[name] = bundle_manifest.as_json(getattr(content, field).model_dump(mode="json"))
    for (seed, stage), file in weights.items():
        state, metadata = load_weights(file)
        _require_fit(getattr(content.settings, stage).network, state, file)
        files[weights_name(seed, stage)] = _serialise(state, metadata)
    seeds = sorted({seed for seed, _ in weights})
    stages = ["single", "multi"] if content.settings.multi else ["single"]
    label = "".join(filter(str.isprintable, label))[:MOST_LABEL]
    described = {name: bundle_manifest.describe(value) for name, value in files.items()}
    manifest = Manifest(format=FORMAT, method=method, label=label, seeds=seeds, stages=stages, files=described)
    _require_complete(path, manifest, content)
    first = bundle_manifest.as_json(manifest.model_dump(mode="json"))
    bundle_manifest.write_zip(path, {MANIFEST: first, **{name: files[name] for name in manifest.expected()}})
    return bundle_manifest.describe(first).sha256


def read(path: str | Path) -> Bundle:
    """The bundle `path`, once every byte of every file in it is what its manifest says.

    Raises `InputError` that says why it is refused: no whole zip, entries that a harmless archive does not have
    (`files.archives`), another format, a file that is missing, too many or changed (all of them are listed), JSON that
    says something else than `bundle_content` knows, seeds that do not agree between files, and weights that are no
    safetensors, not finite, or of another network.
    """
    path = Path(path)
    limits = {"max_files": MAX_FILES, "max_bytes": MAX_BYTES, "max_ratio": MAX_RATIO}
    sizes = archives.inspect(path, **limits)
    if MANIFEST not in sizes:
        inside = next((name for name in sizes if name.endswith(f"/{MANIFEST}")), None)
        reason = f"{inside} lies in a folder; pack the files without it" if inside else f"it holds no {MANIFEST}"
        raise InputError(f"{path}: not a bundle: {reason}")
    with archives.unpacked(path, **limits) as folder, _told_of(path, folder):
        manifest = _read_manifest(folder / MANIFEST)
        _verify(path, folder, manifest, sizes)
        content = _read_content(folder)
        _require_complete(path, manifest, content)
        card, states = _text(folder / CARD), {}
        for seed in manifest.seeds:
            for stage in manifest.stages:
                file = folder / weights_name(seed, stage)
                states[seed, stage], _ = load_weights(file)
                _require_fit(getattr(content.settings, stage).network, states[seed, stage], file)
        return Bundle(path, file_hash(folder / MANIFEST), manifest, content, card, states)


@contextmanager
def _told_of(path: Path, folder: Path) -> Iterator[None]:
    """Errors name files as those of the bundle, not of the folder to which it is unpacked."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace(str(folder), str(path))) from None


def _read_manifest(file: Path) -> Manifest:
    found = read_json(file)
    if (stated := found.get("format")) != FORMAT:
        raise InputError(
            f"{file}: the format is {stated!r}, and this version reads {FORMAT}; export the method again, or use the "
            "version that wrote the bundle"
        )
    return _parse(Manifest, found, file)


def _verify(path: Path, folder: Path, manifest: Manifest, sizes: Mapping[str, int]) -> None:
    """Raise `InputError` that lists every file that is not what the manifest says, or is no file of a bundle."""
    expected, listed, present = set(manifest.expected()), set(manifest.files), set(sizes) - {MANIFEST}
    defects = [f"{name} is missing" for name in sorted((expected | listed) - present)]
    defects += [f"{name} is not in the manifest" for name in sorted((expected | present) - listed)]
    defects += [f"{name} is no file of a bundle" for name in sorted(listed - expected)]
    for name in sorted(listed & present):
        entry = manifest.files[name]
        if sizes[name] != entry.bytes:
            defects.append(f"{name} has {sizes[name]:,} bytes, not {entry.bytes:,}")
        elif file_hash(folder / name) != entry.sha256:
            defects.append(f"{name} has been changed (its SHA-256 is another)")
    if defects:
        raise InputError.from_defects(path, [f"{path}: {defect}; {REMEDY}" for defect in defects])


def _read_content(folder: Path) -> Content:
    values: dict[str, Any] = {
        field: _parse(model, read_json(folder / name), folder / name) for name, (field, model) in _FILES.items()
    }
    return Content(metrics=read_json(folder / _METRICS), **values)


def _parse(model: type[Model], value: dict[str, Any], file: Path) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "its content"
        raise InputError(
            f"{file}: {key}: {first['msg'].removeprefix('Value error, ')}; another version wrote it, or a person"
        ) from None


def _require_complete(path: Path, manifest: Manifest, content: Content) -> None:
    """Raise `InputError` where the files of a bundle do not speak of the same seeds and networks."""
    seeds = set(manifest.seeds)
    told: dict[str, set[int]] = {
        "thresholds.json": set(content.thresholds.seeds),
        "interval.json": {seed for table in content.interval.tables for seed in table.seeds},
        "split.json": {seed for split in content.splits.splits for seed in split.seeds},
    }
    if content.severity.seeds is not None:
        told["severity.json"] = set(content.severity.seeds)
    for name, others in told.items():
        if others != seeds:
            raise InputError(f"{path}/{name}: has the seeds {sorted(others)}, not those of the bundle, {sorted(seeds)}")
    if alone := seeds - {table.seeds[0] for table in content.interval.tables if len(table.seeds) == 1}:
        raise InputError(f"{path}/interval.json: seed {min(alone)} is not calibrated by itself")
    if ("multi" in manifest.stages) != (content.settings.multi is not None):
        raise InputError(f"{path}/settings.json: multi does not go with the networks of the bundle")
    if missing := [name for name in manifest.expected() if name not in manifest.files]:
        raise InputError(f"{path}: {missing[0]} is missing")


def _require_fit(network: Section, state: State, file: Path) -> None:
    """Raise `InputError` where the tensors are not those of the network, whose size has to be paid for no sooner."""
    with torch.device("meta"), warnings.catch_warnings(action="ignore", category=UserWarning):
        assign(networks.from_config(network, pretrained=False), state, file)


def _serialise(state: State, metadata: Mapping[str, str]) -> bytes:
    kept = {name: metadata[name] for name in KEPT_METADATA if name in metadata}
    tensors = {name: value.contiguous() for name, value in state.items()}
    return save(tensors, metadata={"ssinfnet": json.dumps(kept, sort_keys=True)})


def _text(file: Path) -> str:
    try:
        return untrusted.read(file, 32 * untrusted.MIB).decode()
    except UnicodeDecodeError:
        raise InputError(f"{file}: is no text in UTF-8; {REMEDY}") from None
