import re
from pathlib import Path

import pytest
import yaml

from ssinfnet.config.document import choices, keys, markdown
from ssinfnet.config.inpainting import Inpainting
from ssinfnet.config.pretext import Rounds
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
    shown = {re.sub(r"^(pretext\.variants)\.\w+\.", r"\1.<name>.", key) for key in shown} | {"pretext.variants"}
    shown = {re.sub(r"^patients\.scores\..*", "patients.scores", key) for key in shown}
    assert shown - {"methods.<name>.augmentation"} == {key for key, *_ in keys(Config)}


def test_every_key_has_a_description():
    assert [key for key, _, _, description in keys(Config) if not description] == []
    assert [row for row in choices(Config) if not row[-1]] == []


@pytest.mark.parametrize("section", ["single.network", "multi.network"])
def test_config_yaml_names_every_network(section):
    names = dict.fromkeys(name for found, name, *_ in choices(Config) if found == section)
    stage = TEXT.split(f"\n{section.split('.')[0]}:")[1]
    assert re.search(r"\n    name: .*# (.*)", stage)[1].split(" | ") == list(names)


def test_a_method_has_the_networks_of_the_sections_or_its_own():
    own = {"label": "B", "single_network": {"name": "plain_unet"}, "multi_network": {"name": "fcn8s", "channels": 8}}
    config = parse({"methods": {"a": {"label": "A"}, "b": own}, "multi": {"network": {"width": 8}}})
    assert config.single_network("a") == config.single.network and config.multi_network("a").width == 8
    # What it does not say is that network's default, not the section's.
    assert config.single_network("b").width == 32 and config.multi_network("b").channels == 8
    # A method without networks of its own is told to jobs as before there could be any.
    assert not {"single_network", "multi_network"} & set(config.methods["a"].model_dump())
    assert config.methods["b"].model_dump(exclude={"label"})["single_network"] == {"name": "plain_unet", "width": 32}
    assert parse(config.model_dump(mode="json")) == config


def test_an_overlay_takes_away_what_another_network_has_not():
    overlay = {"single": {"network": {"name": "plain_unet", "backbone": None, "weights": None}}}
    assert parse(merge(yaml.safe_load(TEXT), overlay)).single.network.name == "plain_unet"


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
        ({"methods": METHODS, "scans": {"table": "scans.csv"}}, "scans.bundle must name a bundle or a method"),
        ({"methods": METHODS, "scans": {"level": 1}}, "scans.level"),
        ({"methods": METHODS, "split": {"file": "parts.csv"}}, "split.by is group; set split.by: file"),
        ({"methods": METHODS, "split": {"by": "file", "file": "a.csv", "folds": 5}}, "split.by: file gives"),
        ({"methods": METHODS, "split": {"folds": 2}}, "split.folds"),
        ({"methods": {"A b": {"label": "A"}}}, "lower-case"),
        ({"methods": METHODS, "seeds": [1, 1]}, "seeds must be different"),
        ({"methods": METHODS, "keep_states": "lst"}, "keep_states: must be last, all or none; did you mean last?"),
        ({"methods": METHODS, "severity": {"published": [0.5, 0.1]}}, "must rise"),
        (
            {"methods": METHODS, "single": {"network": {"name": "plain_unett"}}},
            "single.network.name: must be infnet, covid_segnet, plain_unet, unetplusplus or smp; did you mean "
            "plain_unet? (got 'plain_unett')",
        ),
        (
            {"methods": METHODS, "single": {"network": {"name": "plain_unet", "backbone": "resnet18"}}},
            "unknown key single.network.backbone",
        ),
        ({"methods": METHODS, "multi": {"network": "unet"}}, "multi.network: must be a section of keys"),
        (
            {"methods": {"a": {"label": "A", "multi_network": {"name": "infnet"}}}},
            "methods.a.multi_network.name: must be unet, ",
        ),
        (
            {"methods": {"a": {"label": "A", "single_network": {"name": "covid_segnet", "wdith": 8}}}},
            "unknown key methods.a.single_network.wdith; did you mean width?",
        ),
        (
            {"methods": {"a": {"label": "A", "single_network": {"name": "plain_unet", "width": "wide"}}}},
            "methods.a.single_network.width: must be a whole number",
        ),
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
    assert [Inpainting().phase(number) for number in range(4)] == ["network", "coach", "network", "coach"]
    assert rounds[::2] == [200] + [100] * 18
    assert Inpainting().phase(len(rounds) - 1) == "network"
    assert Inpainting().epochs() == Inpainting(masks="mixed").epochs() == rounds


