"""The command on files as the stages of the workflow write them, the model card, and the licences."""

import json
import zipfile
from pathlib import Path

import bundles
import numpy as np
import pytest

import calibrate_share
import evaluate_multi
import evaluate_single
import export_bundle
import fingerprint_split
from ssinfnet.config.network import ClassSmpDecoder, InfNet
from ssinfnet.errors import InputError
from ssinfnet.exchange import bundle, licences
from ssinfnet.files.hashes import file_hash
from ssinfnet.files.json_file import read_json
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.slices import parts
from ssinfnet.slices import store as slices

CONFIG = {
    "method": {"label": "SSInfNet | a", "pretext": "inpainting"},
    "sources": {"labelled": "folder"},
    "labelled": {"hu_window": [-1000, 200]},
    "single": {"network": {"backbone": "test_resnet", "weights": "/home/p17/w.safetensors"}, "training": {"size": 64}},
    "multi": {"network": {"width": 4}, "training": {"size": 32}},
    "cleaning": {"exclusions": "/home/p17/exclusions.csv"},
    "severity": {"patient_ratio": "max"},
}


def severity_of(truth, predicted):
    """The metrics of a severity stage."""
    truth, predicted = np.array(truth, int), np.array(predicted, int)
    patients = np.array([f"p{number}" for number in range(len(truth))])
    options = {"resamples": 100, "seed": 0}
    kind = "fitted" if len(truth) else "published"
    ranked = severity_metrics.ranking(truth, {"ratio": predicted.astype(float)}, **options)
    return {
        "fitted": severity_metrics.classification(truth, predicted, patients, **options),
        "published": severity_metrics.undefined(),
        "majority": severity_metrics.majority(truth, patients, **options),
        "cutoffs": {"published": [0.01, 0.5], "fitted": [0.1, 0.2] if len(truth) else None},
        "headline": kind,
        "auc_severe": ranked["ratio"]["auc_severe"],
        "counts": {"patients_scored": len(truth)},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory, labelled):
    """The files of a finished run of two seeds, by the options of the command."""
    folder = tmp_path_factory.mktemp("run")
    split = parts.read_split(labelled["split"])
    with slices.SliceStore(labelled["slices"]) as store:
        for part in ("validation", "test"):
            with (
                slices.create_store(folder / f"{part}.h5") as maps,
                slices.create_store(folder / f"{part}_classes.h5") as classes,
            ):
                for slice_id in parts.part_ids(split, part):
                    mask, where = store.read("mask", slice_id), {"group": "g", "origin": "memory"}
                    maps.add(slice_id, **where, infection=0.75 * (mask > 0).astype(np.float16))
                    found = np.stack([mask == code for code in range(3)]).astype(np.float16)
                    classes.add(slice_id, **where, classes=found)
    inputs = ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    config = ["--config-json", json.dumps({"evaluation": {"bootstrap": 100}})]
    out = ["--out-csv", str(folder / "m.csv"), "--out-json"]
    maps = ["--validation", str(folder / "validation.h5"), "--test", str(folder / "test.h5")]
    evaluate_single.main([*config, *inputs, *maps, *out, str(folder / "single.json")])
    evaluate_multi.main([*config, *inputs, "--test", str(folder / "test_classes.h5"), *out, str(folder / "multi.json")])
    fingerprint_split.main([*inputs, "--out", str(folder / "fingerprint.json")])
    files = [labelled["split"], folder / "validation.h5", folder / "test.h5", folder / "single.json"]
    runs = [word for seed in ("0", "1") for word in ("--run", "m", seed, *map(str, files))]
    to = ["--out-groups", str(folder / "groups.csv"), "--out-json", str(folder / "interval.json")]
    calibrate_share.main([*inputs[:2], *runs, *to])
    weights = bundles.weights(folder, (0, 1))
    scored = folder / "severity.json"
    scored.write_text(json.dumps(severity_of([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 2])))
    return {
        **{
            stage: [
                [f"--{stage}", "m", str(seed), str(weights[seed, stage]), str(folder / f"{stage}.json")]
                for seed in (0, 1)
            ]
            for stage in ("single", "multi")
        },
        "severity": [["--severity", "m", str(seed), str(scored)] for seed in (0, 1)],
        "interval": [["--interval", str(folder / "interval.json")]],
        "split": [["--split", str(labelled["split"])]],
        "fingerprint": [["--fingerprint", str(folder / "fingerprint.json")]],
    }


def export(path, run, config=CONFIG):
    words = [word for groups in run.values() for group in groups for word in group]
    export_bundle.main(["--config-json", json.dumps(config), *words, "--out", str(path)])
    return bundle.read(path)


def test_what_the_stages_wrote_is_in_the_bundle(run, labelled, tmp_path):
    found = export(tmp_path / "m.zip", run)
    content = found.content
    assert (found.manifest.method, found.seeds, found.has_classes) == ("m", (0, 1), True)
    assert content.settings.window == (-1000, 200) and content.settings.single.size == 64
    assert content.settings.cleaning.exclusions is None and content.settings.single.network.weights == "none"
    assert found.threshold(1) == read_json(Path(run["single"][1][-1]))["threshold"]["value"]
    assert content.severity.patient_ratio == "max" and content.severity.seeds[1].cutoffs == (0.1, 0.2)
    assert content.severity.seeds[0].precision(1) == (2, 3)
    assert content.splits.splits[0].sha256 == file_hash(labelled["split"])
    assert content.splits.splits[0].fingerprint["parts"]["train"]["slices"] == 8
    assert [table.seeds for table in content.interval.tables] == [(0, 1), (0,), (1,)]
    dice = content.metrics["single"]["1"]["targets"]["infection"]["metrics"]["dice"]
    assert (dice["mean"], dice["n"]) == (1, 2) and set(content.metrics["multi"]) == {"0", "1"}
    assert found.single(0) and found.multi(1)


