"""What a change re-runs, said twice: here by hand, and by Snakemake, which test_rerun_matrix.py asks.

`PYTHONPATH=workflow_scripts python tests/workflow/rerun_matrix.py > tests/workflow/reruns.md` writes the table
for people.
"""

import copy
import fnmatch
import functools
import itertools
import sys
from pathlib import Path
from typing import Any

import yaml
from snakemake.utils import update_config

from ssinfnet.config import document, workflow
from ssinfnet.errors import InputError

ROOT = Path(__file__).parents[2]

# Which rules read what a rule writes. What has the truth as its prior goes a way of its own, as fewer rules read it.
FEEDS = {
    "generate_phantom": "prepare_medseg prepare_patients",
    "prepare_medseg": "split_slices fingerprint_split extract_truth pretrain_single train_single predict_infection "
    "pretrain_multi train_multi predict_classes evaluate_single evaluate_multi evaluate_regions plot_overlays "
    "plot_pretext write_cases plot_worst_cases plot_calibration plot_augmentation calibrate_share",
    "split_slices": "fingerprint_split extract_truth pretrain_single train_single predict_infection pretrain_multi "
    "train_multi evaluate_single evaluate_multi evaluate_regions plot_overlays plot_pretext write_summary "
    "check_inputs write_cases plot_worst_cases plot_augmentation calibrate_share export_bundle",
    "fingerprint_split": "check_inputs write_summary export_bundle",
    "check_inputs": "",  # trainings wait for the first one alone
    "extract_truth": "predict_classes:oracle",
    "predict_classes:oracle": "evaluate_multi:oracle plot_overlays",
    "evaluate_multi:oracle": "compare_methods tabulate_results",
    "pretrain_single": "train_single plot_pretext plot_learning",
    "plot_pretext": "write_summary plot_times",
    "train_single": "predict_infection predict_patients_infection plot_learning export_bundle",
    "predict_infection": "pretrain_multi train_multi predict_classes evaluate_single evaluate_regions plot_overlays "
    "write_cases plot_worst_cases plot_calibration calibrate_share",
    "pretrain_multi": "train_multi plot_learning",
    "train_multi": "predict_classes predict_patients_classes plot_learning export_bundle",
    "predict_classes": "evaluate_multi evaluate_regions plot_overlays write_cases plot_worst_cases",
    "evaluate_single": "compare_methods tabulate_results plot_overlays evaluate_regions score_severity write_cases "
    "plot_worst_cases calibrate_share export_bundle",
    "evaluate_multi": "compare_methods tabulate_results write_cases plot_worst_cases export_bundle",
    "evaluate_regions": "write_summary plot_times",
    "prepare_patients": "check_inputs extract_parenchyma predict_patients_infection predict_patients_classes "
    "score_severity write_cases",
    "extract_parenchyma": "clean_parenchyma score_severity write_cases",
    "clean_parenchyma": "score_severity write_summary write_cases plot_times",
    "predict_patients_infection": "predict_patients_classes score_severity write_cases",
    "predict_patients_classes": "score_severity",
    "score_severity": "compare_methods tabulate_results plot_severity write_summary write_cases export_bundle",
    "calibrate_share": "export_bundle",
    "export_bundle": "plot_times",
    "compare_methods": "tabulate_results plot_comparisons",
    "tabulate_results": "write_summary plot_times",
    "plot_learning": "write_summary plot_times",
    "plot_overlays": "write_summary plot_times",
    "plot_severity": "write_summary plot_times",
    "plot_worst_cases": "write_summary plot_times",
    "plot_calibration": "write_summary plot_times",
    "plot_augmentation": "write_summary plot_times",
    "plot_comparisons": "write_summary plot_times",
    "write_summary": "",
    "write_cases": "plot_times",
    "plot_times": "",
}


def after(*rules: str) -> set[str]:
    """These rules and all that follow from them."""
    found: set[str] = set()
    waiting = [name for rule in rules for name in rule.split()]
    while waiting:
        rule = waiting.pop()
        if rule not in found:
            found.add(rule)
            waiting += FEEDS[rule].split()
    return {rule.removesuffix(":oracle") for rule in found}


