"""The training commands on tiny slices: what is cut, resumed or pretrained must not change what is computed."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import pretrain_multi
import pretrain_single
import screen_unlabelled
import train_multi
import train_single
from ssinfnet import networks
from ssinfnet.errors import InputError
from ssinfnet.inference import weights as checkpoint
from ssinfnet.networks import trunk
from ssinfnet.slices import parts
from ssinfnet.slices import store as slices
from ssinfnet.slices.budget import labelled_ids
from ssinfnet.slices.split import by_fold
from ssinfnet.slices.store import SliceStore
from ssinfnet.training import state as training_state
from ssinfnet.training.data import epoch_batches

TRAINING = {"size": 64, "scales": [64], "batch_size": 4, "learning_rate": 1e-3, "clip": 0.5}
NETWORK = {"backbone": "resnet18", "weights": "none"}
AUGMENTATION = {"horizontal_flip": 0.5, "cutout": 0.4, "crop": 0.8, "rotations": [0, 90]}
SINGLE = {"single": {"network": NETWORK, "training": TRAINING}, "augmentation": AUGMENTATION}
MULTI = {"multi": {"network": {"width": 8}, "training": TRAINING | {"optimizer": "sgd", "momentum": 0.7}}}
PRETEXT = {
    "size": 64,
    "crop": 32,
    "batch_size": 4,
    "learning_rates": [0.01, 0.001],
    "milestones": [3],
    "augmentation": AUGMENTATION,
}
INPAINTING = {"coach_learning_rate": 1e-3}


ROTATION = {"kind": "rotation", "augmentation": {"horizontal_flip": 0.5, "cutout": 0.4, "crop": 0.8}}
DENOISING = {"kind": "denoising", "curve": 0.7, "windows": 50}


def segment(labelled, folder, epoch, config=SINGLE, command=train_single, resume=None, **more):
    """Run one training segment; returns the prefix of its files."""
    out = folder / f"epoch{epoch}"
    argv = ["--config-json", json.dumps(config), "--seed", "0", "--until-epoch", str(epoch)]
    argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    if command is train_multi:
        argv += ["--prior-train", str(labelled["truth"]), "--prior-validation", str(labelled["truth"])]
    if resume:
        argv += ["--resume", f"{resume}.pt", "--best", f"{resume}.safetensors"]
    for name, value in more.items():
        argv += [f"--{name}", str(value)]
    command.main(
        [*argv, "--out-state", f"{out}.pt", "--out-weights", f"{out}.safetensors", "--out-epochs", f"{out}.csv"]
    )
    return out


def pretext_round(labelled, folder, number, command=pretrain_single, config=NETWORK, epochs=1, task=None, **start):
    """Run a pretext round to an epoch; returns its weights."""
    out = folder / f"round{number}"
    task = task or {}
    sections = {"network": config, "pretext": PRETEXT | (task if "kind" in task else INPAINTING | task)}
    argv = ["--config-json", json.dumps(sections), "--seed", "0", "--round", str(number), "--until-epoch", str(epochs)]
    argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    if command is pretrain_multi:
        argv += ["--prior-train", str(labelled["truth"])]
    for name, path in start.items():
        argv += [f"--{name}", str(path)]
    argv += ["--out-state", f"{out}.pt", "--out-weights", f"{out}.safetensors", "--out-epochs", f"{out}.csv"]
    command.main(argv)
    return out.with_suffix(".safetensors")


def assert_same_files(one, other):
    for suffix in (".pt", ".safetensors", ".csv"):
        assert one.with_suffix(suffix).read_bytes() == other.with_suffix(suffix).read_bytes(), suffix


def other(stage, **network):
    """The config of a training with another network."""
    return {stage: {"network": network, "training": TRAINING}}


@pytest.mark.parametrize(
    ("command", "config"),
    [
        (train_single, SINGLE),
        (train_multi, MULTI),
        (train_single, other("single", name="covid_segnet", width=4)),
        (train_single, other("single", name="plain_unet", width=4)),
        (train_single, other("single", name="unetplusplus", width=4)),
        (train_single, other("single", name="smp", backbone="test_resnet")),
        (train_multi, other("multi", name="covid_segnet", width=4)),
        (train_multi, other("multi", name="plain_unet", width=4, prior=True)),
    ],
    ids=lambda value: (
        value.get("single", value.get("multi"))["network"].get("name", "") if isinstance(value, dict) else ""
    ),
)
def test_a_training_cut_in_two_gives_the_bytes_of_the_uncut_one(labelled, tmp_path, command, config):
    whole = segment(labelled, tmp_path / "whole", 4, config, command)
    half = segment(labelled, tmp_path / "cut", 2, config, command)
    assert_same_files(whole, segment(labelled, tmp_path / "cut", 4, config, command, resume=half))


@pytest.mark.parametrize(
    ("command", "config", "task"),
    [
        (pretrain_single, NETWORK, {}),
        (pretrain_single, NETWORK, {"masks": "mixed", "where": "lungs"}),
        (pretrain_multi, {"width": 8}, {}),
        (pretrain_single, {"name": "covid_segnet", "width": 4}, {}),
        (pretrain_multi, {"name": "plain_unet", "width": 4}, {}),
    ],
    ids=["single", "single, mixed in the lungs", "multi", "one map", "multi without prior"],
)
def test_a_pretext_round_cut_in_two_gives_the_bytes_of_the_uncut_one(labelled, tmp_path, command, config, task):
    first = pretext_round(labelled, tmp_path / "first", 0, command, config, task=task)
    coach = pretext_round(labelled, tmp_path / "first", 1, command, config, task=task, network=first)
    # What a round trains comes from the round's own state once that is there; the other is always given.
    for number, trained, other in ((2, {"network": first}, {"coach": coach}), (1, {}, {"network": first})):
        whole = pretext_round(labelled, tmp_path / "whole", number, command, config, 4, task, **trained, **other)
        half = pretext_round(labelled, tmp_path / "half", number, command, config, 2, task, **trained, **other)
        state = half.with_suffix(".pt")
        cut = pretext_round(labelled, tmp_path / "cut", number, command, config, 4, task, resume=state, **other)
        assert_same_files(whole, cut)
        assert pd.read_csv(cut.with_suffix(".csv"))["epoch"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("command", "config"),
    [
        (pretrain_single, NETWORK),
        (pretrain_multi, {"width": 4}),
        (pretrain_multi, {"name": "plain_unet", "width": 4, "prior": False}),
    ],
    ids=["single", "multi", "multi without prior"],
)
@pytest.mark.parametrize("task", [ROTATION, DENOISING], ids=["rotation", "denoising"])
def test_a_round_of_another_kind_cut_in_two_gives_the_bytes_of_the_uncut_one(labelled, tmp_path, command, config, task):
    first = pretext_round(labelled, tmp_path / "first", 0, command, config, task=task)
    whole = pretext_round(labelled, tmp_path / "whole", 1, command, config, 4, task, network=first)
    half = pretext_round(labelled, tmp_path / "half", 1, command, config, 2, task, network=first)
    cut = pretext_round(labelled, tmp_path / "cut", 1, command, config, 4, task, resume=half.with_suffix(".pt"))
    assert_same_files(whole, cut)
    measure = {"rotation": "accuracy", "denoising": "error"}[task["kind"]]
    assert list(pd.read_csv(cut.with_suffix(".csv")).columns) == ["round", "phase", "epoch", "loss", measure]
    assert checkpoint.load_weights(cut)[1]["pretext_epochs"] == "5"


def test_a_training_shorter_than_its_validations_are_apart_keeps_the_last_weights(labelled, tmp_path):
    """Also when it is cut; the table has its columns all the same."""
    training = TRAINING | {"validate_every": 5}
    config = {"single": SINGLE["single"] | {"training": training}}
    whole = segment(labelled, tmp_path / "whole", 2, config)
    half = segment(labelled, tmp_path / "cut", 1, config)
    assert_same_files(whole, segment(labelled, tmp_path / "cut", 2, config, resume=half))
    assert pd.read_csv(whole.with_suffix(".csv"))["validation_dice"].isna().all()
    weights, _ = checkpoint.load_weights(whole.with_suffix(".safetensors"))
    last = training_state.load_state(whole.with_suffix(".pt"))["network"]
    assert all(torch.equal(weights[name], value) for name, value in last.items())


def test_training_learns_and_keeps_the_best_epoch(labelled, tmp_path):
    out = segment(labelled, tmp_path, 4, {"single": SINGLE["single"]})
    table = pd.read_csv(out.with_suffix(".csv"))
    assert list(table["epoch"]) == list(range(1, 5))
    assert table["loss"].iloc[-1] < 0.8 * table["loss"].iloc[0]
    metadata = checkpoint.load_weights(out.with_suffix(".safetensors"))[1]
    best = table.sort_values(["validation_dice", "validation_loss"], ascending=[False, True]).iloc[0]
    assert int(metadata["best_epoch"]) == best["epoch"]
    assert metadata["threads"] == "1" and metadata["device"] == "cpu"


SMALL = TRAINING | {"size": 32, "scales": [32]}


@pytest.mark.parametrize("network", ["single", "multi"])
def test_a_leftover_of_one_at_32_pixels_trains(labelled, tmp_path, network):
    count = (pd.read_csv(labelled["split"])["part"] == "train").sum()
    options = {"backbone": "resnet18", "weights": "none"} if network == "single" else {"width": 4}
    config = {network: {"network": options, "training": SMALL | {"batch_size": int(count - 1)}}}
    segment(labelled, tmp_path, 1, config, command={"single": train_single, "multi": train_multi}[network])


def test_batches_of_one_at_32_pixels_are_an_error_with_a_remedy(labelled, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"single\.training\.batch_size is 1.*make it 2 or more"):
        segment(labelled, tmp_path, 1, {"single": {"network": NETWORK, "training": SMALL | {"batch_size": 1}}})
    monkeypatch.setitem(PRETEXT, "batch_size", 1)
    with pytest.raises(InputError, match=r"pretext\.batch_size is 1.*make it 2 or more"):
        pretext_round(labelled, tmp_path, 0)


def test_a_fold_is_left_out(labelled, tmp_path):
    config = SINGLE | {"priors": {"folds": 2}}
    files = [segment(labelled, tmp_path / name, 1, config, **more) for name, more in [("a", {}), ("b", {"fold": 0})]]
    weights = [file.with_suffix(".safetensors").read_bytes() for file in files]
    assert weights[0] != weights[1]


@pytest.mark.parametrize(("command", "config"), [(train_single, SINGLE), (train_multi, MULTI)], ids=["single", "multi"])
def test_a_label_budget_trains_on_its_slices_alone(labelled, tmp_path, command, config):
    """The same bytes as a split whose training part is the draw, in one segment or two; another draw, others."""
    table = parts.read_split(labelled["split"])
    drawn = labelled_ids(table, 3, seed=0)
    assert len(drawn) == 4  # two groups of two
    (tmp_path / "alone").mkdir()
    others = (table["part"] == "train") & ~table["id"].isin(drawn)
    parts.write_split(tmp_path / "alone/split.csv", table[~others])
    expected = segment(labelled | {"split": tmp_path / "alone/split.csv"}, tmp_path / "alone", 2, config, command)
    whole = segment(labelled, tmp_path / "whole", 2, config, command, labels=3)
    assert_same_files(expected, whole)
    half = segment(labelled, tmp_path / "cut", 1, config, command, labels=3)
    assert_same_files(whole, segment(labelled, tmp_path / "cut", 2, config, command, resume=half, labels=3))
    every = segment(labelled, tmp_path / "every", 2, config, command, labels=8)
    assert_same_files(every, segment(labelled, tmp_path / "all", 2, config, command))
    assert every.with_suffix(".csv").read_bytes() != whole.with_suffix(".csv").read_bytes()


def test_a_fold_of_a_budget_is_left_out(labelled, tmp_path):
    table = parts.read_split(labelled["split"])
    drawn = labelled_ids(table, 3, seed=0)
    config = SINGLE | {"priors": {"folds": 2}}
    fold = [name for name in by_fold(table, 2, drawn)[1] if name in drawn]
    assert len(fold) == 2
    parts.write_split(tmp_path / "split.csv", table[(table["part"] != "train") | table["id"].isin(fold)])
    expected = segment(labelled | {"split": tmp_path / "split.csv"}, tmp_path / "expected", 1)
    assert_same_files(expected, segment(labelled, tmp_path / "fold", 1, config, fold=0, labels=3))


def test_a_class_network_without_prior_learns_nothing_from_it(labelled, tmp_path):
    """Its training gives the same bytes with priors that say the opposite, and one with a prior does not."""
    with SliceStore(labelled["truth"]) as store, slices.create_store(tmp_path / "opposite.h5") as writer:
        for name in store.ids:
            writer.add(name, group="g", origin="test", infection=1 - store.read("infection", name))
    opposite = labelled | {"truth": tmp_path / "opposite.h5"}
    for prior in (False, True):
        config = other("multi", name="plain_unet", width=4, prior=prior)
        one = segment(labelled, tmp_path / f"one{prior}", 1, config, train_multi)
        two = segment(opposite, tmp_path / f"two{prior}", 1, config, train_multi)
        same = one.with_suffix(".safetensors").read_bytes() == two.with_suffix(".safetensors").read_bytes()
        assert same != prior


@pytest.mark.parametrize("task", [{}, ROTATION, DENOISING], ids=["inpainting", "rotation", "denoising"])
def test_fine_tuning_starts_from_the_pretrained_trunk_with_fresh_heads(labelled, tmp_path, task):
    pretrained = pretext_round(labelled, tmp_path, 0, task=task)
    frozen = {"single": {"network": NETWORK, "training": TRAINING | {"learning_rate": 1e-30, "batch_size": 8}}}
    out = segment(labelled, tmp_path, 1, frozen, pretrained=pretrained)

    trained, _ = checkpoint.load_weights(out.with_suffix(".safetensors"))
    torch.manual_seed(0)
    fresh = networks.create("infnet", **NETWORK)
    heads = set(fresh.state_dict()) - set(trunk.trunk_state(fresh))
    start, _ = checkpoint.load_weights(pretrained)
    assert heads
    for name, value in trained.items():
        if "running_" in name or "num_batches" in name:
            continue  # statistics follow the data even when nothing is learned
        expected = fresh.state_dict()[name] if name in heads else start[name]
        assert torch.allclose(value, expected, rtol=0, atol=1e-25), name


def test_rounds_train_the_one_and_keep_the_other(labelled, tmp_path):
    network = pretext_round(labelled, tmp_path, 0)
    coach = pretext_round(labelled, tmp_path, 1, network=network)
    again = pretext_round(labelled, tmp_path, 2, network=network, coach=coach)
    assert checkpoint.load_weights(coach)[1]["phase"] == "coach"
    before, after = (checkpoint.load_weights(path)[0] for path in (network, again))
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert list(pd.read_csv(tmp_path / "round1.csv").columns) == [
        "round",
        "phase",
        "epoch",
        "loss",
        "erased_loss",
        "kept_loss",
    ]


def test_weights_say_how_long_they_were_trained_in_all_rounds(labelled, tmp_path):
    network = pretext_round(labelled, tmp_path, 0, epochs=2)
    coach = pretext_round(labelled, tmp_path, 1, network=network)
    again = pretext_round(labelled, tmp_path, 2, network=network, coach=coach, epochs=3)
    count = (pd.read_csv(labelled["split"])["part"] == "train").sum()
    steps = len(list(epoch_batches(int(count), 4, 0)))
    said = [checkpoint.load_weights(path)[1] for path in (network, coach, again)]
    assert [(one["epochs"], one["steps"]) for one in said] == [(str(n), str(n * steps)) for n in (2, 1, 3)]
    assert "pretext_steps" not in said[1]
    half = segment(labelled, tmp_path, 1, pretrained=again)
    whole = segment(labelled, tmp_path, 2, resume=half)
    tuned = checkpoint.load_weights(whole.with_suffix(".safetensors"))[1]
    assert (tuned["epochs"], tuned["steps"]) == ("2", str(2 * steps))
    assert (tuned["pretext_epochs"], tuned["pretext_steps"]) == ("5", str(5 * steps))


def test_random_masks_go_on_without_a_coach(labelled, tmp_path):
    task = {"masks": "random"}
    first = pretext_round(labelled, tmp_path, 0, task=task)
    second = pretext_round(labelled, tmp_path, 1, task=task, network=first)
    assert checkpoint.load_weights(second)[1]["phase"] == "network"
    assert checkpoint.load_weights(first)[0].keys() == checkpoint.load_weights(second)[0].keys()


def test_a_round_repeats_byte_by_byte(labelled, tmp_path):
    first, second = (pretext_round(labelled, tmp_path / name, 0, epochs=2) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_unlabelled_slices_are_learned_from_unless_they_are_held_out(labelled, tmp_path, capsys):
    train = parts.part_ids(parts.read_split(labelled["split"]), "train")
    with SliceStore(labelled["slices"]) as store:
        held_out = [store.read("image", name) for name in store.ids if name not in train]

    def unlabelled(name, images):
        with slices.create_store(tmp_path / name) as writer:
            for number, image in enumerate(images):
                writer.add(str(number), group=str(number), origin="test", image=image)
        argv = ["--slices", labelled["slices"], "--split", labelled["split"], "--unlabelled", tmp_path / name]
        screen_unlabelled.main(list(map(str, [*argv, "--out", tmp_path / f"{name}.csv"])))
        return {"unlabelled": tmp_path / name, "screened": tmp_path / f"{name}.csv"}

    alone = pretext_round(labelled, tmp_path / "alone", 0)
    copies = unlabelled("copies.h5", held_out)
    assert pretext_round(labelled, tmp_path / "copies", 0, **copies).read_bytes() == alone.read_bytes()
    assert f"0 of {len(held_out)} unlabelled slices are not held out" in capsys.readouterr().err
    others = unlabelled("others.h5", [np.flipud(image) for image in held_out])
    assert pretext_round(labelled, tmp_path / "others", 0, **others).read_bytes() != alone.read_bytes()
    with pytest.raises(SystemExit):  # nobody has looked for copies
        pretext_round(labelled, tmp_path / "unscreened", 0, unlabelled=others["unlabelled"])
    with pytest.raises(InputError, match=r"others\.h5: slice 0 was not screened"):
        pretext_round(labelled, tmp_path / "other", 0, **copies | {"unlabelled": others["unlabelled"]})


def test_the_coach_raises_the_loss_and_the_network_lowers_it(labelled, tmp_path):
    start = {"command": pretrain_multi, "config": {"width": 8}}
    network = pretext_round(labelled, tmp_path, 0, epochs=12, **start)
    pretext_round(labelled, tmp_path, 1, epochs=12, network=network, **start)
    inpainting, coaching = (pd.read_csv(tmp_path / f"round{number}.csv")["loss"] for number in (0, 1))
    assert inpainting.iloc[-1] < inpainting.iloc[0]
    assert coaching.iloc[-1] > coaching.iloc[0]


def test_a_diverging_training_names_step_and_remedy(labelled, tmp_path):
    config = {"multi": {"network": {"width": 8}, "training": TRAINING | {"optimizer": "sgd", "learning_rate": 1e30}}}
    with pytest.raises(InputError, match=r"step \d+: training diverged; lower multi.training.learning_rate"):
        segment(labelled, tmp_path, 3, config, train_multi)
    assert not list(tmp_path.glob("*"))


def test_going_on_needs_the_best_weights_too(labelled, tmp_path):
    with pytest.raises(InputError, match="--resume needs --best"):
        train_args = {"out-state": "s.pt", "out-weights": "w.safetensors", "out-epochs": "e.csv"}
        argv = [word for name, file in train_args.items() for word in (f"--{name}", str(tmp_path / file))]
        argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"]), "--seed", "0"]
        train_single.main([*argv, "--until-epoch", "2", "--resume", "epoch1.pt"])


def test_weights_that_do_not_fit_are_an_error(labelled, tmp_path):
    checkpoint.save_weights(tmp_path / "w.safetensors", {"a": torch.zeros(1)}, {})
    with pytest.raises(InputError, match="do not fit"):
        segment(labelled, tmp_path, 1, pretrained=tmp_path / "w.safetensors")


@pytest.mark.parametrize("load", [checkpoint.load_weights, training_state.load_state])
def test_broken_checkpoints_are_an_error_that_names_the_file(tmp_path, load):
    (tmp_path / "broken.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match=r"broken\.pt"):
        load(tmp_path / "broken.pt")


def test_a_pickle_is_not_executed(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    torch.save({"network": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(InputError, match="cannot be read as a training state"):
        training_state.load_state(tmp_path / "evil.pt")


def test_batches_hold_every_slice_once_and_follow_the_key():
    first, again, other = ([batch.tolist() for batch in epoch_batches(10, 4, 0, epoch)] for epoch in (0, 0, 1))
    assert sorted(np.concatenate(first)) == list(range(10))
    assert first == again != other
