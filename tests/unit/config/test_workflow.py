import re
from pathlib import Path

import pytest
import yaml

from ssinfnet.config.document import keys, markdown
from ssinfnet.config.pretext import Rounds, phase
from ssinfnet.config.workflow import Config, parse
from ssinfnet.errors import InputError

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "config.yaml").read_text()
EXPERIMENTS = sorted((ROOT / "experiments").glob("*.yaml"))


def leaves(values, prefix=""):
    for key, value in values.items():
        yield from leaves(value, f"{prefix}{key}.") if isinstance(value, dict) and value else [prefix + key]


def merge(base, overlay):
    """As Snakemake lays one --configfile over another."""
    return base | {
        key: merge(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in overlay.items()
    }


def test_config_yaml_shows_every_key_and_no_other():
    shown = {re.sub(r"^methods\.\w+\.", "methods.<name>.", key) for key in leaves(yaml.safe_load(TEXT))}
    shown = {re.sub(r"^patients\.scores\..*", "patients.scores", key) for key in shown}
    assert shown - {"methods.<name>.augmentation"} == {key for key, *_ in keys(Config)}


def test_every_key_has_a_description():
    assert [key for key, _, _, description in keys(Config) if not description] == []


def test_documentation_is_in_step_with_the_models():
    page = (ROOT / "docs" / "config.md").read_text()
    assert page.endswith(markdown(Config)), "run workflow_scripts/document_config.py --out docs/config.md"


@pytest.mark.parametrize("overlay", EXPERIMENTS, ids=lambda path: path.stem)
def test_experiments_are_valid(overlay):
    parse(merge(yaml.safe_load(TEXT), yaml.safe_load(overlay.read_text())))


METHODS = {"a": {"label": "A"}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "methods"),
        ({"methods": METHODS, "sinlge": {}}, "unknown key sinlge; did you mean single?"),
        (
            {"methods": METHODS, "single": {"training": {"bach_size": 2}}},
            "single.training.bach_size; did you mean batch",
        ),
        ({"methods": {"a": {"label": "A", "augmentation": {"cutot": 1}}}}, "did you mean cutout?"),
        ({"methods": METHODS, "single": {"training": {"size": "big"}}}, "single.training.size"),
        ({"methods": METHODS, "single": {"training": {"size": 100}}}, "multiple of 32"),
        ({"methods": METHODS, "pretext": {"keep_ratio": 1.5}}, "pretext.keep_ratio"),
        ({"methods": METHODS, "pretext": {"milestones": [3]}}, "one fewer"),
        ({"methods": METHODS, "labelled": {"source": "folder"}}, "needs labelled.folder"),
        ({"methods": METHODS, "patients": {"source": "folder"}}, "needs patients.folder"),
        ({"methods": METHODS, "split": {"by": "file"}}, "split.file must name a table"),
        ({"methods": METHODS, "split": {"file": "parts.csv"}}, "split.by is group; set split.by: file"),
        ({"methods": METHODS, "split": {"by": "file", "file": "a.csv", "folds": 5}}, "split.by: file gives"),
        ({"methods": METHODS, "split": {"folds": 2}}, "split.folds"),
        ({"methods": {"A b": {"label": "A"}}}, "lower-case"),
        ({"methods": METHODS, "seeds": [1, 1]}, "seeds must be different"),
        ({"methods": METHODS, "severity": {"published": [0.5, 0.1]}}, "must rise"),
    ],
)
def test_a_wrong_config_is_one_clear_line(values, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        parse(values)
    assert "\n" not in str(error.value)


def test_all_defects_are_listed_at_once():
    with pytest.raises(InputError, match="2 defects") as error:
        parse({"methods": METHODS, "one": 1, "two": 2})
    assert "unknown key one" in str(error.value) and "unknown key two" in str(error.value)


def test_rounds_of_the_paper():
    rounds = Rounds().schedule()
    assert rounds[:4] == [200, 200, 100, 100]
    assert [phase(number) for number in range(4)] == ["network", "coach", "network", "coach"]
    assert rounds[::2] == [200] + [100] * 18
    assert phase(len(rounds) - 1) == "network"


def test_more_network_epochs_only_add_rounds():
    short, long = Rounds(network_epochs=400).schedule(), Rounds(network_epochs=700).schedule()
    assert long[: len(short)] == short


def test_unlabelled_slices_need_a_folder_and_a_pretext_task():
    method = {"label": "A", "pretext": "inpainting", "unlabelled": True}
    assert parse({"methods": {"a": method}, "unlabelled": {"folder": "x"}}).methods["a"].unlabelled
    with pytest.raises(InputError, match=r"method a asks for unlabelled slices.*unlabelled\.folder"):
        parse({"methods": {"a": method}})
    with pytest.raises(InputError, match="pretext task only"):
        parse({"methods": {"a": method | {"pretext": "none"}}, "unlabelled": {"folder": "x"}})


def test_the_patients_slices_can_be_the_unlabelled_ones_where_there_are_patients():
    methods = {"a": {"label": "A", "pretext": "inpainting", "unlabelled": True}}
    config = parse({"methods": methods, "unlabelled": {"patients": True}})
    assert config.unlabelled.patients and config.unlabelled.folder is None
    with pytest.raises(InputError, match=r"unlabelled\.patients is true, but patients\.source is none"):
        parse({"methods": methods, "unlabelled": {"patients": True}, "patients": {"source": "none"}})


def test_a_method_that_is_null_is_left_out():
    assert list(parse({"methods": METHODS | {"other": None}}).methods) == list(METHODS)
    with pytest.raises(InputError, match="methods"):
        parse({"methods": dict.fromkeys(METHODS)})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("seeds: 0", "seeds: must be a list, such as [0] (got 0)"),
        ("seeds: 0, 1", "seeds: must be a list, such as [0, 1]"),
        ("seeds: [0.5]", "seeds.0: must be a whole number (got 0.5)"),
        ("seeds: []", "seeds: must be longer, with 1 or more values"),
        ("seeds: [5000000000]", "seeds must be less than"),
        ("single: {training: {scales: 96}}", "single.training.scales: must be a list, such as [96]"),
        ("single: {training: {scales: [8]}}", "single.training.scales.0: must be at least 32 (got 8)"),
        ("pretext: {milestones: 3}", "pretext.milestones: must be a list, such as [3]"),
        ("labelled: {hu_window: -1250}", "labelled.hu_window: must be a list, such as [-1250]"),
        ("labelled: {hu_window: [0, .inf]}", "labelled.hu_window.1: must be a finite number (got inf)"),
        ("labelled: {hu_window: [0, 1, 2]}", "labelled.hu_window: must be shorter, with 2 or fewer values"),
        ("labelled: {classes: maybe}", "labelled.classes: must be true or false (got 'maybe')"),
        ("labelled: {source: Folder}", "must be phantom, medseg or folder; did you mean folder? (got 'Folder')"),
        ("labels: {infection: [255]}", "labels.infection: 255 is no code of a lesion"),
        ("labels: {infection: [0, 1]}", "labels.infection: 0 is no code of a lesion"),
        ("single: {training: {batch_size: yes}}", "single.training.batch_size: must not be true or false"),
        ("single: {training: {batch_size: 4.5}}", "single.training.batch_size: must be a whole number (got 4.5)"),
        ("split: {train: 70%}", "split.train: must be a number (got '70%')"),
        ("split: {seed: [0]}", "split.seed: must be a whole number (got [0])"),
        ("evaluation: {threshold: best}", "evaluation.threshold: must be validation or a number (got 'best')"),
        ("patients: {scores: {no: 0}}", "patients.scores: the name false must be text; put it in quotes"),
        ("patients: {scores: {Severe: high}}", "patients.scores.Severe: must be a whole number (got 'high')"),
        ("results_dir: 2024", "results_dir: must be text; put it in quotes (got 2024)"),
        ("severity:", "severity: the section is empty; give it keys, or leave its line out"),
        ("severity: 5", "severity: must be a section of keys and values (got 5)"),
        ("single: {training: }", "single.training: the section is empty"),
    ],
)
def test_a_value_of_another_type_is_said_in_words(values, said):
    with pytest.raises(InputError) as error:
        parse({"methods": METHODS} | yaml.safe_load(values))
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not re.search(r"Input should|valid tuple|parse string|instance of|Value error", str(error.value))