def test_a_bundle_of_a_users_folder_names_no_slice_group_or_path(run, tmp_path):
    path = tmp_path / "m.zip"
    assert export(path, run).content.splits.splits[0].groups is None
    with zipfile.ZipFile(path) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if not name.endswith(".safetensors")]
    texts = "\n".join(texts)
    assert [name for name in ("p17", '"g4"', '"s8"', "g5", "p0", str(tmp_path)) if name in texts] == []
    assert b"/home/" not in path.read_bytes()


def test_groups_of_public_data_are_named(run, tmp_path):
    config = CONFIG | {"sources": {"labelled": "medseg"}}
    groups = export(tmp_path / "m.zip", run, config).content.splits.splits[0].groups
    assert groups == {"train": ("g0", "g1", "g2", "g3"), "validation": ("g4",), "test": ("g5",)}


def test_exported_twice_it_has_the_same_bytes(run, tmp_path):
    export(tmp_path / "a.zip", run), export(tmp_path / "b.zip", run)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_splits_of_each_seed_go_in_the_order_of_the_runs(run, tmp_path):
    other = tmp_path / "split.csv"
    other.write_text(Path(run["split"][0][1]).read_text().replace("validation", "train"))
    words = run | {
        "single": run["single"][::-1],
        "split": [["--split", str(other), run["split"][0][1]]],
        "fingerprint": [[*run["fingerprint"][0], run["fingerprint"][0][1]]],
    }
    found = export(tmp_path / "m.zip", words).content.splits.splits
    assert [(one.seeds, one.sha256 == file_hash(other)) for one in found] == [((0,), False), ((1,), True)]


def test_the_card_says_what_counts(run, tmp_path):
    card = export(tmp_path / "m.zip", run).card
    for words in (
        "# Model card: SSInfNet \\| a",
        "not a medical device",
        "| a folder of the exporter's | labelled slices | not known to this software",
        "| infection | 0 | 1.000",
        "| 0 | 0.1 and 0.2 (fitted) | 6 |",
        "2 of 3",
        "none: 0 to 1, as 9 groups are needed",
        "exchangeable",
        "Groups are not named",
    ):
        assert words in card
    assert "phantom alone" not in card
    assert "phantom alone" in export(tmp_path / "p.zip", run, CONFIG | {"sources": {"labelled": "phantom"}}).card


def test_without_classes_and_without_patients(run, tmp_path):
    words = {name: groups for name, groups in run.items() if name not in ("multi", "severity")}
    found = export(tmp_path / "m.zip", words, CONFIG | {"sources": {"labelled": "folder", "patients": "none"}})
    assert not found.has_classes and found.content.severity.seeds is None
    assert "No patients were scored" in found.card and "not told apart" in found.card


def test_patients_without_a_class_leave_the_published_cut_offs(run, tmp_path):
    scored = tmp_path / "severity.json"
    scored.write_text(json.dumps(severity_of([], [])))
    words = run | {"severity": [["--severity", "m", str(seed), str(scored)] for seed in (0, 1)]}
    found = export(tmp_path / "m.zip", words)
    one = found.content.severity.seeds[0]
    assert (one.kind, one.cutoffs, one.patients, one.precision(0)) == ("published", (0.01, 0.5), 0, (0, 0))
    assert "0.01 and 0.5 (published) | 0 | undefined" in found.card


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run: run | {"multi": run["multi"][:1]}, "--multi is not of the same method and seeds as --single"),
        (lambda run: run | {"severity": [["--severity", "n", *run["severity"][0][2:]]]}, "--severity is not of"),
        (lambda run: run | {"split": [[*run["split"][0], run["split"][0][1]]]}, "same number of files"),
        (lambda run: run | {"interval": [["--interval", run["fingerprint"][0][1]]]}, "no calibration"),
        (lambda run: run | {"single": run["single"][:1]}, "--multi is not of the same method and seeds"),
    ],
)
def test_runs_that_do_not_hang_together(run, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        export(tmp_path / "m.zip", change(run))


def test_weights_that_a_class_network_started_from_are_told():
    found = licences.describe(licences.Sources(), InfNet(), ClassSmpDecoder(weights="imagenet"))
    assert [one.name for one in found.sets if one.used_for == "start of the training"] == [
        "ImageNet weights of tf_efficientnet_lite0"
    ]


def test_licences_of_what_was_used():
    def sets(network, **sources):
        found = licences.describe(licences.Sources(**sources), InfNet(**network))
        return {one.name: (one.used_for, one.licence) for one in found.sets}

    lite0 = {"backbone": "tf_efficientnet_lite0", "weights": "imagenet"}
    real = sets(lite0, labelled="medseg", patients="ictcf", unlabelled_patients=True)
    assert [licence.split(",")[0] for _, licence in real.values()][:3] == ["CC0", "CC0", "CC BY 4.0"]
    assert real["iCTCF (HUST-19)"][0] == "severity cut-offs, slices without labels"
    assert "Apache-2.0" in real["ImageNet weights of tf_efficientnet_lite0"][1]
    own = sets({"weights": "/home/p17/w.safetensors"}, labelled="folder", patients="none", unlabelled_folder=True)
    assert own["a folder of the exporter's"][0] == "labelled slices, slices without labels"
    assert "p17" not in json.dumps(own)
