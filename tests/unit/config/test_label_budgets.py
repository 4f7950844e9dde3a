"""What `split.labels` makes of the methods."""

import re

import pytest

from ssinfnet.config import label_budgets
from ssinfnet.config.workflow import parse
from ssinfnet.errors import InputError

METHODS = {"a": {"label": "A"}, "b": {"label": "B", "pretext": "inpainting"}}


def config(labels=None, methods=METHODS, **more):
    return parse({"methods": methods, **({"split": {"labels": labels}} if labels else {}), **more})


@pytest.mark.parametrize("labels", [None, "all", 7])
def test_without_a_list_there_are_the_methods_of_the_config(labels):
    found = config(labels).methods
    assert list(found) == ["a", "b"]
    assert [(one.label, one.family, one.labels) for one in found.values()] == [
        (name, name, labels or "all") for name in "AB"
    ]


def test_a_list_multiplies_the_methods():
    found = config([1, 10, "all"]).methods
    assert list(found) == ["a_1", "a_10", "a_all", "b_1", "b_10", "b_all"]
    assert [found[name].label for name in ("a_1", "b_10", "b_all")] == ["A, 1 label", "B, 10 labels", "B, all labels"]
    assert [found[name].labels for name in ("a_1", "b_10", "b_all")] == [1, 10, "all"]
    assert {name: one.family for name, one in found.items()} == {name: name[0].upper() for name in found}
    assert found["b_1"].pretext == "inpainting"


def test_a_method_with_labels_of_its_own_is_not_multiplied():
    found = config([5, "all"], METHODS | {"c": {"label": "C", "labels": 20, "family": "A"}}).methods
    assert list(found) == ["a_5", "a_all", "b_5", "b_all", "c"]
    assert (found["c"].labels, found["c"].label, found["c"].family) == (20, "C", "A")


def test_an_expanded_config_is_expanded_already():
    found = config([5, "all"])
    assert parse(found.model_dump(mode="json")) == found


def test_a_teacher_of_another_budget_is_refused():
    taught = {"label": "C", "self_training": {"teacher": "a"}}
    with pytest.raises(InputError, match=r"methods\.c learns from 5 labels and its teacher a from 20"):
        parse(
            {
                "methods": {"a": {"label": "A", "labels": 20}, "c": taught | {"labels": 5}},
                "unlabelled": {"folder": "slices"},
            }
        )


def test_a_teacher_is_that_of_the_same_budget():
    plain = {"pretext": "none", "labels": None, "family": None}
    methods = {
        "teacher": plain | {"label": "T"},
        "fixed": plain | {"label": "F", "labels": 3},
        "student": plain | {"label": "S", "self_training": {"teacher": "teacher", "epochs": 2}},
        "pupil": plain | {"label": "P", "self_training": {"teacher": "fixed"}},
        "small": plain | {"label": "Q", "labels": 5, "self_training": {"teacher": "teacher"}},
        "none": plain | {"label": "N", "self_training": None},
        "nobody": plain | {"label": "O", "labels": 3, "self_training": {"teacher": None}},
    }
    values = {"split": {"labels": [5, "all"]}, "methods": methods, "other": 1}
    found = label_budgets.expand(values)
    of = {name: (one.get("self_training") or {}).get("teacher") for name, one in found["methods"].items()}
    assert of == {
        **dict.fromkeys(["teacher_5", "teacher_all", "fixed", "none_5", "none_all", "nobody"]),
        **{"student_5": "teacher_5", "student_all": "teacher_all"},
        **{"pupil_5": "fixed", "pupil_all": "fixed", "small": "teacher_5"},
    }
    assert found["methods"]["student_5"]["self_training"]["epochs"] == 2
    assert methods["student"]["self_training"]["teacher"] == "teacher"
    assert found["other"] == 1 and label_budgets.expand(found) == found


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"labels": []}, "split.labels: must be a list of different numbers"),
        ({"labels": [5, 5]}, "split.labels: must be a list of different numbers"),
        ({"labels": [5, "five"]}, "split.labels: must be all, a whole number from 1, or a list of these"),
        ({"labels": 0}, "split.labels: must be all, a whole number from 1"),
        ({"labels": True}, "split.labels: must be all, a whole number from 1"),
    ],
)
def test_other_values_are_an_error(values, said):
    with pytest.raises(InputError, match=re.escape(said)):
        parse({"methods": METHODS, "split": values})


def test_a_wrong_method_is_named_as_in_the_config():
    with pytest.raises(InputError, match=r"unknown key methods\.a\.labl") as error:
        config([5, "all"], {"a": {"label": "A", "labl": 3}})
    assert "a_5" not in str(error.value)
    with pytest.raises(InputError, match=r"methods\.a\.labels: must be all or at least 1"):
        config(None, {"a": {"label": "A", "labels": 0}})


def test_two_methods_of_one_name_are_an_error():
    with pytest.raises(InputError, match="makes the method a_5 of a, and there is one of this name already"):
        config([5, "all"], METHODS | {"a_5": {"label": "C", "labels": 5}})


def test_two_methods_at_one_point_of_the_figure_are_an_error():
    same = METHODS | {"c": {"label": "C", "labels": 5, "family": "A"}}
    with pytest.raises(InputError, match="methods a_5 and c have one family and one number of labels"):
        config([5, "all"], same)
    config([10, "all"], same)
    config(None, {"a": {"label": "A"}, "b": {"label": "A"}})  # no figure of budgets


def test_true_priors_would_tell_what_the_budget_hides():
    true = {"priors": {"mode": "ground_truth"}}
    with pytest.raises(InputError, match=r"priors\.mode is ground_truth, .* pretext task of method b_5"):
        config([5, "all"], **true)
    config(**true)
    config([5, "all"], {"a": METHODS["a"]}, **true)
    config([5, "all"], labelled={"classes": False}, **true)