EVERYTHING = after(*FEEDS)
FROM_MULTI = after("pretrain_multi train_multi")
TABLES = after("compare_methods")
PICTURES = {"plot_overlays", "plot_worst_cases", "plot_calibration", "plot_augmentation"}
SUMMARY = {"write_summary"}  # as summary.json holds the whole config
CHECK = {"check_inputs"}
# What a student needs, none of which is part of the tiny run.
SELF_TRAINING = {"screen_unlabelled", "predict_pseudo_labels", "train_student", "plot_pseudo_labels"}
PROGRESSIVE = SELF_TRAINING - {"predict_pseudo_labels"} | {"train_groups"}

# What runs where a method with a pretext task becomes external; other methods' jobs do not. The rules that import maps
# are none of the tiny run.
EXTERNAL = {"import_infection", "evaluate_single", "evaluate_regions", "plot_learning", "plot_severity", "write_cases"}
EXTERNAL |= CHECK | PICTURES | TABLES
SCORED = {"score_severity"} | EXTERNAL

# What a table of scans adds, and none is part of the tiny run.
SCANS = {"list_scans", "score_listed_scans", "tabulate_scans"}

# For every key of the config another valid value on the tiny run, and the rules that run again. Patterns are tried in
# order.
KEYS: list[tuple[str, str, set[str]]] = [
    ("data_dir", "elsewhere", EVERYTHING),
    ("results_dir", "elsewhere", EVERYTHING - {"generate_phantom"}),
    (
        "methods.ssinfnet.label",
        "Another",
        {"plot_learning", "plot_severity", "write_cases", "export_bundle"} | PICTURES | TABLES,
    ),
    ("methods.sinfnet.pretext", "inpainting", after("train_single")),  # the task is trained already, for the other
    ("methods.ssinfnet.single_epochs", "2", after("train_single")),
    # Two budgets, so there is a figure of them; the check looks at the slices of the new one.
    ("methods.ssinfnet.labels", "6", CHECK | {"plot_label_budget"} | after("train_single")),
    (
        "methods.ssinfnet.family",
        "Another",
        {"plot_learning", "plot_severity", "write_cases"} | PICTURES | TABLES,
    ),
    ("methods.ssinfnet.single_network", "{name: plain_unet, width: 4}", CHECK | after("pretrain_single train_single")),
    # Figures of all methods are told their whole section, also those that show infection alone.
    ("methods.ssinfnet.multi_network", "{name: fcn8s, channels: 8}", CHECK | FROM_MULTI | {"plot_calibration"}),
    ("methods.ssinfnet.augmentation.rotations", "[0, 90]", after("train_single plot_augmentation")),
    ("methods.ssinfnet.augmentation.*", "0.5", after("train_single plot_augmentation")),
    ("methods.ssinfnet.self_training.teacher", "sinfnet", SELF_TRAINING | after("train_single")),
    ("methods.ssinfnet.self_training.stretch", "true", SELF_TRAINING | after("train_single")),
    ("methods.ssinfnet.self_training.confidence", "true", SELF_TRAINING | after("train_single")),
    ("methods.ssinfnet.self_training.progressive.relabel", "true", PROGRESSIVE | after("train_single")),
    ("methods.ssinfnet.self_training.progressive.*", "3", PROGRESSIVE | after("train_single")),
    ("methods.ssinfnet.self_training.*", "3", SELF_TRAINING | after("train_single")),
    # Its maps are imported instead of predicted, and it has neither the truth as a prior nor a curve of learning.
    ("methods.ssinfnet.external.infection", "workflow_scripts", EXTERNAL),
    ("methods.ssinfnet.external.classes", "workflow_scripts", {"import_classes", "evaluate_multi"} | EXTERNAL),
    ("methods.ssinfnet.external.patients_infection", "workflow_scripts", {"import_patients_infection"} | SCORED),
    (
        "methods.ssinfnet.external.patients_classes",
        "workflow_scripts",
        {"import_patients_infection", "import_patients_classes"} | SCORED,
    ),
    ("seeds", "[0, 1]", after("pretrain_single") - {"plot_pretext", "write_cases"}),
    ("shards", "3", after("extract_parenchyma predict_patients_infection")),
    ("keep_states", "none", set()),
    ("phantom.size", "64", EVERYTHING),
    ("phantom.patients", "7", EVERYTHING),
    ("phantom.*", "4", EVERYTHING),
    ("download.*url", "http://localhost/{id}{patient}", SUMMARY),
    ("download.*", "7", SUMMARY),
    ("labelled.source", "medseg", after("prepare_medseg") | {"download_medseg"}),
    ("labelled.folder", "elsewhere", SUMMARY),
    ("labelled.transform", "rotate_90", SUMMARY),
    (
        "labelled.classes",
        "false",
        CHECK | {"plot_learning"} | PICTURES - {"plot_calibration"} | after("score_severity evaluate_regions"),
    ),
    ("labelled.hu_window", "[-1500, 500]", after("prepare_medseg")),
    ("unlabelled.folder", "workflow_scripts", SUMMARY),
    ("unlabelled.patients", "false", after("pretrain_single") | {"prepare_unlabelled", "screen_unlabelled"}),
    ("unlabelled.transform", "rotate_90", SUMMARY),
    ("unlabelled.window", "match", SUMMARY),
    (
        "labels.infection",
        "[1, 2, 3]",
        after("fingerprint_split extract_truth train_single plot_overlays plot_augmentation"),
    ),
    ("split.by", "slice", after("split_slices")),
    ("split.labels", "6", CHECK | after("train_single")),
    ("split.file", "config.yaml", after("split_slices") | {"prepare_parts"}),
    ("split.*", "3", after("split_slices")),
    ("patients.source", "none", CHECK | TABLES | {"write_cases", "export_bundle"}),
    ("patients.folder", "elsewhere", SUMMARY),
    ("patients.table", "config.yaml", SUMMARY),
    ("patients.scores", "{Severe: 0}", after("prepare_patients")),
    ("patients.left_out", "[Suspected, Unclear]", after("prepare_patients")),
    ("patients.transform", "rotate_90", after("prepare_patients")),
    ("patients.*_column", "Other", after("prepare_patients")),
    ("patients.*", "1", after("prepare_patients")),
    ("parenchyma.method", "ictcf", after("extract_parenchyma evaluate_regions calibrate_share")),
    ("cleaning.max_components", "3", after("clean_parenchyma evaluate_regions calibrate_share")),
    ("cleaning.exclusions", "config.yaml", after("clean_parenchyma")),
    ("cleaning.*", "0.3", after("clean_parenchyma evaluate_regions calibrate_share")),
    ("pretext.unlabelled", "true", after("pretrain_single") | {"prepare_unlabelled", "screen_unlabelled"}),
    ("pretext.masks", "mixed", after("pretrain_single")),
    ("pretext.where", "lungs", after("pretrain_single")),
    ("pretext.loss", "mse", after("pretrain_single")),
    ("pretext.size", "96", CHECK | after("pretrain_single")),
    ("pretext.crop", "64", CHECK | after("pretrain_single")),
    ("pretext.batch_size", "3", CHECK | after("pretrain_single")),
    ("pretext.learning_rates", "[0.02, 0.001]", after("pretrain_single")),
    ("pretext.milestones", "[2]", after("pretrain_single")),
    ("pretext.augmentation.rotations", "[0, 90]", after("pretrain_single")),
    ("pretext.augmentation.*", "0.25", after("pretrain_single")),
    ("pretext.variants", "{random: {masks: random}}", SUMMARY),  # no method has this task
    ("pretext.variants.*.kind", "", set()),  # a task named after a kind is of that kind
    ("pretext.variants.*.loss", "cross_entropy", SUMMARY),
    ("pretext.variants.*.windows", "7", SUMMARY),
    ("pretext.variants.*", "0.3", SUMMARY),
    ("pretext.rounds.first_*", "2", after("pretrain_single")),
    ("pretext.rounds.network_epochs", "3", after("pretrain_single")),
    ("pretext.rounds.segment", "1", SUMMARY),  # no round is longer than that
    ("pretext.rounds.*", "2", SUMMARY),  # there is no such round yet, or it has but one epoch left
    ("pretext.*", "0.5", after("pretrain_single")),
    ("single.network.name", "plain_unet", CHECK | after("pretrain_single train_single")),
    ("multi.network.name", "plain_unet", CHECK | FROM_MULTI),
    ("single.network.backbone", "resnet34", after("pretrain_single train_single")),
    ("single.network.weights", "none", after("pretrain_single train_single")),
    ("multi.network.width", "8", FROM_MULTI),
    ("multi.network.initial_probability", "0.1", FROM_MULTI),
    ("single.schedule.epochs", "2", after("train_single")),
    ("single.schedule.segment", "2", SUMMARY),  # the one epoch is one segment still
    ("multi.schedule.epochs", "3", after("train_multi")),
    ("multi.schedule.segment", "2", after("train_multi")),  # one job for both epochs
    ("single.training.optimizer", "sgd", after("train_single")),
    ("multi.training.optimizer", "sgd", after("train_multi")),
    ("single.training.scales", "[96]", CHECK | after("train_single")),
    ("multi.training.scales", "[96]", CHECK | after("train_multi")),
    ("single.training.size", "96", after("train_single plot_augmentation")),
    ("multi.training.size", "96", after("train_multi")),
    ("single.training.*e*ery", "2", after("train_single")),
    ("multi.training.*e*ery", "2", after("train_multi")),
    ("single.training.batch_size", "3", CHECK | after("train_single")),
    ("multi.training.batch_size", "3", CHECK | after("train_multi")),
    ("single.training.*", "0.25", after("train_single")),
    ("multi.training.*", "0.25", after("train_multi")),
    ("priors.mode", "in_sample", CHECK | {"predict_infection"} | FROM_MULTI),
    ("priors.folds", "3", CHECK | {"train_single", "predict_infection"} | FROM_MULTI),
    ("evaluation.empty", "skip", after("evaluate_single evaluate_multi")),
    ("evaluation.threshold", "0.4", after("evaluate_single evaluate_multi")),
    ("evaluation.*", "200", after("evaluate_single evaluate_multi")),
    ("severity.patient_ratio", "max", after("score_severity")),
    ("severity.cutoffs", "published", CHECK | after("score_severity")),
    ("severity.published", "[0.02, 0.4]", after("score_severity")),
    ("severity.least_infected", "0.3", after("score_severity evaluate_regions")),
    ("severity.bootstrap", "200", after("score_severity")),
    ("severity.*", "3", after("score_severity")),
    ("scans.table", "tests/workflow/scans.csv", SCANS | SUMMARY),
    ("scans.bundle", "sinfnet", SCANS | SUMMARY),
    ("scans.dicom_identity", "keep", SCANS | SUMMARY),
    ("scans.segmentation_type", "LABELMAP", SCANS | SUMMARY),
    ("scans.level", "0.8", SCANS | SUMMARY),
    ("scans.*", "3", SCANS | SUMMARY),
]

