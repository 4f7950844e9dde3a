"""Every number of the report once more, from the cached masks alone: h5py, NumPy, SciPy and scikit-learn, no library
code of the workflow."""

import json
import re

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import spearmanr
from sklearn import metrics as sk
from sklearn.model_selection import StratifiedGroupKFold

METHODS = ("sinfnet", "ssinfnet")
TARGETS = ("background", "ggo", "consolidation", "overall", "overall_without_background")


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results"


@pytest.fixture(scope="module")
def config(results):
    return json.loads((results / "summary.json").read_text())["config"]


def read(path, array):
    with h5py.File(path) as file:
        return {name: file[f"{array}/{name}"][()] for name in file["index/id"].asstr()[:]}


def part(results, name):
    table = pd.read_csv(results / "split/split.csv", dtype=str)
    return table[table["part"] == name]


def overlaps(truth, found):
    """The scores of one image; nothing to find and nothing found is right."""
    tp, fp, fn, tn = (
        np.count_nonzero(area) for area in (truth & found, ~truth & found, truth & ~found, ~truth & ~found)
    )
    union = tp + fp + fn
    pairs = {"dice": (2 * tp, union + tp), "iou": (tp, union), "recall": (tp, tp + fn), "precision": (tp, tp + fp)}
    scores = {name: (above / below if below else 0.0) if union else 1.0 for name, (above, below) in pairs.items()}
    return scores | {"specificity": tn / (tn + fp) if tn + fp else np.nan}


def mean_of(scores):
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}


def chances(results):
    """By target, the best mean Dice of an answer that is the same for every pixel of every test slice."""
    masks = read(results / "slices/medseg.h5", "mask")
    codes = [np.where(masks[name] == 3, 0, masks[name]) for name in part(results, "test")["id"]]
    everywhere = {answer: [class_dice(code, np.full_like(code, answer)) for code in codes] for answer in range(3)}
    best = {target: max(np.mean([one[target] for one in ones]) for ones in everywhere.values()) for target in TARGETS}
    infected = [[overlaps(code > 0, np.full(code.shape, answer))["dice"] for code in codes] for answer in (False, True)]
    return best | {"infection": np.mean(infected, axis=1).max()}


def class_dice(truth, found):
    scores = [overlaps(truth == code, found == code)["dice"] for code in range(3)]
    return dict(zip(TARGETS, [*scores, np.mean(scores), np.mean(scores[1:])], strict=True))


def infection_scores(results, method):
    """By test slice; the threshold is the one of 256 with the best mean Dice on validation."""
    masks = read(results / "slices/medseg.h5", "mask")
    truth = {name: np.isin(mask, (1, 2)) for name, mask in masks.items()}
    folder = results / method / "seed0/single"
    maps = read(folder / "infection_validation.h5", "infection")
    curve = [
        np.mean(
            [overlaps(truth[name], maps[name].astype(float) >= t)["dice"] for name in part(results, "validation")["id"]]
        )
        for t in np.arange(256) / 255
    ]
    threshold = np.argmax(curve) / 255
    maps = {name: value.astype(np.float64) for name, value in read(folder / "infection_test.h5", "infection").items()}
    return {
        "infection": [
            overlaps(truth[name], maps[name] >= threshold)
            | {"auc": sk.roc_auc_score(truth[name].ravel(), maps[name].ravel()) if truth[name].any() else np.nan}
            | {"mae": np.abs(maps[name] - truth[name]).mean()}
            for name in part(results, "test")["id"]
        ]
    }


def class_scores(results, method, prior):
    masks = read(results / "slices/medseg.h5", "mask")
    maps = read(results / method / f"seed0/multi/classes_{prior}_prior.h5", "classes")
    rows = {target: [] for target in TARGETS}
    for name in part(results, "test")["id"]:
        truth, found = np.where(masks[name] == 3, 0, masks[name]), maps[name].argmax(axis=0)
        scores = [overlaps(truth == code, found == code) for code in range(3)]
        for target, score in zip(rows, [*scores, mean_of(scores), mean_of(scores[1:])], strict=True):
            rows[target].append(score)
    return rows


