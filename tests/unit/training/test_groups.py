"""Progressive self-training through its commands: groups are marked one by one, a student learns from all of them."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from self_training import CONFIG, mark

import train_groups
import train_student
from ssinfnet.config.self_training import Phase, Progressive, SelfTraining
from ssinfnet.config.training import Single, Training
from ssinfnet.errors import InputError
from ssinfnet.inference import maps, runtime
from ssinfnet.inference import weights as checkpoint
from ssinfnet.slices.store import SliceStore
from ssinfnet.training import groups, loop, pseudo_labels
from ssinfnet.training.data import SliceTensors

PROGRESSIVE = {"group_size": 5, "epochs": 1, "group_training": {"learning_rate": 3e-3, "batch_size": 4}}


@pytest.fixture(scope="module")
def screened(labelled, unlabelled, teacher, tmp_path_factory):
    """The table of the unlabelled slices: twelve are usable, one is a copy of a test slice."""
    out = tmp_path_factory.mktemp("screened") / "m.h5"
    mark(labelled, unlabelled, teacher, out, slices=0)
    return out.with_suffix(".csv")


@pytest.fixture
def run(labelled, unlabelled, teacher, screened, tmp_path):
    """Runs a job of the chain; returns the prefix of its files."""

    def job(name, after, until, before=None, marked=(), seed=0, weights=f"{teacher}.safetensors", more=(), **changes):
        out = tmp_path / name
        progressive = PROGRESSIVE | {key: changes.pop(key) for key in ("relabel", "group_size") if key in changes}
        config = CONFIG | {"self_training": {"slices": 0, "progressive": progressive} | changes}
        argv = ["--config-json", json.dumps(config), "--seed", str(seed), "--screened", str(screened)]
        argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
        argv += ["--unlabelled", *map(str, unlabelled), "--after-group", str(after), "--until-group", str(until)]
        argv += ["--weights", f"{before}.safetensors" if before else weights, *more]
        argv += ["--marked", *(f"{one}.h5" for one in marked)] if marked else []
        argv += ["--out-labels", f"{out}.h5", "--out-weights", f"{out}.safetensors", "--out-epochs", f"{out}.csv"]
        train_groups.main(argv)
        return out

    return job


def contents(*prefixes):
    """Ids and soft labels of stores, one after the other."""
    found = []
    for prefix in prefixes:
        with SliceStore(f"{prefix}.h5") as store:
            found += [(slice_id, store.read("infection", slice_id)) for slice_id in store.ids]
    return [slice_id for slice_id, _ in found], np.stack([infection for _, infection in found])


def test_groups_are_drawn_by_the_seed_hold_every_slice_once_and_do_not_depend_on_their_number():
    items = [f"u{number}" for number in range(23)]
    order = groups.in_random_order(items, 0)
    assert sorted(order) == sorted(items)
    assert order != items and order != groups.in_random_order(items, 1)
    assert order == groups.in_random_order(items, 0)


def test_a_chain_cut_into_jobs_gives_the_bytes_of_the_uncut_one(run):
    whole = run("whole", 0, 3)
    first = run("first", 0, 1)
    second = run("second", 1, 2, first, [first])
    third = run("third", 2, 3, second, [first, second])
    read = [checkpoint.load_weights(f"{one}.safetensors") for one in (whole, third)]
    assert read[0][1] == read[1][1] and read[0][1]["groups"] == "3"
    assert whole.with_suffix(".safetensors").read_bytes() == third.with_suffix(".safetensors").read_bytes()
    ids, labels = contents(first, second, third)
    assert contents(whole)[0] == ids and np.array_equal(contents(whole)[1], labels)
    tables = [pd.read_csv(f"{one}.csv") for one in (first, second, third)]
    pd.testing.assert_frame_equal(pd.read_csv(f"{whole}.csv"), pd.concat(tables, ignore_index=True))
    # Twelve slices in groups of five: the last one is smaller. Epochs are counted through.
    assert list(pd.concat(tables)["slices"]) == [5, 5, 2] and list(pd.concat(tables)["epoch"]) == [1, 2, 3]
    assert sorted(ids) == sorted([f"unlabelled-u{number}" for number in range(10)] + ["patients-u0", "patients-u1"])


def test_more_groups_than_slices_leave_weights_and_labels_as_they_are(run):
    all_of_them = run("all", 0, 2, group_size=6)
    none = run("none", 2, 4, all_of_them, [all_of_them], group_size=6)
    with SliceStore(f"{none}.h5") as store:
        assert store.ids == []
    found, expected = (checkpoint.load_weights(f"{one}.safetensors")[0] for one in (none, all_of_them))
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert pd.read_csv(f"{none}.csv").empty
    with SliceStore(f"{all_of_them}.h5") as one, SliceStore(f"{none}.h5") as other:
        assert len(pseudo_labels.load_pseudo_labels([one, other], 64)) == 12
    again = run("again", 2, 3, all_of_them, group_size=6, relabel=True)
    assert len(contents(again)[0]) == 12


def marked_by(weights, store, ids):
    """The maps of these slices of a store by the network of a file."""
    device = runtime.start(0, 1)
    network = maps.load_network(Single.model_validate(CONFIG["single"]).network, f"{weights}.safetensors", device)
    images = torch.from_numpy(np.stack([store.read("image", one) for one in ids]))[:, None]
    return pseudo_labels.mark(network, images, device, stretch=False).numpy()


def test_each_group_is_marked_by_the_network_before_it_and_never_again_or_each_time(run, teacher):
    first = run("first", 0, 1)
    never = run("never", 1, 2, first, [first])
    anew = run("anew", 1, 2, first, relabel=True)
    with SliceStore(f"{first}.h5") as store:
        assert np.array_equal(contents(first)[1], marked_by(teacher, store, store.ids))
    with SliceStore(f"{never}.h5") as store:
        assert len(store.ids) == 5
        assert np.array_equal(contents(never)[1], marked_by(first, store, store.ids))
    with SliceStore(f"{anew}.h5") as store:
        assert store.ids == contents(first)[0] + contents(never)[0]
        expected = marked_by(first, store, store.ids)
    assert np.allclose(contents(anew)[1], expected, atol=1e-3)
    assert not np.allclose(contents(anew)[1][:5], contents(first)[1], atol=1e-2)  # of the teacher


def test_labels_are_stretched_before_the_network_learns_from_them(run):
    ids, labels = contents(run("first", 0, 1, stretch=True))
    assert len(ids) == 5
    assert (labels.min(axis=(1, 2)) == 0).all() and (labels.max(axis=(1, 2)) == 1).all()


def test_labels_of_other_slices_are_an_error(run):
    first = run("first", 0, 1)
    with pytest.raises(InputError, match="are not those of these slices"):
        run("second", 1, 2, first, [first], seed=1)
    with pytest.raises(InputError, match="are not those of these slices"):
        run("second", 1, 2, first)


def test_the_network_learns_from_labels_within_the_budget_and_outside_of_its_fold(run, labelled, monkeypatch):
    seen = []
    monkeypatch.setattr(groups, "run_groups", lambda *args: seen.append(args[9].images))
    run("all", 0, 1)
    run("budget", 0, 1, more=["--labels", "2"])
    monkeypatch.setitem(CONFIG, "priors", {"folds": 2})
    run("fold", 0, 1, more=["--fold", "0"])
    everything, budget, fold = seen
    assert len(everything) == 8 and len(budget) == 2 and len(fold) == 4
    assert all(any(torch.equal(one, other) for other in everything) for one in [*budget, *fold])


def test_a_student_of_the_hybrid_set_learns_from_labels_and_all_groups(labelled, run, tmp_path):
    first = run("first", 0, 1)
    second = run("second", 1, 2, first, [first])
    hybrid = {"progressive": {"hybrid_training": {"learning_rate": 2e-5, "batch_size": 3}}}
    out = tmp_path / "hybrid"
    argv = ["--config-json", json.dumps(CONFIG | {"self_training": hybrid}), "--seed", "0", "--until-epoch", "1"]
    argv += ["--hybrid", "--pseudo-labels", f"{first}.h5", f"{second}.h5"]
    argv += ["--slices", str(labelled["slices"]), "--split", str(labelled["split"])]
    argv += ["--out-state", f"{out}.pt", "--out-weights", f"{out}.safetensors", "--out-epochs", f"{out}.csv"]
    train_student.main(argv)
    assert checkpoint.load_weights(f"{out}.safetensors")[1]["steps"] == "6"  # 8 labelled slices and 10, by three
    assert pd.read_csv(f"{out}.csv")["learning_rate"].iloc[0] == 2e-5


def test_labels_join_soft_ones_unchanged():
    hard = SliceTensors(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.tensor([[[0, 1]]] * 2, dtype=torch.uint8))
    soft = SliceTensors(torch.ones(1, 1, 4, 4, dtype=torch.uint8), torch.tensor([[[0.25, 0.75]]]).half())
    both = pseudo_labels.joined([hard, soft])
    assert both.images.flatten(1)[:, 0].tolist() == [0, 0, 1]
    assert both.masks.dtype == torch.float16 and both.masks[:, 0].tolist() == [[0, 1], [0, 1], [0.25, 0.75]]


def test_a_phase_says_what_differs_from_single_training():
    training = Training(learning_rate=0.5, batch_size=7, size=64)
    assert Phase().of(training) == training
    assert Phase(learning_rate=0.1).of(training) == training.model_copy(update={"learning_rate": 0.1})
    one = Progressive(group_training={"batch_size": 5}, hybrid_training={"learning_rate": None})
    assert (one.group_training.learning_rate, one.group_training.batch_size) == (3e-4, 5)  # what is left out is its own
    assert (one.hybrid_training.learning_rate, one.hybrid_training.batch_size) == (None, 24)


def test_the_last_group_is_learned_at_the_rate_of_the_first():
    decaying = Training(learning_rate=0.5, decay_every=2, decay=0.1)
    settings = Progressive(group_training={"learning_rate": 0.1, "batch_size": 5}).fine_tuning(decaying)
    assert settings == decaying.model_copy(update={"learning_rate": 0.1, "batch_size": 5, "decay_every": 0})
    assert loop.learning_rate(settings, 100) == 0.1


def test_the_jobs_of_a_chain_end_where_those_of_a_shorter_one_do():
    assert Progressive(groups=320).ends() == list(range(20, 321, 20))
    assert Progressive(groups=7, per_job=3).ends() == [3, 6, 7]
    assert Progressive(groups=6, per_job=3).ends() == [3, 6]


def test_what_a_method_without_groups_says_is_what_it_said_before_there_were_any():
    values = {"teacher": "a", "slices": 400, "stretch": False, "epochs": 10, "segment": 10}
    assert SelfTraining(teacher="a").model_dump(mode="json") == values
    assert SelfTraining(teacher="a", progressive={"group_size": 7}).model_dump(mode="json") == values
    assert SelfTraining(teacher="a", slices=0, progressive={"groups": 2}).by_groups


def test_groups_that_would_be_empty_are_an_error():
    SelfTraining(teacher="a", slices=16, progressive={"groups": 4})  # the last one is smaller
    with pytest.raises(ValueError, match=r"4 groups of 5 need more than the 15 slices"):
        SelfTraining(teacher="a", slices=15, progressive={"groups": 4})
