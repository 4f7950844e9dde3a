"""How long trainings were, and the warning where a comparison is of unequal ones."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from ssinfnet.config.methods import Method
from ssinfnet.evaluation.runs import Run
from ssinfnet.report import findings, lengths

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
    assert "With task and Plain differ in the supervised steps of the single network, 1,100 and 100" in warning
    taught = METHODS | {"taught": Method(label="Taught", self_training={"teacher": "plain"})}
    trained = [run("plain", 0, "single", steps=100), run("taught", 0, "single", steps=100, student_steps=50)]
    (warning,) = lengths.unequal(lengths.read(trained), taught)
    assert "Taught and Plain differ in the supervised steps of the single network, 150 and 100" in warning
    equal = [run("plain", 0, "multi", steps=100), run("task", 0, "multi", steps=100, pretext_steps=50)]
    assert lengths.unequal(lengths.read(equal), METHODS) == []


def test_the_reference_is_the_one_that_is_fine_tuned_as_long(run):
    steps = {"plain": 100, "longer": 300, "task": 100, "task_longer": 300}
    trained = [run(name, 0, "single", steps=count) for name, count in steps.items()]
    assert lengths.unequal(lengths.read(trained), METHODS) == []
    without = [one for one in trained if one.method != "longer"]
    assert [text.split(" differ")[0] for text in lengths.unequal(lengths.read(without), METHODS)] == [
        "With task, longer and Plain"
    ]


def test_the_answer_about_pretraining_carries_the_warning():
    import pandas as pd

    columns = ("source", "target", "metric", "difference", "method", "reference", "difference_low", "seeds", "groups")
    rows = [("ours", "infection", "dice", "0.1", "With task", "Plain", "", "1", "")]
    table = pd.DataFrame(rows, columns=columns).assign(low="")
    assert findings.pretext_helps(table, ["They differ."]).because.endswith("Warning: They differ.")
    assert "Warning" not in findings.pretext_helps(table).because