def described(values, groups, config):
    """Mean, 1.96 standard errors, and the percentile interval of a bootstrap over groups; NaN is left out."""
    known = ~np.isnan(values)
    values, groups = values[known], np.asarray(groups)[known]
    members = [values[groups == group] for group in np.unique(groups)]
    random = np.random.default_rng(config["evaluation"]["seed"])
    drawn = random.integers(len(members), size=(config["evaluation"]["bootstrap"], len(members)))
    means = [np.concatenate([members[group] for group in row]).mean() for row in drawn]
    low, high = np.quantile(means, (0.025, 0.975))
    return {"mean": values.mean(), "error": 1.96 * values.std(ddof=1) / len(values) ** 0.5, "low": low, "high": high}


@pytest.mark.parametrize(
    ("number", "name", "prior"),
    [(2, "infection", None), (3, "classes_predicted_prior", "predicted"), (4, "classes_oracle_prior", "oracle")],
)
def test_segmentation_tables(results, config, number, name, prior):
    table = pd.read_csv(results / f"tables/table_{number}.csv", keep_default_na=False)
    groups = part(results, "test")["group"]
    numbers = json.loads((results / "summary.json").read_text())["results"][name]
    scores = {
        method: class_scores(results, method, prior) if prior else infection_scores(results, method)
        for method in METHODS
    }
    chance = chances(results)
    checked = 0
    for method, targets in scores.items():
        for target, images in targets.items():
            for metric in images[0]:
                values = np.array([image[metric] for image in images])
                expected = described(values, groups, config)
                if method == "ssinfnet":
                    others = np.array([image[metric] for image in scores["sinfnet"][target]])
                    paired = described(values - others, groups, config)
                    names = {"difference": "mean", "difference_low": "low", "difference_high": "high"}
                    expected |= {column: paired[key] for column, key in names.items()}
                expected |= {"dice": {"chance": chance[target]}, "auc": {"chance": 0.5}}.get(metric, {})
                expected["n"] = np.count_nonzero(~np.isnan(values))
                found = numbers[method][target][metric]
                assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-5, abs=1e-6)
                rows = table[(table["source"] == "ours") & (table["name"] == method)]
                (row,) = rows[(rows["target"] == target) & (rows["metric"] == metric)].to_dict("records")
                assert float(row["mean"]) == found["mean"]
                checked += 1
    assert checked == (table["source"] == "ours").sum()


def ratios(results, method):
    """The infected share of the lungs of each slice that was kept."""
    lungs, maps = {}, {}
    for number in (0, 1):
        lungs |= read(results / f"parenchyma/shard{number}-of-2.h5", "lungs")
        maps |= read(results / f"{method}/seed0/patients/infection_shard{number}-of-2.h5", "infection")
    quality = pd.read_csv(results / "parenchyma/quality.csv", dtype={"id": str})
    kept = quality.loc[quality["verdict"] == "kept", ["id", "group"]].rename(columns={"group": "patient"})
    return kept.assign(ratio=[maps[name][lungs[name] > 0].astype(float).mean() for name in kept["id"]])


def best_cutoffs(values, scores):
    """The lowest pair of cut-offs of best balanced accuracy, by trying all of them."""
    levels = np.unique(values)
    tried = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [np.nextafter(levels[-1], np.inf)]])
    pairs = [(low, high) for place, low in enumerate(tried) for high in tried[place:]]
    classes = np.unique(scores)
    found = [np.digitize(values, pair) for pair in pairs]
    quality = [np.mean([(one[scores == score] == score).mean() for score in classes]) for one in found]
    return pairs[int(np.argmax(np.round(quality, 12)))]