# Keys that are valid, or mean anything, only together with another.
STUDENT = {"methods.ssinfnet.self_training.teacher": "sinfnet"}
GROUPS = STUDENT | {"methods.ssinfnet.self_training.progressive.groups": 2}
PHASES = [f"{phase}_training.{key}" for phase in ("group", "hybrid") for key in ("learning_rate", "batch_size")]
OUTSIDE = {"methods.ssinfnet.pretext": "none", "methods.ssinfnet.external.infection": "workflow_scripts"}
WITH = {
    **{f"methods.ssinfnet.external.{name}": OUTSIDE for name in ("infection", "classes", "patients_infection")},
    "methods.ssinfnet.external.patients_classes": {
        **OUTSIDE,
        "methods.ssinfnet.external.patients_infection": "workflow_scripts",
    },
    **{
        f"methods.ssinfnet.self_training.{name}": STUDENT
        for name in ("teacher", "slices", "stretch", "epochs", "segment", "confidence")
    },
    **{
        f"methods.ssinfnet.self_training.progressive.{name}": GROUPS
        for name in ("group_size", "per_job", "relabel", "epochs", *PHASES)
    },
    "methods.ssinfnet.self_training.progressive.groups": STUDENT,
    **{
        f"scans.{name}": {"scans.table": "tests/workflow/scans.csv", "scans.bundle": "ssinfnet"}
        for name in ("table", "shards", "dicom_identity", "segmentation_type", "level", "batch_size")
    },
    # What the network before has and this one has not.
    "single.network.name": {"single.network.backbone": None, "single.network.weights": None},
    "scans.bundle": {"scans.table": "tests/workflow/scans.csv"},
    "split.file": {"split.by": "file"},
    "pretext.unlabelled": {"unlabelled.folder": "workflow_scripts"},
    "unlabelled.patients": {"pretext.unlabelled": True, "unlabelled.folder": "workflow_scripts"},
}

