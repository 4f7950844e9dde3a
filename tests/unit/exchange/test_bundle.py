"""Bundles written, read, damaged, and made by somebody who means harm."""

import json
import pickle
import stat
import zipfile

import bundles
import pytest
import torch
from safetensors.torch import save

from ssinfnet.errors import InputError
from ssinfnet.exchange import bundle
from ssinfnet.inference.weights import load_weights, save_weights


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("bundle"), seeds=(0, 2))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A bundle whose weights are one tensor each, so that they fit no network and take no time."""
    folder = tmp_path_factory.mktemp("tiny")
    save_weights(folder / "w.safetensors", {"x": torch.arange(4.0)}, {})
    names = [(seed, stage) for seed in (0, 2) for stage in ("single", "multi")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "_require_fit", lambda *arguments: None)
        return bundles.make(folder, seeds=(0, 2), files=dict.fromkeys(names, folder / "w.safetensors"))


@pytest.fixture
def files(tiny):
    return bundles.unpack(tiny)


def refused(path, message):
    """The reason for which a bundle is refused; it names the file, and no folder of ours."""
    with pytest.raises(InputError, match=message) as error:
        bundle.read(path)
    text = str(error.value)
    assert text.startswith((str(path), f"{text.split(' ')[0]} defects in {path}")) and "ssinfnet-" not in text.replace(
        "ssinfnet-bundle/", ""
    )
    return text


def test_what_is_written_is_read(made, tmp_path):
    found = bundle.read(made)
    assert found.content == bundles.content((0, 2)) and found.card == "# Card\n"
    assert found.seeds == (0, 2) and found.has_classes and found.threshold(2) == 0.4
    assert (found.manifest.method, found.manifest.label) == ("ssinfnet", "SSInfNet")
    for (seed, stage), path in bundles.weights(tmp_path, (0, 2)).items():
        state, _ = load_weights(path)
        assert found.states[seed, stage].keys() == state.keys()
        assert all(torch.equal(found.states[seed, stage][name], value) for name, value in state.items())
    picture = torch.zeros(1, 3, 64, 64)
    single, multi = found.single(0), found.multi(2)
    assert not single.training and not multi.training
    with torch.no_grad():
        assert single(picture).segmentation.shape == (1, 1, 64, 64)
        assert multi(picture, picture).segmentation.shape == (1, 3, 64, 64)
        assert not torch.equal(single(picture).segmentation, found.single(2)(picture).segmentation)


def test_a_bundle_without_classes(tmp_path):
    found = bundle.read(bundles.make(tmp_path, classes=False))
    assert not found.has_classes and list(found.states) == [(0, "single")]
    with pytest.raises(KeyError):
        found.multi(0)


def test_equal_content_gives_equal_bytes(made, tmp_path):
    again = bundles.make(tmp_path, seeds=(0, 2))
    assert again.read_bytes() == made.read_bytes()
    assert bundle.read(again).identity == bundle.read(made).identity
    other = bundles.make(tmp_path, seeds=(0, 3), name="other.zip")
    assert bundle.read(other).identity != bundle.read(made).identity


def test_metadata_of_a_training_that_name_files_and_machines_are_left_out(made):
    content = made.read_bytes()
    assert bundles.SECRET.encode() not in content and b"a GPU" not in content
    assert b'\\"epochs\\": \\"3\\"' in content


def test_nothing_is_unpickled(made, monkeypatch):
    def fail(*args, **options):
        raise AssertionError("unpickled")

    for module, name in ((pickle, "load"), (pickle, "loads"), (pickle, "Unpickler"), (torch, "load")):
        monkeypatch.setattr(module, name, fail)
    bundle.read(made).single(0)


def test_weights_of_another_network_are_not_exported(tmp_path):
    weights = bundles.weights(tmp_path)
    weights[0, "single"] = weights[0, "multi"]
    with pytest.raises(InputError, match=r"multi0\.safetensors: the weights do not fit the network"):
        bundle.write(tmp_path / "b.zip", method="m", label="M", content=bundles.content(), card="", weights=weights)
    assert not (tmp_path / "b.zip").exists()


def test_seeds_without_a_threshold_are_not_exported(tmp_path):
    with pytest.raises(InputError, match=r"thresholds\.json: has the seeds \[0\], not those of the bundle, \[0, 1\]"):
        bundle.write(
            tmp_path / "b.zip",
            method="m",
            label="M",
            content=bundles.content(),
            card="",
            weights=bundles.weights(tmp_path, (0, 1)),
        )


def test_every_defect_of_the_files_is_listed(files, tmp_path):
    path = tmp_path / "b.zip"
    files["model_card.md"] = b"# Cord\n"
    files["metrics.json"] += b" "
    files["notes.txt"] = b"more"
    del files["split.json"]
    bundles.bundle_manifest.write_zip(path, files)
    text = refused(path, "4 defects")
    for part in (
        "split.json is missing",
        "notes.txt is not in the manifest",
        "model_card.md has been changed",
        "metrics.json has",
        "get the file again",
    ):
        assert part in text


def test_no_byte_can_be_changed_unnoticed(tiny, tmp_path, monkeypatch):
    """A byte of the zip that was changed is noticed, or is one that says nothing, as the time of an entry."""
    monkeypatch.setattr(bundle, "_require_fit", lambda *arguments: None)
    content, whole = tiny.read_bytes(), bundle.read(tiny)
    path, noticed, places = tmp_path / "b.zip", 0, range(0, len(content), 37)
    for place in places:
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        try:
            found = bundle.read(path)
        except InputError:
            noticed += 1
        else:
            assert (found.identity, found.card, found.content) == (whole.identity, whole.card, whole.content)
            assert all(torch.equal(found.states[name]["x"], state["x"]) for name, state in whole.states.items())
    assert noticed > 0.9 * len(places)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(format="ssinfnet-bundle/9"), "the format is 'ssinfnet-bundle/9', and this"),
        (lambda manifest: manifest.pop("format"), "the format is None"),
        (lambda manifest: manifest.update(seeds=[2, 0]), "manifest.json: seeds: must rise"),
        (lambda manifest: manifest.update(seeds=[0, 2, 5]), "seed5/single.safetensors is missing"),
        (lambda manifest: manifest.update(seeds=[0]), "seed2/multi.safetensors is no file of a bundle"),
        (lambda manifest: manifest.update(stages=["single"]), "seed0/multi.safetensors is no file of a bundle"),
        (lambda manifest: manifest.update(more=1), "manifest.json: more: Extra inputs are not permitted"),
        (lambda manifest: manifest.update(method="../m"), "manifest.json: method: String should match"),
        (lambda manifest: manifest.update(label="\x1b[2J"), "manifest.json: label: must be printable"),
        (lambda manifest: manifest["files"].pop("data.json"), "data.json is not in the manifest"),
    ],
)
def test_a_manifest_of_another_kind(files, tmp_path, change, message):
    refused(bundles.pack(tmp_path / "b.zip", files, manifest=change), message)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("settings.json", lambda value: value["single"].update(size=0), "settings.json: single.size"),
        ("settings.json", lambda value: value["single"].update(size=10**9), "settings.json: single.size"),
        (
            "settings.json",
            lambda value: value["single"]["network"].update(backbone="hf-hub:someone/network"),
            "'hf-hub:someone/network' is no name of a backbone",
        ),
        (
            "settings.json",
            lambda value: value["single"]["network"].update(weights="imagenet"),
            "weights must be none, as the bundle holds them all",
        ),
        (
            "settings.json",
            lambda value: value["multi"].update(network={"name": "smp", "weights": "imagenet"}),
            "weights must be none, as the bundle holds them all",
        ),
        ("settings.json", lambda value: value.update(multi=None), "multi does not go with the networks of the bundle"),
        ("settings.json", lambda value: value["cleaning"].update(exclusions="/etc/passwd"), "exclusions must be null"),
        ("settings.json", lambda value: value.update(window=[1, 0]), "window must rise"),
        ("settings.json", lambda value: value.update(script="x"), "settings.json: script: Extra inputs"),
        ("thresholds.json", lambda value: value["seeds"]["0"].update(value=2), "thresholds.json: seeds.0.value"),
        ("thresholds.json", lambda value: value["seeds"].pop("0"), r"has the seeds \[2\], not those of the bundle"),
        ("severity.json", lambda value: value["seeds"]["0"].update(cutoffs=[0.3, 0.1]), "cutoffs must rise"),
        (
            "severity.json",
            lambda value: value["seeds"]["0"]["reliability"].update(confusion_matrix=[[1]]),
            "needs a confusion_matrix of 3 x 3",
        ),
        ("interval.json", lambda value: value["tables"][0].update(scores=[0.2, 0.1]), "interval.json: tables.0.scores"),
        ("interval.json", lambda value: value["tables"][0].update(seeds=[0, 2]), "seed 0 is not calibrated by itself"),
    ],
)
def test_content_of_another_kind(files, tmp_path, name, change, message):
    value = json.loads(files[name])
    change(value)
    refused(bundles.pack(tmp_path / "b.zip", files | {name: json.dumps(value).encode()}), message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not JSON", "settings.json: cannot be read as JSON"),
        (b"[1]", "settings.json: holds no JSON object"),
        (b'{"single": NaN}', "settings.json: cannot be read as JSON"),
        (b"[" * 100_000, "settings.json: cannot be read as JSON"),
        (b"\xff\xfe", "settings.json: cannot be read as JSON"),
    ],
)
def test_settings_that_are_no_json(files, tmp_path, content, message):
    refused(bundles.pack(tmp_path / "b.zip", files | {"settings.json": content}), message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"weights": [1]}), "cannot be read as safetensors: it is a pickle"),
        (b"", "the file is empty"),
        (save({"x": torch.zeros(2)}), "the weights do not fit the network"),
        (save({"x": torch.tensor(float("nan"))}), "x holds NaN"),
    ],
)
def test_weights_of_another_kind(files, tmp_path, content, message):
    path = bundles.pack(tmp_path / "b.zip", files | {"seed0/single.safetensors": content})
    assert f"{path}/seed0/single.safetensors: " in refused(path, message)


def test_a_network_beyond_its_weights_is_refused_before_it_is_made(made, tmp_path):
    files = bundles.unpack(made)
    settings = json.loads(files["settings.json"])
    settings["multi"]["network"]["width"] = 10**7  # 10^17 bytes in its last level alone
    files["settings.json"] = json.dumps(settings).encode()
    refused(bundles.pack(tmp_path / "b.zip", files), "seed0/multi.safetensors: the weights do not fit the network")


def test_a_card_that_is_no_text(files, tmp_path):
    refused(bundles.pack(tmp_path / "b.zip", files | {"model_card.md": b"\xff"}), "model_card.md: is no text in UTF-8")


def test_what_is_no_bundle(tmp_path, files):
    page, folder, other = tmp_path / "page.zip", tmp_path / "folder.zip", tmp_path / "other.zip"
    page.write_bytes(b"<!DOCTYPE html><html>")
    refused(page, "not a whole zip archive")
    bundles.bundle_manifest.write_zip(folder, {f"bundle/{name}": value for name, value in files.items()})
    refused(folder, "bundle/manifest.json lies in a folder; pack the files without it")
    bundles.bundle_manifest.write_zip(other, {"a.txt": b"a"})
    refused(other, "not a bundle: it holds no manifest.json")
    with pytest.raises(InputError, match="no such file"):
        bundle.read(tmp_path / "none.zip")


@pytest.mark.parametrize("name", ["../evil.json", "/evil.json", "seed0\\evil.json", "C:/evil.json"])
def test_names_that_lead_elsewhere(files, tmp_path, name):
    refused(bundles.pack(tmp_path / "b.zip", files | {name: b"{}"}), "would be written outside of the folder")


def test_links_and_bombs(tiny, tmp_path):
    for number, (info, content, message) in enumerate(
        [
            (zipfile.ZipInfo("link"), b"/etc/passwd", "link or a special file"),
            (zipfile.ZipInfo("bomb"), bytes(50_000_000), "times its size, more than 100"),
        ]
    ):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(tiny.read_bytes() if number == 0 else b"")
        with zipfile.ZipFile(path, "a") as archive:
            if number == 0:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        refused(path, message)


def test_a_bundle_that_was_packed_again_is_the_same(made, tmp_path):
    path, files = tmp_path / "b.zip", bundles.unpack(made)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in reversed(list(files)):
            archive.writestr(name, files[name])
    assert path.stat().st_size < made.stat().st_size
    assert bundle.read(path).identity == bundle.read(made).identity


def test_severity_of_a_scan():
    severity = bundles.content().severity
    assert [severity.classes({0: ratio})[0] for ratio in (0, 0.0999, 0.1, 0.29, 0.3, 1)] == [0, 0, 1, 1, 2, 2]
    assert [severity.seeds[0].precision(score) for score in range(3)] == [(3, 4), (2, 4), (2, 2)]
    with pytest.raises(KeyError):
        severity.classes({1: 0.1})