def fitted(frame, options):
    """Scores predicted with cut-offs that were fitted to the patients of the other folds."""
    values, scores = frame["ratio"].to_numpy(), frame["score"].to_numpy()
    predicted = np.zeros_like(scores)
    folds = min(options["folds"], np.bincount(scores).max(), frame["patient"].nunique())
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=options["seed"])
    for fit, test in splitter.split(values, scores, frame["patient"]):
        predicted[test] = np.digitize(values[test], best_cutoffs(values[fit], scores[fit]))
    return predicted


def classification(truth, answer):
    return {
        "micro_f1": sk.accuracy_score(truth, answer),
        "micro_precision": sk.precision_score(truth, answer, average="micro"),
        "micro_recall": sk.recall_score(truth, answer, average="micro"),
        "macro_f1": sk.f1_score(truth, answer, average="macro", zero_division=0),
        "balanced_accuracy": sk.recall_score(truth, answer, average="macro", labels=np.unique(truth)),
        "quadratic_kappa": sk.cohen_kappa_score(truth, answer, weights="quadratic"),
    }


@pytest.mark.parametrize("method", METHODS)
def test_severity_table(results, config, method):
    options = config["severity"]
    people = pd.read_csv(results / "slices/patients.csv", dtype={"patient": str})[["patient", "score"]].dropna()
    slices = ratios(results, method).merge(people.astype({"score": int}), on="patient")
    patients = people.merge(slices.groupby("patient", as_index=False)["ratio"].mean()).astype({"score": int})
    assert options["patient_ratio"] == "mean"
    numbers = json.loads((results / "summary.json").read_text())["results"]["severity"]
    for unit, frame in (("patients", patients), ("slices", slices)):
        truth, values = frame["score"].to_numpy(), frame["ratio"].to_numpy()
        answers = {
            (method, f"{unit}_fitted"): fitted(frame, options),
            (method, f"{unit}_published"): np.digitize(values, options["published"]),
            ("majority", f"{unit}_majority"): np.full_like(truth, np.bincount(truth).argmax()),
        }
        for (name, target), answer in answers.items():
            found = {metric: one["mean"] for metric, one in numbers[name][target].items()}
            assert found == pytest.approx(classification(truth, answer), rel=1e-5, abs=1e-6), target
    truth, values = patients["score"], patients["ratio"]
    assert {metric: one["mean"] for metric, one in numbers[method]["patients"].items()} == pytest.approx(
        {"auc_severe": sk.roc_auc_score(truth >= 1, values), "spearman": spearmanr(truth, values).statistic}, rel=1e-5
    )


@pytest.mark.parametrize("method", METHODS)
def test_ratios_of_tables_and_case_browser(results, method):
    slices = ratios(results, method)
    means = slices.groupby("patient")["ratio"].mean()
    written = pd.read_csv(results / method / "seed0/severity/patients.csv", dtype={"patient": str})
    written = written.set_index("patient")["ratio_mean"].dropna()
    assert written.to_dict() == pytest.approx(means.to_dict(), rel=1e-5)
    page = (results / "cases.html").read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    shown = {one["id"]: one["methods"][method]["ratio_mean"] for one in data["patients"]}
    assert {name: value for name, value in shown.items() if value is not None} == pytest.approx(
        means.to_dict(), rel=1e-3
    )
    by_slice = {one["id"]: one["methods"][method]["ratio"] for patient in data["patients"] for one in patient["slices"]}
    expected = dict(zip(slices["id"], slices["ratio"], strict=True))
    assert {name: by_slice[name] for name in expected} == pytest.approx(expected, rel=1e-3)


def test_overlay_is_what_the_json_says_the_config_was(finished, config):
    """What the tiny config changes, so that the tests above read the settings of this run."""
    wanted = yaml.safe_load((finished.folder / "tests/workflow/tiny.yaml").read_text())
    assert wanted["evaluation"]["bootstrap"] == config["evaluation"]["bootstrap"]
    assert wanted["severity"]["folds"] == config["severity"]["folds"]
    assert [name for name, method in wanted["methods"].items() if method] == list(METHODS)
