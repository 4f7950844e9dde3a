"""Every key of the config, changed: Snakemake lists exactly the rules that rerun_matrix.py says."""

from collections import Counter

import pytest
import rerun_matrix
import yaml
from changes import check_out, reorder, touch
from rerun_matrix import TABLES, overlay

pytestmark = pytest.mark.slow

VALUES = rerun_matrix.changed_keys() | rerun_matrix.moved_values()


@pytest.fixture(scope="module")
def plans(dry_runs, selected):
    """The plan for each change of values, asked for all at once."""
    changes = {name: overlay(changes) for name, (changes, _) in VALUES.items() if name in selected}
    return {name: dry_runs.ask(yaml.safe_dump(values)) for name, values in changes.items()}


@pytest.mark.parametrize("name", VALUES)
def test_a_changed_value_runs_what_the_matrix_says(plans, name):
    assert plans[name].result().rules == VALUES[name][1]


def test_the_matrix_knows_every_rule(dry_runs):
    plan = dry_runs.ask("{data_dir: elsewhere, results_dir: elsewhere}").result()
    assert plan.rules == rerun_matrix.EVERYTHING


# --- nothing runs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [None, reorder, check_out, touch], ids=lambda change: getattr(change, "__name__", "no change")
)
def test_the_same_content_runs_nothing(dry_runs, change):
    assert dry_runs.ask(change=change).result().jobs == []


@pytest.mark.parametrize(
    "values",
    [
        rerun_matrix.tiny_config(),
        {"severity": {"seed": 0, "folds": 2, "bootstrap": 100}, "evaluation": {"bootstrap": 100}},
        {"split": {"train": 72.0}},
    ],
    ids=["the whole default", "two sections of it", "a whole number with a point"],
)
def test_an_overlay_that_says_what_holds_already_runs_nothing(dry_runs, values):
    assert dry_runs.ask(yaml.safe_dump(values)).result().jobs == []


# --- only what is new runs ----------------------------------------------------------------------------------------

# The pages, tables and figures that show all methods; each is one job.
SHOWN_TOGETHER = TABLES | {"plot_learning", "plot_overlays", "plot_worst_cases", "plot_calibration", "plot_severity"}
# The jobs of one method and seed after its pretext task: two folds and the whole, three parts, two priors, two shards.
AFTER_SINGLE = {"predict_infection": 3, "evaluate_single": 1, "predict_patients_infection": 2, "calibrate_share": 1}
AFTER_MULTI = {
    **{"predict_classes": 2, "evaluate_multi": 2, "evaluate_regions": 1},
    **{"predict_patients_classes": 2, "score_severity": 1},
    "export_bundle": 1,  # of all seeds
}
METHOD = {"train_single": 3, **AFTER_SINGLE, "train_multi": 2, **AFTER_MULTI}
PRETEXT = {"pretrain_single": 3, "pretrain_multi": 3}  # a round of the network, one of the coach, one of the network


def times(number, jobs):
    return {rule: number * count for rule, count in jobs.items()}


