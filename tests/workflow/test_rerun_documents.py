"""What the documents say of re-runs is what the matrix says, which test_rerun_matrix.py compares with Snakemake.

The table "I changed X, what runs again?" of docs/reruns.md says it in words, section by section; reruns.md beside this
file says it of every key.
"""

import re

import pytest
import rerun_matrix
from rerun_matrix import EVERYTHING, ROOT, after

IMPORTED = ("infection", "classes", "patients_infection", "patients_classes")
# The page's words for rules.
WORDS = {
    "phantom": {"generate_phantom"},
    "download": {"download_medseg"},
    "preparation of the labelled slices": {"prepare_medseg"},
    "preparation of the unlabelled slices": {"prepare_unlabelled"},
    "their screening": {"screen_unlabelled"},
    "screening of the unlabelled slices": {"screen_unlabelled"},
    "pseudo labels": {"predict_pseudo_labels"},
    "groups of slices": {"train_groups"},
    "student": {"train_student"},
    "picture of the pseudo labels": {"plot_pseudo_labels"},
    "preparation of the patients": {"prepare_patients"},
    "split": {"split_slices"},
    "table of parts": {"prepare_parts"},
    "fingerprint": {"fingerprint_split"},
    "check of the inputs": {"check_inputs"},
    "truth as a prior": {"extract_truth"},
    "pretext task": {"pretrain_single", "pretrain_multi"},
    "single network": {"train_single"},
    "networks of the folds": {"train_single"},
    "priors of the training part": {"predict_infection"},
    "multi network": {"pretrain_multi", "train_multi"},
    "overlays": {"plot_overlays"},
    "picture of the augmentation": {"plot_augmentation"},
    "figures of the test slices": {"plot_overlays", "plot_worst_cases", "plot_calibration"},
    "figure of label budgets": {"plot_label_budget"},
    "other figures with its name": {"plot_learning", "plot_severity"},
    "case browser": {"write_cases"},
    "comparison of methods": {"compare_methods"},
    "lungs": {"extract_parenchyma"},
    "lungs that are kept": {"clean_parenchyma"},
    "infection of the patients": {"predict_patients_infection"},
    "scores of regions": {"evaluate_regions"},
    "scores of the test slices": {"evaluate_single", "evaluate_multi"},
    "severity": {"score_severity"},
    "interval of the share": {"calibrate_share"},
    "bundle": {"export_bundle"},
    "scores of your scans": {"list_scans", "score_listed_scans", "tabulate_scans"},
    "import of its maps": {f"import_{maps}" for maps in IMPORTED},
    "`summary.json`": {"write_summary"},
    "nothing": set(),
}
# Rows about other things than a key, and the tests that hold them true.
OTHER_ROWS = {
    "more `epochs`, `rounds`, `seeds`, a new method": "only the new jobs",  # test_an_addition_runs_only_the_new_jobs
}
# What the page says of all stages, and the tests that hold it true.
SENTENCES = (
    "A changed module runs the stages whose commands import it, and all that follows.",  # test_rerun_modules.py
    "another order of keys, another time stamp or a checkout of the same content runs nothing.",
    # test_the_same_content_runs_nothing
)
# The page is to be short; the long table is beside this file.
MOST_ROWS = 23
PAGE = ROOT / "docs/reruns.md"


def table() -> dict[str, str]:
    """The rows of the page's table: what changed, and what runs again."""
    text = PAGE.read_text().split("## I changed X, what runs again?")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert rows[:2] == [["changed", "runs again"], ["---|---"]]
    return dict(rows[2:])


ROWS = {changed: again for changed, again in table().items() if changed not in OTHER_ROWS}
ANY_OTHER = "any other key"


def rules(words: str) -> set[str]:
    """The rules that a cell means: `A, B and all that follows; C`."""
    if words == "everything":
        return EVERYTHING
    if words.startswith("everything but the "):
        return EVERYTHING - WORDS[words.removeprefix("everything but the ")]
    result = set()
    for clause in words.split("; "):
        names = re.split(r",? and |, ", clause.removesuffix(", and all that follows"))
        found = set().union(*(WORDS[name.removeprefix("the ")] for name in names))
        result |= found | after(*found) if clause.endswith(", and all that follows") else found
    return result


def keys_of(changed: str) -> list[str]:
    """The keys of a row: those under the names in its first cell that no other row names more closely."""
    return [key for key in rerun_matrix.every_key() if row_of(key) == changed]


def row_of(key: str) -> str:
    """The row of a key: the one with the longest name of which the key is a part."""
    key = re.sub(r"^methods\.\w+", "methods.X", key)
    named = [(name, changed) for changed in table() for name in re.findall("`([^`]+)`", changed)]
    fitting = [(len(name), changed) for name, changed in named if f"{key}.".startswith(f"{name}.")]
    return max(fitting)[1] if fitting else ANY_OTHER


@pytest.mark.parametrize("changed", ROWS)
def test_a_row_says_what_the_matrix_says_of_its_keys(changed):
    keys = keys_of(changed)
    assert keys
    assert rules(ROWS[changed]) == set().union(*(rerun_matrix.case(key)[1] for key in keys))


def test_the_rows_about_no_key_are_those_that_tests_hold_true():
    assert {changed: again for changed, again in table().items() if changed in OTHER_ROWS} == OTHER_ROWS
    assert ANY_OTHER in ROWS


def test_the_page_is_short_and_says_what_holds_for_all_stages():
    assert len(table()) <= MOST_ROWS
    words = " ".join(PAGE.read_text().split())
    assert [sentence for sentence in SENTENCES if sentence not in words] == []


def test_the_table_of_all_keys_is_the_matrix():
    command = "PYTHONPATH=workflow_scripts python tests/workflow/rerun_matrix.py > tests/workflow/reruns.md"
    assert (ROOT / "tests/workflow/reruns.md").read_text() == rerun_matrix.markdown(), command


def test_every_key_but_the_kind_of_a_task_has_another_valid_value():
    config = rerun_matrix.tiny_config()
    changed = rerun_matrix.changed_keys()
    assert [
        name for name, (changes, _) in changed.items() if rerun_matrix.with_changes(config, changes) == config
    ] == []
    # A task that is named after a kind is of that kind.
    assert set(rerun_matrix.every_key()) - set(changed) == {"pretext.variants.denoising.kind"}
