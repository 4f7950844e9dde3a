"""What runs, and what runs again after a change: asked of Snakemake itself, on a finished tiny run."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]

FROM_TABLES = {"compare_methods", "plot_comparisons", "tabulate_results", "write_summary", "plot_times"}
FROM_SEVERITY = {"score_severity", "plot_severity", "write_cases", "export_bundle"} | FROM_TABLES
# The CT severity score takes the threshold of the single network's evaluation.
FROM_SINGLE_EVALUATION = {
    *("evaluate_single", "evaluate_regions", "plot_overlays", "plot_worst_cases", "calibrate_share"),
    *FROM_SEVERITY,
}
FROM_MULTI_EVALUATION = {"evaluate_multi", "write_cases", "plot_worst_cases", "export_bundle"} | FROM_TABLES
FROM_MULTI = (
    {"train_multi", "predict_classes", "predict_patients_classes", "evaluate_regions", "plot_learning", "plot_overlays"}
    | FROM_MULTI_EVALUATION
    | FROM_SEVERITY
)
FROM_SINGLE = (
    {
        "train_single",
        "predict_infection",
        "pretrain_multi",
        "predict_patients_infection",
        "plot_learning",
        "plot_calibration",
    }
    | FROM_SINGLE_EVALUATION
    | FROM_MULTI
    | FROM_SEVERITY
)
FROM_PRETEXT = FROM_SINGLE | {"pretrain_single", "plot_pretext"}
FROM_SPLIT = FROM_PRETEXT | {"split_slices", "fingerprint_split", "check_inputs", "extract_truth", "plot_augmentation"}
FROM_CLEANING = {"clean_parenchyma", "evaluate_regions", "calibrate_share"} | FROM_SEVERITY

# The README's table of what a change re-runs says the same in words.
CHANGES = {
    "hu_window": ("labelled: {hu_window: [-1500, 500]}", FROM_SPLIT | {"prepare_medseg"}),
    "split": ("split: {seed: 3}", FROM_SPLIT),
    "test folds": ("split: {folds: 3}", FROM_SPLIT),
    "own split": ("split: {by: file, file: config.yaml}", FROM_SPLIT | {"prepare_parts"}),
    "labels": (
        "labels: {infection: [1, 2, 3]}",
        {"fingerprint_split", "check_inputs", "extract_truth", "plot_augmentation"} | FROM_SINGLE,
    ),
    "pretext": ("pretext: {keep_ratio: 0.5}", FROM_PRETEXT),
    "single": ("single: {training: {learning_rate: 0.002}}", FROM_SINGLE),
    "multi": ("multi: {training: {momentum: 0.5}}", FROM_MULTI),
    "augmentation": (
        "methods: {sinfnet: {augmentation: {cutout: 0.4}}}",
        FROM_SINGLE - {"pretrain_multi"} | {"plot_augmentation"},
    ),
    "prior mode": (
        "priors: {mode: in_sample}",
        FROM_MULTI | {"predict_infection", "pretrain_multi", "check_inputs"},
    ),
    "parenchyma": ("parenchyma: {method: ictcf}", FROM_CLEANING | {"extract_parenchyma"}),
    "cleaning": ("cleaning: {min_area: 0.03}", FROM_CLEANING),
    "evaluation": ("evaluation: {empty: skip}", FROM_SINGLE_EVALUATION | FROM_MULTI_EVALUATION),
    "severity": ("severity: {patient_ratio: max}", FROM_SEVERITY),
    "cut-offs": ("severity: {cutoffs: published}", {"check_inputs"} | FROM_SEVERITY),
    # Both at once, as a job behind the check must not be forgotten for it.
    "cut-offs and a rate": (
        "{severity: {cutoffs: published}, multi: {training: {learning_rate: 0.02}}}",
        {"check_inputs"} | FROM_MULTI,
    ),
    "least infected": ("severity: {least_infected: 0.0}", {"evaluate_regions"} | FROM_SEVERITY),
    "label": (
        "methods: {sinfnet: {label: Baseline}}",
        {"plot_learning", "plot_overlays", "plot_worst_cases", "plot_calibration", "plot_augmentation", "plot_severity"}
        | FROM_TABLES
        | {"write_cases", "export_bundle"},
    ),
    "download": ("download: {retries: 7}", {"write_summary"}),  # summary.json holds the whole config
    "swapped values": ("cleaning: {min_balance: 0.53, min_solidity: 0.4}", FROM_CLEANING),
    "the same values": ("split: {test: 24, train: 72, by: group}", set()),
}


def test_a_finished_run_has_nothing_to_do(finished):
    assert finished.planned() == {}


def test_the_scheduler_looks_for_jobs_only_when_one_has_ended(finished):
    """With a limit of jobs per second it would look ever more often, each time at the files of all jobs."""
    log = next((finished.folder / ".snakemake/log").iterdir()).read_text()
    assert 0 < log.count("Ready jobs: ") <= log.count("Finished jobid: ") + 1


@pytest.mark.parametrize(("overlay", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_changed_key_runs_exactly_what_reads_it(finished, overlay, expected):
    assert set(finished.planned(overlay)) == expected


def test_a_failed_check_trains_nothing_again_once_the_config_is_mended(finished):
    """As a check that fails leaves no `found.json`, and `passed.txt` stays."""
    found = finished.folder / "results/checks/found.json"
    content = found.read_bytes()
    found.unlink()
    try:
        assert set(finished.planned()) == {"check_inputs"}
    finally:
        found.write_bytes(content)


def test_a_wrong_config_stops_a_first_run_before_any_training(finished):
    overlay = finished.overlay(
        "{results_dir: refused, pretext: {batch_size: 1, size: 32, crop: 32}, priors: {folds: 90}}"
    )
    result = finished.snakemake("--cores", "2", *overlay, check=False)
    assert result.returncode != 0
    for part in ("90 folds; lower priors.folds", "pretext.batch_size is 1"):
        assert "  - " in result.stderr and part in result.stderr
    folders = {path.name for path in (finished.folder / "refused").iterdir()}
    shutil.rmtree(finished.folder / "refused")
    assert folders <= {"slices", "split", "figures", "logs", "benchmarks"}


def test_more_epochs_only_add_segments(finished):
    jobs = finished.planned("{multi: {schedule: {epochs: 3}}}")
    assert jobs["train_multi"] == 2  # one more segment for each method
    assert not {"train_single", "pretrain_multi"} & set(jobs)


def test_more_rounds_only_add_rounds(finished):
    jobs = finished.planned("{pretext: {rounds: {network_epochs: 3}}}")
    assert jobs["pretrain_single"] == 2


def test_a_longer_round_goes_on_from_its_last_checkpoint(finished):
    jobs = finished.planned("{pretext: {rounds: {network_epochs: 4, first_network: 3, segment: 1}}}")
    # Two more epochs for round 0 and the two rounds after it, which start anew.
    assert jobs["pretrain_single"] == 4


def test_with_test_folds_each_seed_has_a_split_of_its_own(finished):
    jobs = finished.planned("{seeds: [0, 1, 2], split: {folds: 3}}")
    once = ("check_inputs", "plot_overlays", "plot_augmentation", "plot_calibration", "write_cases", "write_summary")
    assert {name: jobs[name] for name in once} == dict.fromkeys(once, 1)
    assert [jobs[name] for name in ("split_slices", "fingerprint_split", "extract_truth")] == [3, 3, 3]


def test_unlabelled_slices_run_the_pretext_task_that_asks_for_them(finished):
    pictures = finished.folder / "unlabelled"
    pictures.mkdir(exist_ok=True)
    (pictures / "a.png").touch()
    assert set(finished.planned("unlabelled: {folder: unlabelled}")) == {"write_summary"}  # it holds the config
    jobs = finished.planned("{unlabelled: {folder: unlabelled}, pretext: {unlabelled: true}}")
    assert set(jobs) == FROM_PRETEXT | {"prepare_unlabelled", "screen_unlabelled"}


def test_methods_of_one_task_share_it_and_a_variant_is_trained_beside_it(finished):
    third = "third: {label: Third, pretext: inpainting, augmentation: {cutout: 0.5}}"
    jobs = finished.planned(f"methods: {{{third}}}")
    assert "pretrain_single" not in jobs and jobs["pretrain_multi"] == 3  # the multi network's has the method's priors
    variant = "{methods: {third: {label: Third, pretext: chance}}, pretext: {variants: {chance: {masks: random}}}}"
    jobs = finished.planned(variant)
    assert jobs["pretrain_single"] == 2  # two rounds of the network and no coach


def test_tasks_of_other_kinds_are_trained_beside_it_for_as_many_rounds_and_shown(finished):
    jobs = finished.planned((ROOT / "tests/workflow/pretext_kinds.yaml").read_text())
    # Two methods more, two rounds each: of the network alone.
    assert (jobs["pretrain_single"], jobs["pretrain_multi"], jobs["plot_pretext"]) == (4, 4, 2)
    assert jobs["train_single"] == 6


def test_a_method_may_be_fine_tuned_for_longer(finished):
    jobs = finished.planned("methods: {ssinfnet: {single_epochs: 2}}")
    assert jobs["train_single"] == 3  # all slices and two folds, a segment more
    assert "pretrain_single" not in jobs


FOLDERS = dict.fromkeys(("infection", "classes", "patients_infection"), "workflow_scripts")
EXTERNAL = json.dumps({"label": "nnU-Net", "external": FOLDERS})


def test_an_external_method_is_imported_and_scored_and_trains_nothing(finished):
    jobs = finished.planned(f"methods: {{nnunet: {EXTERNAL}}}")
    assert [jobs[name] for name in ("import_infection", "import_classes", "import_patients_infection")] == [2, 1, 2]
    assert [jobs[name] for name in ("evaluate_single", "evaluate_multi", "score_severity")] == [1, 1, 1]
    trained = ("train_single", "train_multi", "predict_infection", "predict_classes", "plot_learning", "export_bundle")
    assert not set(trained) & set(jobs)


def test_an_external_method_has_no_bundle_and_the_error_says_why(finished):
    overlay = finished.overlay(f"methods: {{nnunet: {EXTERNAL}}}")
    result = finished.snakemake("--dry-run", "results/bundles/nnunet.zip", *overlay, check=False)
    assert result.returncode and "nnunet is external: there are no networks of it here" in result.stdout + result.stderr


def test_external_methods_alone_need_no_training(finished):
    jobs = finished.planned(f"methods: {{sinfnet: null, ssinfnet: null, nnunet: {EXTERNAL}}}")
    assert {"evaluate_single", "score_severity", "write_summary", "write_cases"} <= set(jobs)
    assert not {"train_single", "plot_learning", "plot_augmentation"} & set(jobs)


def test_the_export_for_nnunet_is_asked_for_by_name(finished):
    """Also where the predictions of the method are yet to come."""
    missing = "methods: {nnunet: {label: nnU-Net, external: {infection: nowhere}}}"
    result = finished.snakemake("--dry-run", "nnunet", *finished.overlay(missing))
    assert all(f"Data set {name} for nnU-Net" in result.stdout for name in ("501_infection", "502_classes"))
    assert "The patients' slices for nnU-Net" in result.stdout and "single network" not in result.stdout
    result = finished.snakemake("--dry-run", *finished.overlay(missing), check=False)
    assert "error: the folder nowhere of the config does not exist" in result.stderr.splitlines()


def test_the_patients_slices_can_join_the_pretext_task(finished):
    assert set(finished.planned("unlabelled: {patients: false}")) == {"write_summary"}  # it holds the config
    jobs = finished.planned("pretext: {unlabelled: true}")
    assert set(jobs) == FROM_PRETEXT | {"screen_unlabelled"}


def test_a_new_seed_only_adds_its_own_jobs(finished):
    jobs = finished.planned("{seeds: [0, 1]}")
    assert jobs["train_single"] == 2 * 3  # per method all slices and two folds
    assert "prepare_medseg" not in jobs and "extract_parenchyma" not in jobs


def test_touched_code_runs_nothing_and_changed_code_what_imports_it(finished):
    module = finished.folder / "workflow_scripts/ssinfnet/severity/scores.py"
    before = module.read_text()
    module.touch()
    assert finished.planned() == {}
    try:
        module.write_text(before + "\n# changed\n")
        assert set(finished.planned()) == FROM_SEVERITY | {"check_inputs"}  # which asks it about the cut-offs
    finally:
        module.write_text(before)


def test_without_patients_there_is_no_severity_stage(finished):
    jobs = finished.planned("{patients: {source: none}, results_dir: elsewhere}")
    assert not {
        "prepare_patients",
        "extract_parenchyma",
        "predict_patients_infection",
        "score_severity",
        "plot_severity",
    } & set(jobs)
    assert "write_summary" in jobs


def test_all_methods_of_the_paper_and_real_sources_make_a_dag(finished):
    overlay = """
    methods:
      ssinfnet_aug: {label: SSInfNet + aug, pretext: inpainting, augmentation: {cutout: 0.5, horizontal_flip: 0.5}}
    labelled: {source: medseg}
    patients: {source: ictcf, table: config.yaml}
    seeds: [0, 1, 2]
    results_dir: elsewhere
    """
    jobs = finished.planned(overlay)
    assert jobs["download_medseg"] == 6 and jobs["download_ictcf"] == 1
    assert jobs["evaluate_multi"] == 3 * 3 * 2


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("sinlge: {}", "error: config: unknown key sinlge; did you mean single?"),
        ("{labelled: {source: folder, folder: nowhere}}", "error: the folder nowhere of the config does not exist"),
    ],
)
def test_a_wrong_config_is_one_line_before_any_job(finished, overlay, message):
    result = finished.snakemake("--dry-run", *finished.overlay(overlay), check=False)
    assert result.returncode != 0
    assert message in result.stderr.splitlines()
    assert "Traceback" not in result.stderr


def test_code_inputs_are_what_a_job_imports(finished):
    """The rules find imports by reading the code; here Python imports what they list and says what that needs."""
    table = finished.snakemake("--detailed-summary", *finished.overlay("{}")).stdout.splitlines()
    seen = {}
    for row in csv.DictReader(table, delimiter="\t"):
        seen.setdefault(row["rule"], {name for name in row["input-file(s)"].split(",") if name.endswith(".py")})
    assert len(seen) >= 20
    for script, files in seen.items():
        modules = sorted(_modules(files - {f"workflow_scripts/{script}.py"}))
        program = (
            "import importlib, json, pathlib, sys\n"
            "sys.path.insert(0, 'workflow_scripts')\n"
            f"for name in {modules}: importlib.import_module(name)\n"
            "root = pathlib.Path.cwd()\n"
            "files = [pathlib.Path(m.__file__) for m in list(sys.modules.values()) if getattr(m, '__file__', None)]\n"
            "print(json.dumps([str(f.relative_to(root)) for f in files if f.is_relative_to(root)]))\n"
        )
        output = subprocess.run(
            [sys.executable, "-c", program], cwd=finished.folder, capture_output=True, text=True, check=True
        ).stdout
        loaded = {name for name in json.loads(output) if not name.startswith("workflow_scripts/ssinfnet/process/")}
        assert loaded <= files, script


def _modules(files):
    for name in files:
        parts = Path(name).relative_to("workflow_scripts").with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_results_are_there_and_hang_together(finished):
    results = finished.folder / "results"
    split = pd.read_csv(results / "split/split.csv", dtype=str)
    test_ids = set(split.loc[split["part"] == "test", "id"])
    for method in ("sinfnet", "ssinfnet"):
        run = results / method / "seed0"
        for store in (run / "single/infection_test.h5", run / "multi/classes_predicted_prior.h5"):
            with h5py.File(store) as file:
                assert set(file["index/id"].asstr()[:]) == test_ids
        metrics = json.loads((run / "single/metrics.json").read_text())
        assert json.dumps(metrics).find("NaN") < 0
        assert (run / "severity/patients.csv").exists()
    assert (results / "summary.html").stat().st_size > 10_000
    for number in (2, 3, 4, 5):
        assert len(pd.read_csv(results / f"tables/table_{number}.csv")) > 2
    for figure in (results / "figures").glob("*.png"):
        assert figure.stat().st_size > 1000