ADDITIONS = {
    "a method": (
        {"methods": {"third": {"label": "Third", "pretext": "inpainting"}}},
        {
            **METHOD,
            "pretrain_multi": 3,  # the single network's task is there already
            **dict.fromkeys(SHOWN_TOGETHER | {"plot_augmentation", "write_cases"}, 1),
        },
        {"method": {"third"}},
    ),
    "a method with a teacher": (
        {
            "methods": {
                "third": {
                    "label": "Third",
                    "self_training": {"teacher": "sinfnet", "slices": 5, "epochs": 2, "segment": 1},
                }
            },
            "unlabelled": {"patients": True},
        },
        {
            **METHOD,
            # The same for the whole and each of two folds, with the teacher's network that is there.
            **{"screen_unlabelled": 1, "predict_pseudo_labels": 3, "train_student": 3 * 2, "plot_pseudo_labels": 1},
            **dict.fromkeys(SHOWN_TOGETHER | {"plot_augmentation", "write_cases"}, 1),
        },
        {"method": {"third"}},
    ),
    "a method with groups of pseudo labels": (
        {
            "methods": {
                "third": {
                    "label": "Third",
                    "self_training": {
                        "teacher": "sinfnet",
                        "epochs": 1,
                        "progressive": {"groups": 3, "per_job": 2},
                    },
                }
            },
            "unlabelled": {"patients": True},
        },
        {
            **METHOD,
            **{"screen_unlabelled": 1, "train_groups": 3 * 2, "train_student": 3, "plot_pseudo_labels": 1},
            **dict.fromkeys(SHOWN_TOGETHER | {"plot_augmentation", "write_cases"}, 1),
        },
        {"method": {"third"}},
    ),
    "a method with networks of its own": (
        {
            "methods": {
                "third": {
                    "label": "Third",
                    "pretext": "inpainting",
                    "single_network": {"name": "plain_unet", "width": 4},
                    "multi_network": {"name": "plain_unet", "width": 4},
                }
            }
        },
        {
            **METHOD,
            **PRETEXT,  # of its network
            "predict_classes": 1,  # without a prior there is no oracle
            "evaluate_multi": 1,
            **dict.fromkeys(SHOWN_TOGETHER | {"plot_augmentation", "write_cases", "check_inputs"}, 1),
        },
        {"method": {"third"}},
    ),
    "an external method": (
        {
            "methods": {
                "third": {"label": "Third", "external": dict.fromkeys(("infection", "classes"), "workflow_scripts")}
            }
        },
        {
            **{"import_infection": 2, "import_classes": 1},
            **{"evaluate_single": 1, "evaluate_multi": 1, "evaluate_regions": 1},
            **dict.fromkeys(SHOWN_TOGETHER - {"plot_learning", "plot_severity"} | {"write_cases"}, 1),
        },
        {"method": {"third"}},
    ),
    "a variant of the task, with a method": (
        {
            "methods": {"third": {"label": "Third", "pretext": "chance"}},
            "pretext": {"variants": {"chance": {"masks": "random"}}},
        },
        {
            **METHOD,
            "pretrain_single": 2,  # no coach
            "pretrain_multi": 2,
            **dict.fromkeys(SHOWN_TOGETHER | {"plot_augmentation", "write_cases", "check_inputs"}, 1),
        },
        {"method": {"third"}, "task": {"chance"}},
    ),
    "a method with a task of another kind": (
        {"methods": {"third": {"label": "Third", "pretext": "rotation"}}},
        {
            **METHOD,
            "pretrain_single": 2,  # as many rounds of the network, and no coach
            "pretrain_multi": 2,
            # The first task of each kind is shown; the check looks at the batches of the new one.
            **dict.fromkeys(SHOWN_TOGETHER | {"plot_augmentation", "write_cases", "check_inputs", "plot_pretext"}, 1),
        },
        {"method": {"third"}, "task": {"rotation"}},
    ),
    "a seed": (
        {"seeds": [0, 1]},
        {**times(2, METHOD), **PRETEXT, **dict.fromkeys(SHOWN_TOGETHER, 1)},  # the case browser shows the first seed
        {"seed": {"1"}},
    ),
    "an epoch of the multi network": (
        {"multi": {"schedule": {"epochs": 3}}},
        {
            **times(2, {"train_multi": 1, **AFTER_MULTI}),
            **dict.fromkeys(SHOWN_TOGETHER - {"plot_calibration"} | {"write_cases"}, 1),
        },
        {"epoch": {"3"}},
    ),
    "an epoch of the single network": (
        {"single": {"schedule": {"epochs": 2}}},
        {
            **times(2, METHOD),
            "pretrain_multi": 3,  # its slices come with the priors of the single network
            **dict.fromkeys(SHOWN_TOGETHER | {"write_cases"}, 1),
        },
        {},
    ),
    "an epoch of pretext, so two rounds": (
        {"pretext": {"rounds": {"network_epochs": 3}}},
        {
            **METHOD,
            "pretrain_single": 2,
            "pretrain_multi": 5,  # all rounds, with the new priors
            "plot_pretext": 1,
            **dict.fromkeys(SHOWN_TOGETHER | {"write_cases"}, 1),
        },
        {"method": {"ssinfnet"}},
    ),
    "a longer first round in smaller segments": (
        {"pretext": {"rounds": {"first_network": 3, "network_epochs": 4, "segment": 1}}},
        {
            **METHOD,
            "pretrain_single": 4,  # two more epochs, and the two rounds that build on them
            "pretrain_multi": 5,
            "plot_pretext": 1,
            **dict.fromkeys(SHOWN_TOGETHER | {"write_cases"}, 1),
        },
        {"method": {"ssinfnet"}},
    ),
}


@pytest.mark.parametrize(("values", "expected", "only"), ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_runs_only_the_new_jobs(dry_runs, values, expected, only):
    jobs = dry_runs.ask(yaml.safe_dump(values)).result().jobs
    assert Counter(job.rule for job in jobs) == expected
    for wildcard, names in only.items():
        assert {job.wildcards[wildcard] for job in jobs if wildcard in job.wildcards} == names
