"""Self-training through its commands: a teacher marks slices, a student learns from them, fine-tuning goes on."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from self_training import NETWORK, TRAINING, mark, train

import plot_pseudo_labels
import train_single
import train_student
from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.inference import runtime
from ssinfnet.inference import weights as checkpoint
from ssinfnet.inference.maps import infection_of
from ssinfnet.slices.resize import resize
from ssinfnet.slices.store import SliceStore, create_store
from ssinfnet.training import pseudo_labels
from ssinfnet.training.data import load, load_unlabelled
from ssinfnet.training.tasks import InfectionTask
from ssinfnet.training.unlabelled import to_window_of


def test_the_chosen_slices_are_spread_over_all_stores_and_no_held_out_one_is_among_them(
    labelled, unlabelled, teacher, tmp_path
):
    with SliceStore(mark(labelled, unlabelled, teacher, tmp_path / "all.h5", slices=0)) as store:
        names = [f"unlabelled-u{number}" for number in range(10)] + ["patients-u0", "patients-u1"]
        assert store.ids == names
        assert list(store.index["group"]) == [f"p{number // 2}" for number in range(10)] + ["p", "p"]
        assert store.index["origin"].iloc[-1] == "third"
    with SliceStore(mark(labelled, unlabelled, teacher, tmp_path / "some.h5", slices=3)) as store:
        assert store.ids == [names[0], names[6], names[11]]


def test_the_maps_are_the_teachers_at_the_size_of_the_training(labelled, unlabelled, teacher, tmp_path):
    network = networks.create("infnet", **NETWORK)
    checkpoint.load_into(network, f"{teacher}.safetensors")
    run = runtime.start(0, 1)
    with (
        SliceStore(unlabelled[0]) as source,
        SliceStore(mark(labelled, unlabelled, teacher, tmp_path / "m.h5")) as made,
    ):
        image = resize(source.read("image", "u4"), 64)
        assert np.array_equal(made.read("image", "unlabelled-u4"), image)
        expected = infection_of(run.place(network).eval(), torch.from_numpy(image)[None, None], run)[0]
        assert np.allclose(made.read("infection", "unlabelled-u4"), expected, atol=1e-3)
        slices = pseudo_labels.load_pseudo_labels([made], 64)
    assert slices.images.shape == (12, 1, 64, 64) and slices.images.dtype == torch.uint8
    assert slices.masks.shape == (12, 64, 64) and slices.masks.dtype == torch.float16
    assert len(slices.masks.unique()) > 10  # soft


def test_the_slices_are_brought_to_the_window_of_the_labelled_ones(labelled, unlabelled, teacher, tmp_path):
    stores = [SliceStore(mark(labelled, unlabelled, teacher, tmp_path / f"{way}.h5", way)) for way in ("keep", "match")]
    kept, matched = (pseudo_labels.load_pseudo_labels([store], 64).images for store in stores)
    with SliceStore(labelled["slices"]) as store:
        window = load_unlabelled(store, [f"s{number}" for number in range(8)], 64).images  # the training part
    assert not torch.equal(kept, matched)
    assert torch.equal(to_window_of(window, kept), matched)


def test_stretched_maps_reach_from_0_to_1(labelled, unlabelled, teacher, tmp_path):
    with SliceStore(mark(labelled, unlabelled, teacher, tmp_path / "m.h5", stretch=True)) as store:
        for slice_id in store.ids:
            infection = store.read("infection", slice_id)
            assert infection.min() == 0 and infection.max() == 1
    assert not pseudo_labels.stretched(np.full((2, 2), 0.3, np.float32)).any()


def test_copies_of_held_out_slices_alone_are_an_error_before_the_teacher_is_asked(labelled, tmp_path):
    with create_store(tmp_path / "copies.h5") as store, SliceStore(labelled["slices"]) as known:
        store.add("a", group="a", origin="a", image=known.read("image", "s9"))
    with pytest.raises(InputError, match=r"copies\.h5: every slice shows a held-out one"):
        mark(labelled, [tmp_path / "copies.h5"], tmp_path / "none", tmp_path / "m.h5")
    assert not (tmp_path / "m.h5").exists()


def test_a_student_cut_in_two_gives_the_bytes_of_the_uncut_one(labelled, unlabelled, teacher, tmp_path):
    marked = mark(labelled, unlabelled, teacher, tmp_path / "m.h5")
    whole = train(train_student, labelled, tmp_path / "whole", 2, pseudo_labels=marked)
    half = train(train_student, labelled, tmp_path / "cut", 1, pseudo_labels=marked)
    cut = train(train_student, labelled, tmp_path / "cut", 2, resume=half, pseudo_labels=marked)
    for suffix in (".pt", ".safetensors", ".csv"):
        assert whole.with_suffix(suffix).read_bytes() == cut.with_suffix(suffix).read_bytes(), suffix


def test_a_student_learns_what_its_teacher_marked(labelled, unlabelled, tmp_path):
    with create_store(tmp_path / "truth.h5") as store, SliceStore(unlabelled[0]) as source:
        for slice_id in source.ids:
            image = resize(source.read("image", slice_id), 64)
            soft = np.where(image > 100, 0.9, 0.02).astype(np.float16)
            store.add(slice_id, group="g", origin="test", image=image, infection=soft)
    out = train(train_student, labelled, tmp_path, 8, pseudo_labels=tmp_path / "truth.h5")
    table = pd.read_csv(out.with_suffix(".csv"))
    assert table["loss"].iloc[-1] < 0.8 * table["loss"].iloc[0]
    assert table["validation_dice"].max() > 0.6  # of the labelled slices, whose lesions are as bright


def test_a_student_starts_from_a_trunk_and_fine_tuning_from_the_student_heads_included(
    labelled, unlabelled, teacher, tmp_path, monkeypatch
):
    monkeypatch.setitem(TRAINING, "learning_rate", 1e-30)
    marked, weights = mark(labelled, unlabelled, teacher, tmp_path / "m.h5"), f"{teacher}.safetensors"
    start, _ = checkpoint.load_weights(weights)
    torch.manual_seed(0)
    network = networks.create("infnet", **NETWORK)
    fresh, heads = network.state_dict(), tuple(f"{path}." for path in network.HEADS.values())
    with_fresh_heads = {name: fresh[name] if name.startswith(heads) else value for name, value in start.items()}

    student = train(train_student, labelled, tmp_path, 1, pseudo_labels=marked, pretrained=weights)
    tuned = train(train_single, labelled, tmp_path / "tuned", 1, student=weights)
    for out, expected in ((student, with_fresh_heads), (tuned, start)):
        found, _ = checkpoint.load_weights(f"{out}.safetensors")
        for name, value in found.items():
            if "running_" not in name and "num_batches" not in name:  # statistics follow the data
                assert torch.allclose(value, expected[name], rtol=0, atol=1e-25), name
    said = checkpoint.load_weights(f"{tuned}.safetensors")[1]
    assert (said["student_epochs"], said["student_steps"]) == ("3", "6")  # eight slices in batches of four


def test_soft_masks_of_0_and_1_are_the_hard_ones(labelled):
    with SliceStore(labelled["slices"]) as store:
        hard = load(store, store.ids[:4], 64, infection_labels=(1, 2))
    soft = type(hard)(hard.images, hard.masks.half())
    torch.manual_seed(0)
    network, task = networks.create("infnet", **NETWORK).eval(), InfectionTask()
    with torch.no_grad():
        outputs = task.forward(network, hard)
    assert torch.equal(task.loss(outputs, hard), task.loss(outputs, soft))
    assert torch.equal(task.overlap(outputs, hard), task.overlap(outputs, soft))


def test_the_picture_names_student_and_teacher(labelled, unlabelled, teacher, tmp_path):
    marked = mark(labelled, unlabelled, teacher, tmp_path / "m.h5")
    config = json.dumps({"methods": {"a": {"label": "Taught"}, "b": {"label": "Teaching"}}})
    argv = ["--config-json", config, "--pseudo-labels", str(marked), "--method", "a", "--teacher", "b"]
    plot_pseudo_labels.main([*argv, "--out", str(tmp_path / "p.png")])
    assert (tmp_path / "p.png").stat().st_size > 10_000