# The files of the library: what commands import, and what they read, with the rules that read it.
SCRIPTS = ROOT / "workflow_scripts"
MODULES = [str(path.relative_to(SCRIPTS)) for path in sorted(SCRIPTS.rglob("*.py"))]
# Rules whose command bears another name, as it serves two of them.
COMMANDS = {"predict_patients_infection": "predict_infection", "predict_patients_classes": "predict_classes"}
# What a change of does not run anything: nothing in it can change a result (test_process_changes_nothing.py).
NO_RESULT = "ssinfnet/process/"
# What only methods with a pretext task depend on, and only sources that read tables or archives.
OF_THE_COACH = ["ssinfnet/networks/coach.py", "ssinfnet/config/pretext.py", "ssinfnet/config/inpainting.py"]
OF_THE_COACH += [name for name in MODULES if name.startswith("ssinfnet/pretraining/")]
OF_READERS = [f"ssinfnet/files/{name}.py" for name in ("tables", "workbook", "archives", "nifti", "pictures", "masks")]
OF_READERS += [f"ssinfnet/files/{name}.py" for name in ("encoding", "folders", "user_table")]
OF_READERS += ["ssinfnet/sources/clinical_table.py", "ssinfnet/sources/patients.py", "ssinfnet/sources/medseg.py"]
FILES = {
    "ssinfnet/report/templates/cases.html.j2": {"write_cases"},
    "ssinfnet/report/templates/summary.html.j2": {"write_summary"},
    **{str(path.relative_to(SCRIPTS)): {"write_summary"} for path in sorted(SCRIPTS.rglob("captions/*.rst"))},
    "ssinfnet/report/templates/captions/label_budget.rst": set(),  # one budget has no figure
    "ssinfnet/report/templates/captions/pseudo_labels.rst": set(),  # nor has a run without students
    **{str(path.relative_to(SCRIPTS)): set() for path in sorted(SCRIPTS.glob("ssinfnet/scans/templates/*"))},
    "ssinfnet/report/published/README.md": set(),
    "ssinfnet/report/published/table_1.csv": {"write_summary"},
    **{f"ssinfnet/report/published/table_{number}.csv": {"tabulate_results"} for number in (2, 3, 4, 5)},
}


