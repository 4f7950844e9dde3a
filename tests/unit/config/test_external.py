"""Methods whose maps another program predicts."""

import re

import pytest

from ssinfnet.config.workflow import parse
from ssinfnet.errors import InputError

PLAIN = {"label": "A"}


def config(external, seeds=(3, 1), method=None, **more):
    methods = {"a": PLAIN, "n": {"label": "N", "external": external, **(method or {})}}
    return parse({"methods": methods, "seeds": list(seeds), **more})


def test_a_method_that_is_trained_says_nothing_of_it():
    """So its params, and with them its results, are those from before there were external methods."""
    found = config({"infection": "x"}).model_dump(mode="json")["methods"]
    assert "external" not in found["a"] and found["n"]["external"]["infection"] == "x"
    assert not parse({"methods": {"a": PLAIN | {"external": None}}}).methods["a"].is_external


def test_predictions_of_no_seed_are_one_run():
    assert [config({"infection": name}).seeds_of("n") for name in ("x", "x/{seed}")] == [(1,), (3, 1)]
    assert config({"infection": "x"}).seeds_of("a") == (3, 1)


def test_label_budgets_do_not_multiply_it():
    found = config({"infection": "x"}, split={"labels": [5, "all"]}).methods
    assert list(found) == ["a_5", "a_all", "n"] and found["n"].labels == "all"
    assert config({"infection": "x"}, split={"labels": 5}).methods["n"].labels == "all"
    assert parse(config({"infection": "x"}).model_dump(mode="json")) == config({"infection": "x"})


@pytest.mark.parametrize(
    ("external", "more", "said"),
    [
        ({"classes": "y"}, {}, "methods.n.external: classes is given, so infection must name a folder"),
        ({"infection": "x", "patients_classes": "y"}, {}, "so patients_infection must name a folder"),
        ({"infection": "x/{seed}", "classes": "y"}, {}, "either all folders have {seed} in their name, or none has"),
        ({"infection": "x"}, {"split": {"folds": 3}}, "its folders need {seed} in their name"),
        ({"infection": "x"}, {"method": {"pretext": "inpainting"}}, "nothing is trained; leave out its pretext"),
        ({"infection": "x"}, {"method": {"single_epochs": 3}}, "leave out its single_epochs"),
        ({"infection": "x"}, {"method": {"augmentation": {"cutout": 0.5}}}, "leave out its augmentation"),
        ({"infection": "x"}, {"scans": {"table": "t", "bundle": "n"}}, "scans.bundle is n, which is external"),
    ],
)
def test_what_makes_no_sense_is_an_error(external, more, said):
    with pytest.raises(InputError, match=re.escape(said)):
        config(external, **more)


def test_it_is_nobodys_teacher():
    methods = {"n": {"label": "N", "external": {"infection": "x"}}, "t": PLAIN | {"self_training": {"teacher": "n"}}}
    with pytest.raises(InputError, match="teacher is n, which is external; train a teacher"):
        parse({"methods": methods, "unlabelled": {"folder": "x"}})