def test_random_masks_need_no_coach():
    task = Inpainting(masks="random", rounds=Rounds(network_epochs=450))
    assert task.epochs() == [200, 100, 100, 50]
    assert {task.phase(number) for number in range(4)} == {"network"}


def test_more_network_epochs_only_add_rounds():
    short, long = Rounds(network_epochs=400).schedule(), Rounds(network_epochs=700).schedule()
    assert long[: len(short)] == short


def test_unlabelled_slices_of_a_task_need_a_folder():
    methods = {"a": {"label": "A", "pretext": "inpainting"}}
    pretext = {"unlabelled": True}
    assert parse({"methods": methods, "pretext": pretext, "unlabelled": {"folder": "x"}}).pretext.unlabelled
    with pytest.raises(InputError, match=r"task of methods\.a learns from unlabelled slices.*folder.*a: null"):
        parse({"methods": methods, "pretext": pretext})
    parse({"methods": METHODS, "pretext": pretext})  # nobody has the task


def test_the_old_key_for_unlabelled_slices_is_explained():
    with pytest.raises(InputError, match=r"there is no methods\.a\.unlabelled any more; say pretext\.unlabelled"):
        parse({"methods": {"a": {"label": "A", "pretext": "inpainting", "unlabelled": True}}})


def test_the_patients_slices_can_be_the_unlabelled_ones_where_there_are_patients():
    values = {"methods": {"a": {"label": "A", "pretext": "inpainting"}}, "pretext": {"unlabelled": True}}
    config = parse(values | {"unlabelled": {"patients": True}})
    assert config.unlabelled.patients and config.unlabelled.folder is None
    assert config.unlabelled_sources() == ["patients"]
    with pytest.raises(InputError, match=r"methods\.a learns from unlabelled slices, and there are none"):
        parse(values | {"unlabelled": {"patients": True}, "patients": {"source": "none"}})
    both = {"unlabelled": {"patients": True, "folder": "x"}}
    assert parse(values | both).unlabelled_sources() == ["unlabelled", "patients"]
    assert parse(values | both | {"patients": {"source": "none"}}).unlabelled_sources() == ["unlabelled"]