def case(key: str) -> tuple[str, set[str]]:
    """The other value of a key, and the rules that run again."""
    return next((value, rules) for pattern, value, rules in KEYS if fnmatch.fnmatchcase(key, pattern))


def every_key() -> list[str]:
    """All keys of the config; of the methods, those of the one with a pretext task, of the tasks those of denoising."""
    names = [row[0].replace("variants.<name>", "variants.denoising") for row in document.keys(workflow.Config)]
    return [name.replace("<name>", "sinfnet" if name.endswith(".pretext") else "ssinfnet") for name in names]


def tiny_config() -> dict:
    """The config of the tiny run, every key given."""
    values = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(values, yaml.safe_load((ROOT / "tests/workflow/tiny.yaml").read_text()))
    return workflow.parse(values).model_dump(mode="json")


def overlay(changes: dict[str, Any]) -> dict:
    """Values by key as sections within sections."""
    result: dict = {}
    for key, value in changes.items():
        for part in reversed(key.split(".")):
            value = {part: value}
        update_config(result, value)
    return result


def changed_keys() -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Another valid value of every key that has one, and the rules that run again."""
    cases = {key: case(key) for key in every_key()}
    return {
        key: ({key: yaml.safe_load(value)} | WITH.get(key, {}), rules) for key, (value, rules) in cases.items() if value
    }


def moved_values() -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Values that are there already, in another place: numbers swapped, one a copy of its neighbour, a list reversed.

    All pairs of a section that the config allows. Keys that shape the DAG are left out: what they re-run depends on
    their value.
    """
    config, result = tiny_config(), {}
    shaping = ("seeds", "shards", "schedule", "rounds", "self_training", "external", "scans")
    shaping += ("single_network", "multi_network")
    keys = [key for key in every_key() if not set(shaping) & set(key.split("."))]
    values = {key: functools.reduce(dict.__getitem__, key.split("."), config) for key in keys}
    numbers = [(key, value) for key, value in values.items() if type(value) in (int, float)]
    for (one, a), (other, b) in itertools.combinations(numbers, 2):
        if one.split(".")[0] == other.split(".")[0] and a != b:
            result[f"{one} and {other} swapped"] = {one: b, other: a}
    for (one, a), (other, b) in itertools.pairwise(numbers):
        if a != b:
            result[f"{one} as {other}"] = {one: b}
    for key, value in values.items():
        if isinstance(value, list) and value != value[::-1]:
            result[f"{key} reversed"] = {key: value[::-1]}
    return {
        name: (changes, set().union(*(case(key)[1] for key in changes)))
        for name, changes in result.items()
        if _is_valid(config, changes)
    }


