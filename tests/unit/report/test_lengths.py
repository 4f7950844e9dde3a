"""How long trainings were, and the warning where a comparison is of unequal ones."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from ssinfnet.config.methods import Method
from ssinfnet.evaluation.runs import Run
from ssinfnet.report import findings, lengths

WITHOUT_LABELS = "self-training on slices without labels"
METHODS = {
    "plain": Method(label="Plain"),
    "longer": Method(label="Longer", single_epochs=30),
    "task": Method(label="With task", pretext="inpainting"),
    "task_longer": Method(label="With task, longer", pretext="inpainting", single_epochs=30),
}


@pytest.fixture
def run(tmp_path):
    def make(method, seed, network, **said):
        path = tmp_path / f"{method}{seed}{network}.safetensors"
        metadata = {name: str(value) for name, value in said.items()}
        save_file({"one": np.zeros(1)}, path, metadata={"ssinfnet": json.dumps(metadata)})
        return Run(method, seed, (network, str(path)))

    return make


def test_lengths_are_those_that_the_weights_say(run):
    found = lengths.read(
        [
            run("task", 0, "single", epochs=10, steps=40, pretext_epochs=5, pretext_steps=20),
            run("task", 1, "single", epochs=10, steps=50, pretext_epochs=5, pretext_steps=25),
            run("plain", 0, "single", student_epochs=3, student_steps=12),
        ]
    )
    assert found == [
        lengths.Length("task", "single", [10, 10], [40, 50], [5, 5], [20, 25], [], []),
        lengths.Length("plain", "single", [], [], [], [], [3], [12]),
    ]
    assert [lengths.span(one.steps) for one in found] == ["40 to 50", ""]
    assert lengths.span([1200, 1200]) == "1,200"


def test_a_method_and_its_reference_of_unequal_length_are_named(run):
    trained = [run("plain", 0, "single", steps=100), run("task", 0, "single", steps=1100)]
    (warning,) = lengths.unequal(lengths.read(trained), METHODS)
    assert "With task and Plain differ in the supervised steps of the single network, 1,100 and 100" in warning.text
    taught = METHODS | {"taught": Method(label="Taught", self_training={"teacher": "plain"})}
    trained = [run("plain", 0, "single", steps=100), run("taught", 0, "single", steps=100, student_steps=50)]
    (warning,) = lengths.unequal(lengths.read(trained), taught)
    assert "Taught and Plain differ in the supervised steps of the single network, 150 and 100" in warning.text
    equal = [run("plain", 0, "multi", steps=100), run("task", 0, "multi", steps=100, pretext_steps=50)]
    assert lengths.unequal(lengths.read(equal), METHODS) == []


def test_the_reference_is_the_one_that_is_fine_tuned_as_long(run):
    steps = {"plain": 100, "longer": 300, "task": 100, "task_longer": 300}
    trained = [run(name, 0, "single", steps=count) for name, count in steps.items()]
    assert lengths.unequal(lengths.read(trained), METHODS) == []
    without = [one for one in trained if one.method != "longer"]
    assert [warning.text.split(" differ")[0] for warning in lengths.unequal(lengths.read(without), METHODS)] == [
        "With task, longer and Plain"
    ]


def test_the_answer_about_pretraining_carries_the_warning():
    import pandas as pd

    columns = ("source", "target", "metric", "difference", "method", "reference", "difference_low", "seeds", "groups")
    rows = [("ours", "infection", "dice", "0.1", "With task", "Plain", "", "1", "")]
    table = pd.DataFrame(rows, columns=columns).assign(low="")
    assert findings.pretext_helps(table, ["They differ."]).because.endswith("Warning: They differ.")
    assert "Warning" not in findings.pretext_helps(table).because


def test_what_self_training_is_worth_has_an_answer_of_its_own():
    import pandas as pd

    rows = [
        {"name": "plain", "method": "Plain"},
        {
            "name": "task",
            "method": "With task",
            "difference": "0.01",
            "difference_low": "-0.1",
            "difference_high": "0.1",
        },
        {"name": "taught", "method": "Taught", "difference": "0.1", "difference_low": "0.05", "difference_high": "0.2"},
    ]
    same = {"source": "ours", "target": "infection", "metric": "dice", "mean": "0.5", "low": "0.4", "high": "0.6"}
    same |= {"chance": "0.1", "n": "9", "groups": "9", "reference": "Plain", "seeds": "3", "verdict": ""}
    table = pd.DataFrame(rows).fillna("").assign(**same)
    tables = {2: table, 3: table[:0], 5: table[:0]}
    methods = METHODS | {"taught": Method(label="Taught", self_training={"teacher": "plain"})}
    warnings = [findings.Unequal("taught", "It is longer."), findings.Unequal("task", "It is shorter.")]
    found = {one.question: one for one in findings.findings(tables, [], warnings, methods=methods)}
    pretext, taught = (found[f"Does {what} help?"] for what in ("self-supervised pretraining", WITHOUT_LABELS))
    assert (pretext.answer, taught.answer) == ("No difference shown", "Yes")
    assert "With task against Plain: +0.010" in pretext.because and "Taught" not in pretext.because
    assert pretext.because.endswith("Warning: It is shorter.") and taught.because.endswith("Warning: It is longer.")
    # What differs from its teacher in more than the student has no such answer.
    augmented = methods | {"taught": methods["taught"].model_copy(update={"augmentation": {"crop": 0.5}})}
    questions = [one.question for one in findings.findings(tables, [], warnings, methods=augmented)]
    assert f"Does {WITHOUT_LABELS} help?" not in questions