def test_a_variant_is_the_section_with_other_values():
    methods = {"a": {"label": "A", "pretext": "random"}}
    pretext = {
        "keep_ratio": 0.6,
        "variants": {"random": {"masks": "random", "augmentation": {"crop": 0.9}}, "other": None},
    }
    config = parse({"methods": methods, "pretext": pretext})
    assert list(config.pretext.tasks()) == ["inpainting", "random"]
    task, base = config.task(config.methods["a"]), config.pretext
    assert (task.masks, task.augmentation.crop, base.masks, base.augmentation.crop) == ("random", 0.9, "coach", 0.7)
    assert task.keep_ratio == 0.6 and task.augmentation.horizontal_flip == base.augmentation.horizontal_flip
    assert parse(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("pretext", "said"),
    [
        ({"variants": {"r": {"maks": "random"}}}, "unknown key pretext.variants.r.maks; did you mean masks?"),
        ({"variants": {"r": {"rounds": {"segmnt": 1}}}}, "unknown key pretext.variants.r.rounds.segmnt; did you"),
        ({"variants": {"r": {"masks": "any"}}}, "pretext.variants.r.masks: must be coach, random or mixed"),
        ({"variants": {"r": {"milestones": [3]}}}, "pretext.variants.r: milestones must rise"),
        ({"variants": {"r": 3}}, "pretext.variants.r: must be a section of keys and values (got 3)"),
        ({"variants": {"r": {"variants": {}}}}, "unknown key pretext.variants.r.variants"),
        ({"variants": {"none": {}}}, "none has a meaning already"),
        ({"variants": {"A b": {}}}, "lower-case"),
        ({"loss": "x", "variants": {"r": {}}}, "pretext.loss: must be cross_entropy or mse (got 'x')"),
        ({"kind": "rotation"}, "pretext.kind: the section itself is the task inpainting; name a task of another kind"),
        (
            {"variants": {"r": {"kind": "rotate"}}},
            "pretext.variants.r.kind: must be inpainting, rotation or denoising; did you mean rotation? (got 'rotate')",
        ),
        (
            {"variants": {"r": {"kind": None}}},
            "pretext.variants.r.kind: must be inpainting, rotation or denoising (got",
        ),
        (
            {"variants": {"r": {"kind": "rotation", "masks": "random"}}},
            "unknown key pretext.variants.r.masks: it belongs to inpainting, and this is rotation",
        ),
        ({"variants": {"r": {"curve": 0.5}}}, "pretext.variants.r.curve: it belongs to denoising, and this"),
        ({"variants": {"denoising": {"windos": 3}}}, "key pretext.variants.denoising.windos; did you mean windows?"),
        ({"variants": {"denoising": {"loss": "x"}}}, "pretext.variants.denoising.loss: must be mse or cross_entropy"),
        ({"variants": {"rotation": {"kind": "inpainting"}}}, "rotation is the name of a kind, and the task is of kind"),
        ({"variants": {"rotation": {"augmentation": {"vertical_flip": 0.5}}}}, "must leave slices upright"),
        ({"variants": {"rotation": {"augmentation": {"rotations": [0, 90]}}}}, "must leave slices upright"),
    ],
)
def test_a_wrong_variant_is_one_clear_line(pretext, said):
    with pytest.raises(InputError, match=re.escape(said)) as error:
        parse({"methods": METHODS, "pretext": pretext})
    assert "\n" not in str(error.value)


def test_a_task_of_another_kind_takes_what_all_kinds_share():
    pretext = {
        "batch_size": 7,
        "masks": "random",
        "loss": "cross_entropy",
        "augmentation": {"vertical_flip": 0.5, "rotations": [0, 90], "crop": 0.6},
        "rounds": {"first_network": 3, "network": 2, "network_epochs": 8},
        "variants": {"rotation": {}, "denoising": {"curve": 0.5}, "turns": {"kind": "rotation", "batch_size": 5}},
    }
    config = parse({"methods": METHODS, "pretext": pretext})
    tasks = config.pretext.tasks()
    assert {name: (task.kind, task.batch_size) for name, task in tasks.items()} == {
        **{"inpainting": ("inpainting", 7), "rotation": ("rotation", 7)},
        **{"denoising": ("denoising", 7), "turns": ("rotation", 5)},
    }
    upright = tasks["rotation"].augmentation
    assert (upright.vertical_flip, upright.rotations, upright.crop) == (0, (0,), 0.6)
    assert tasks["denoising"].augmentation == config.pretext.augmentation and tasks["denoising"].loss == "mse"
    # The same steps of the network as inpainting without a coach.
    assert {tuple(task.epochs()) for task in tasks.values()} == {(3, 2, 2, 1)}
    assert {task.phase(number) for task in tasks.values() for number in range(4)} == {"network"}
    assert parse(config.model_dump(mode="json")) == config


def test_inpainting_has_the_parameters_that_it_had():
    # Of these the params of its jobs are made: another key would train every such task anew.
    assert set(Inpainting().model_dump()) == {
        *("unlabelled", "masks", "where", "loss", "keep_ratio", "erased_weight", "size", "batch_size", "crop"),
        *("learning_rates", "milestones", "momentum", "weight_decay", "clip_norm", "coach_learning_rate"),
        *("augmentation", "rounds"),
    }


def test_a_method_names_a_task_that_there_is():
    with pytest.raises(InputError, match=r"methods\.a\.pretext: must be none or inpainting; did you mean inpainting\?"):
        parse({"methods": {"a": {"label": "A", "pretext": "inpaint"}}})


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