def _is_valid(config: dict, changes: dict[str, Any]) -> bool:
    try:
        with_changes(config, changes)
    except InputError:
        return False
    return True


def with_changes(config: dict, changes: dict[str, Any]) -> dict:
    """The config with other values by key; raises `InputError` for one that is not valid."""
    values = copy.deepcopy(config)
    update_config(values, overlay(changes))
    return workflow.parse(values).model_dump(mode="json")


DOCUMENT = """# What a change runs again

[The short version](../../docs/reruns.md) has a row for each section of the config; this page has one for each key.

Made by `rerun_matrix.py`. The tests beside it, `test_rerun_matrix.py` and `test_rerun_modules.py`,
compare it with what Snakemake lists in dry-runs on the tiny run of the tests (`make test-slow`). That run has a
phantom, two methods, one seed and one round of the coach, so a key that it does not use, as those of the downloads,
runs only the summary, which holds the whole config.

Each change is asked of Snakemake on its own:

- {keys} keys, each with another valid value: the table below.
- {moves} moves of values: two swapped within a section, one copied from its neighbour, a list reversed. They run what a
  change of these keys runs.
- All source files of the library, over {files}, each with one more line. It runs the stages whose commands had
  imported or read the file in the tiny run, and what follows from them; of `process/` none. An edit of the coach, its
  losses or its rounds trains no method again that has no pretext task, and an edit of a reader of tables, workbooks,
  archives or pictures does not compute the phantom again.
- Nothing runs for keys in another order, an overlay equal to the default, or source files that are touched or checked
  out with the same content.
- A new method, a seed, more epochs or more rounds run exactly the new jobs, counted.

All of it takes about five minutes on two idle cores: two for the tiny run, and 0.9 s of CPU time for each dry-run.

| key | changed to | runs again |
|---|---|---|
"""


def markdown() -> str:
    """The matrix as a table."""
    rows = []
    for key in every_key():
        value, rules = case(key)
        shown = "nothing" if not rules else "everything" if rules == EVERYTHING else ", ".join(sorted(rules))
        rows.append(f"| `{key}` | {f'`{value}`' if value else 'no other value'} | {shown} |")
    files = (len(MODULES) + len(FILES)) // 10 * 10
    return DOCUMENT.format(keys=len(changed_keys()), moves=len(moved_values()), files=files) + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
