"""Which teachers a config may name."""

import re

import pytest

from ssinfnet.config.workflow import parse
from ssinfnet.errors import InputError

UNLABELLED = {"unlabelled": {"folder": "x"}}


def methods(**teachers):
    """The section `methods` with these teachers by method."""
    return {
        "methods": {
            name: {"label": name} | ({"self_training": {"teacher": teacher}} if teacher else {})
            for name, teacher in teachers.items()
        }
    }


def test_a_teacher_may_be_a_student_itself_and_may_come_later():
    config = parse(methods(c="b", b="a", a=None) | UNLABELLED)
    assert [method.self_training.teacher for method in config.methods.values()] == ["b", "a", None]


def test_the_patients_slices_do_as_well():
    parse(methods(a=None, b="a") | {"unlabelled": {"patients": True}})


def test_null_switches_it_off():
    for off in (None, {"teacher": None}):
        config = parse({"methods": {"a": {"label": "A", "self_training": off}}})
        assert config.methods["a"].self_training.teacher is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (methods(a=None, b="a"), "methods.b learns from unlabelled slices, and there are none: name their folder"),
        (
            methods(a=None, b="c") | UNLABELLED,
            "methods.b.self_training.teacher is 'c', which is no method of the config; name one of a",
        ),
        (methods(b="a") | UNLABELLED, "is 'a', which is no method of the config; add the teacher to the methods"),
        (methods(a="a") | UNLABELLED, "methods.a.self_training.teacher: the teachers go round in a circle"),
        (methods(a="b", b="c", c="b") | UNLABELLED, "(b taught by c taught by b); name another method"),
    ],
)
def test_a_wrong_teacher_is_one_clear_line(values, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        parse(values)
    assert "\n" not in str(error.value)


def test_a_teacher_that_an_overlay_leaves_out_is_an_error():
    values = methods(a=None, b="a") | UNLABELLED
    values["methods"]["a"] = None
    with pytest.raises(InputError, match="'a', which is no method of the config"):
        parse(values)
