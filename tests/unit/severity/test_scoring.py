import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics as reference

import score_severity
from ssinfnet.config.methods import Method
from ssinfnet.config.severity import Severity
from ssinfnet.errors import InputError
from ssinfnet.evaluation.runs import Run
from ssinfnet.figures import severity as severity_figures
from ssinfnet.lungs import direction
from ssinfnet.report import findings as verdict
from ssinfnet.report import paper_tables, summary_page
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.severity import regions as severity_regions
from ssinfnet.severity import scores as severity
from ssinfnet.severity.comparisons import of_severity
from ssinfnet.severity.patients import regions_of_patients
from ssinfnet.slices import store as slices
from ssinfnet.slices.window import LUNG_WINDOW, to_grey
from ssinfnet.sources.phantom.generate import subject

PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=2, max_size=14)


def test_ratio_is_the_mean_of_the_map_inside_the_lungs():
    infection = np.array([[1.0, 0.5], [0.25, 1.0]], dtype=np.float16)
    lungs = np.array([[1, 1], [1, 0]], dtype=np.uint8)
    assert severity.infection_ratio(infection, lungs) == pytest.approx(1.75 / 3)
    assert np.isnan(severity.infection_ratio(infection, np.zeros_like(lungs)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 16), st.booleans()), min_size=1, max_size=40), st.randoms())
def test_ratio_is_bounded_and_asks_neither_for_order_nor_for_what_lies_outside(pixels, random):
    def ratio(pixels, scale=1.0):
        infection = np.array([[value / 16 for value, _ in pixels]], dtype=np.float16) * np.float16(scale)
        return severity.infection_ratio(infection, np.array([[inside for _, inside in pixels]], dtype=np.uint8))

    shuffled = random.sample(pixels, len(pixels))
    outside_infected = [(value if inside else 16, inside) for value, inside in pixels]
    if not any(inside for _, inside in pixels):
        assert np.isnan(ratio(pixels))
        return
    assert 0 <= ratio(pixels) <= 1
    assert ratio(pixels) == pytest.approx(ratio(shuffled)) == pytest.approx(ratio(outside_infected))
    assert ratio(pixels, scale=0.5) == pytest.approx(ratio(pixels) / 2)


def test_maps_of_another_size_than_the_lungs_are_refused():
    with pytest.raises(InputError, match=r"\(4, 4\).*\(4, 5\)"):
        severity.infection_ratio(np.zeros((4, 4), np.float16), np.ones((4, 5), np.uint8))


def test_a_large_map_of_half_precision_is_summed_without_loss():
    infection = np.full((512, 512), 0.1, dtype=np.float16)
    assert severity.infection_ratio(infection, np.ones((512, 512), np.uint8)) == pytest.approx(float(np.float16(0.1)))


def test_a_score_begins_at_its_cutoff():
    assert severity.classify(np.array([0, 0.0099, 0.01, 0.49, 0.5, 1]), (0.01, 0.5)).tolist() == [0, 0, 1, 1, 2, 2]


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_fitted_cutoffs_are_the_best_of_all_pairs(pairs):
    ratios, scores = np.array([r / 8 for r, _ in pairs]), np.array([s for _, s in pairs])
    cuts = np.arange(-1, 20) / 16
    best = max(
        _mean_recall(scores, severity.classify(ratios, (low, high))) for low in cuts for high in cuts if low <= high
    )
    fitted = severity.fit_cutoffs(ratios, scores)
    assert fitted[0] <= fitted[1]
    assert _mean_recall(scores, severity.classify(ratios, fitted)) == pytest.approx(best)


@pytest.mark.parametrize(
    ("ratios", "scores", "predicted"),
    [
        ([0.1, 0.2, 0.3], [0, 1, 2], [0, 1, 2]),  # one of each
        ([0.1, 0.2, 0.3], [0, 0, 0], [0, 0, 0]),  # one class
        ([0.1, 0.2, 0.3], [2, 2, 2], [2, 2, 2]),
        ([0.1, 0.2, 0.3], [0, 2, 2], [0, 2, 2]),  # none in the middle
        ([0.0, 0.0, 0.0, 1.0], [0, 0, 0, 2], [0, 0, 0, 2]),
        ([0.2, 0.2, 0.2], [0, 0, 1], [0, 0, 0]),  # equal ratios cannot be told apart
    ],
)
def test_fitted_cutoffs_by_hand(ratios, scores, predicted):
    cutoffs = severity.fit_cutoffs(np.array(ratios), np.array(scores))
    found = severity.classify(np.array(ratios), cutoffs)
    assert _mean_recall(np.array(scores), found) == _mean_recall(np.array(scores), np.array(predicted))
    assert len(set(found[np.array(ratios) == ratios[0]])) == 1


def test_cutoffs_of_all_slices_of_the_data_set_are_found_at_once():
    random = np.random.default_rng(0)
    scores = random.choice(3, 6613, p=(0.8, 0.15, 0.05))
    ratios = np.clip(random.normal(0.1 + 0.2 * scores, 0.1), 0, 1)
    tracemalloc.start()
    low, high = severity.fit_cutoffs(ratios, scores)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.1 < low < 0.3 < high < 0.5
    assert peak < 50e6  # all pairs at once would take 350 MB


def _mean_recall(truth, predicted):
    return np.mean([(predicted[truth == score] == score).mean() for score in np.unique(truth)])


def test_cross_validation_never_fits_on_the_group_it_scores(monkeypatch):
    groups = np.arange(24) // 2
    ratios, scores = np.arange(24) / 24, np.tile([0, 0, 0, 1, 2, 0], 4)
    fit, classify = severity.fit_cutoffs, severity.classify
    fitted, scored = [], []
    monkeypatch.setattr(
        severity, "fit_cutoffs", lambda r, s: fitted.append(set(groups[np.isin(ratios, r)])) or fit(r, s)
    )
    monkeypatch.setattr(
        severity, "classify", lambda r, c: scored.append(set(groups[np.isin(ratios, r)])) or classify(r, c)
    )
    severity.cross_validate(ratios, scores, groups, folds=3, seed=0)
    assert len(fitted) == 3 and set().union(*scored) == set(groups)
    assert all(not (a & b) for a, b in zip(fitted, scored, strict=True))


def test_cross_validation_of_one_patient_is_an_error():
    with pytest.raises(InputError, match="at least two patients"):
        severity.cross_validate(np.array([0.1]), np.array([0]), np.array(["a"]), folds=5, seed=0)


OPTIONS = {"resamples": 100, "seed": 0}


def classify(truth, predicted, groups=None):
    return severity_metrics.classification(
        np.array(truth), np.array(predicted), np.arange(len(truth)) if groups is None else np.array(groups), **OPTIONS
    )


def test_classification_by_hand():
    result = classify([0, 0, 0, 1, 2], [0, 0, 1, 1, 0])
    assert result["confusion_matrix"] == [[2, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert result["micro_f1"] == result["micro_precision"] == result["micro_recall"] == pytest.approx(3 / 5)
    assert result["balanced_accuracy"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_metrics_are_those_of_scikit_learn(pairs):
    truth, predicted = np.transpose(pairs)
    result = classify(truth, predicted)
    for average in ("micro", "macro"):
        expected = reference.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        for name, value in zip(("precision", "recall", "f1"), expected, strict=False):
            assert result[f"{average}_{name}"] == pytest.approx(value)
    recalls = reference.recall_score(truth, predicted, average=None, labels=np.unique(truth), zero_division=0)
    assert result["balanced_accuracy"] == pytest.approx(recalls.mean())
    if len({*truth, *predicted}) > 1:
        kappa = reference.cohen_kappa_score(truth, predicted, weights="quadratic")
        assert result["quadratic_kappa"] == pytest.approx(kappa)
    np.testing.assert_array_equal(
        result["confusion_matrix"], reference.confusion_matrix(truth, predicted, labels=(0, 1, 2))
    )


def test_intervals_hold_the_value_and_know_that_slices_of_a_patient_are_alike():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 40)
    predicted = np.where(random.uniform(size=40) < 0.7, truth, random.integers(0, 3, 40))
    patients, slices = (
        classify(truth, predicted),
        classify(np.repeat(truth, 5), np.repeat(predicted, 5), np.repeat(range(40), 5)),
    )
    careless = classify(np.repeat(truth, 5), np.repeat(predicted, 5))
    for name in severity_metrics.METRICS:
        low, high = patients["intervals"][name]
        assert low <= patients[name] <= high and low < high
        # Five copies of each patient say nothing more than one.
        assert slices["intervals"][name] == pytest.approx(patients["intervals"][name])
    assert np.diff(careless["intervals"]["micro_f1"]) < np.diff(slices["intervals"]["micro_f1"])


def test_one_patient_has_an_interval_without_width():
    assert classify([1, 1], [1, 0], ["a", "a"])["intervals"]["micro_f1"] == [0.5, 0.5]


def test_the_majority_baseline_has_high_accuracy_and_no_skill():
    result = severity_metrics.majority(np.array([0] * 81 + [1] * 14 + [2] * 5), np.arange(100), **OPTIONS)
    assert result["micro_f1"] == pytest.approx(0.81)
    assert result["balanced_accuracy"] == pytest.approx(1 / 3)
    assert result["quadratic_kappa"] == 0


def test_ranking_by_hand():
    truth, ratios = np.array([0, 0, 1, 2]), np.array([0.1, 0.3, 0.2, 0.9])
    result = severity_metrics.ranking(truth, {"ratio": ratios, "worse": -ratios}, **OPTIONS)
    area = result["ratio"]["auc_severe"]
    assert area["value"] == pytest.approx(3 / 4)
    assert 0 <= area["low"] <= area["value"] <= area["high"] <= 1
    assert result["worse"]["auc_severe"]["value"] == pytest.approx(1 / 4)
    assert result["worse"]["auc_difference"]["value"] == pytest.approx(-1 / 2)
    assert "auc_difference" not in result["ratio"]
    nothing = {"value": None, "low": None, "high": None}
    nobody = severity_metrics.ranking(np.zeros(3, int), {"ratio": ratios[:3]}, **OPTIONS)
    assert nobody == {"ratio": {"auc_severe": nothing, "spearman": nothing}}


@pytest.mark.parametrize("count", range(2, 60))
def test_no_rank_correlation_leaves_its_range(count):
    values = np.arange(count) // 2 * 0.1 if count > 2 else np.arange(count)
    assert [severity_metrics.spearman(values, sign * values) for sign in (1, -1)] == pytest.approx([1, -1])
    assert all(abs(severity_metrics.spearman(values, sign * values)) <= 1 for sign in (1, -1))


def test_a_predictor_does_not_differ_from_its_own_ranks():
    truth, ratios = np.array([0, 0, 1, 2, 0, 1]), np.array([0.1, 0.3, 0.2, 0.9, 0.0, 0.4])
    result = severity_metrics.ranking(truth, {"ratio": ratios, "alike": ratios**2}, **OPTIONS)
    assert result["alike"]["auc_difference"] == {"value": 0, "low": 0, "high": 0}


@settings(max_examples=60, deadline=None)
@given(PAIRS.filter(lambda pairs: len({score > 0 for _, score in pairs}) == 2))
def test_ranking_agrees_with_the_libraries_and_asks_for_ranks_only(pairs):
    ratios, truth = np.array([r / 8 for r, _ in pairs]), np.array([s for _, s in pairs])
    found = severity_metrics.ranking(truth, {"ratio": ratios}, resamples=20, seed=0)
    assert found["ratio"]["auc_severe"]["value"] == pytest.approx(reference.roc_auc_score(truth >= 1, ratios))
    if len(set(ratios)) > 1:
        assert found["ratio"]["spearman"]["value"] == pytest.approx(spearmanr(truth, ratios).statistic)
    assert severity_metrics.ranking(truth, {"ratio": np.exp(5 * ratios)}, resamples=20, seed=0) == found


def test_resamples_are_drawn_in_pieces_that_change_nothing(monkeypatch):
    random = np.random.default_rng(4)
    truth, ratios = random.integers(0, 3, 12), np.round(random.random((2, 12)), 1)
    whole = severity_metrics.ranking(truth, {"ratio": ratios}, resamples=50, seed=1)
    monkeypatch.setattr(severity_metrics, "PIECE", 50)  # four draws of the fifty at once
    assert severity_metrics.ranking(truth, {"ratio": ratios}, resamples=50, seed=1) == whole
    drawn = np.random.default_rng(1).integers(0, 12, (50, 12))
    areas = [
        np.mean([reference.roc_auc_score(truth[row] >= 1, one[row]) for one in ratios])
        for row in drawn
        if len(set(truth[row] >= 1)) == 2
    ]
    assert whole["ratio"]["auc_severe"]["low"] == pytest.approx(np.percentile(areas, 2.5))


def run(folder, ratios_by_patient, *, verdict="kept", patients=None, empty=(), without_map=None, classes=None, **more):
    """Score patients whose slices have constant maps of these ratios, and where given, classes by slice id."""
    ids = [
        (f"{patient}_{n}", patient, r) for patient, ratios in ratios_by_patient.items() for n, r in enumerate(ratios)
    ]
    lungs = np.ones((4, 4), dtype=np.uint8)
    with (
        slices.create_store(folder / "s.h5") as store,
        slices.create_store(folder / "l.h5") as lung_store,
        slices.create_store(folder / "i.h5") as maps,
    ):
        for slice_id, patient, ratio in ids:
            where = {"group": patient, "origin": "memory"}
            store.add(slice_id, **where, image=lungs)
            lung_store.add(slice_id, **where, lungs=lungs * np.uint8(slice_id not in empty))
            if slice_id == without_map:
                continue
            maps.add(slice_id, **where, infection=np.full((4, 4), ratio, dtype=np.float16))
    quality = pd.DataFrame({"id": [slice_id for slice_id, *_ in ids], "verdict": verdict})
    quality.to_csv(folder / "q.csv", index=False)
    patients.to_csv(folder / "p.csv", index=False)
    (folder / "t.json").write_text('{"threshold": {"value": 0.2}}')
    config = json.dumps({"severity": {"bootstrap": 100, "folds": 2, **more}})
    if classes:
        with slices.create_store(folder / "c.h5") as store:
            for slice_id, patient, _ in ids:
                store.add(slice_id, group=patient, origin="memory", mask=classes[slice_id])
    names = {"slices-store": "s.h5", "lungs": "l.h5", "infection": "i.h5", "quality": "q.csv", "patients": "p.csv"}
    names |= {"out-slices": "slices.csv", "out-patients": "patients.csv", "out-metrics": "metrics.json"}
    names |= {"out-table": "metrics.csv", "threshold": "t.json"} | ({"classes": "c.h5"} if classes else {})
    score_severity.main(["--config-json", config, *(w for k, v in names.items() for w in (f"--{k}", str(folder / v)))])
    return folder


PATIENTS = pd.DataFrame(
    [
        ("a", "Regular", 0, 2),
        ("b", "Control", 0, 1),
        ("c", "Severe", 1, 1),
        ("d", "Severe", 1, 1),
        ("e", "Critically ill", 2, 1),
        ("f", "Suspected", None, 1),
        ("g", "Regular", 0, 0),
    ],
    columns=["patient", "morbidity", "score", "slices"],
)
RATIOS = {"a": [0.0, 0.25], "b": [0.0], "c": [0.25], "d": [0.375], "e": [0.75], "f": [0.5]}


def test_patients_are_scored_joined_by_id_and_left_out_with_a_reason(tmp_path):
    run(tmp_path, RATIOS, patients=PATIENTS.iloc[::-1])
    table = pd.read_csv(tmp_path / "patients.csv").set_index("patient")
    assert table.loc["a", ["ratio_mean", "ratio_max"]].tolist() == [0.125, 0.25]
    assert table["left_out"].dropna().to_dict() == {"f": "no severity score", "g": "no pictures"}
    assert table.loc["e", "predicted_published"] == 2
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["counts"]["patients_scored"] == 5
    assert metrics["counts"]["patients_left_out"] == {"no pictures": 1, "no severity score": 1}
    assert metrics["auc_severe"]["value"] == 1
    assert metrics["majority"]["micro_f1"] == pytest.approx(2 / 5)
    assert metrics["slices"]["majority"]["micro_f1"] == pytest.approx(3 / 6)


def read(folder):
    table = pd.read_csv(folder / "patients.csv", keep_default_na=False).set_index("patient")
    return table, json.loads((folder / "metrics.json").read_text(), parse_constant=lambda text: pytest.fail(text))


def test_patients_without_a_class_are_predicted_and_count_in_no_metric(tmp_path):
    """`f` has no score: the others' fitted cut-offs and the published ones tell what it would be."""
    (tmp_path / "without").mkdir()
    run(tmp_path, RATIOS, patients=PATIENTS)
    run(
        tmp_path / "without",
        {k: v for k, v in RATIOS.items() if k != "f"},
        patients=PATIENTS[PATIENTS["patient"] != "f"],
    )
    (table, metrics), (_, without) = read(tmp_path), read(tmp_path / "without")
    cutoffs = metrics["cutoffs"]
    row = table.loc["f"]
    assert float(row["ratio_mean"]) == 0.5 and row["ct_score"] and row["right_anterior_infected"]
    assert int(row["predicted_published"]) == 2 == np.searchsorted(cutoffs["published"], 0.5, side="right")
    assert int(row["predicted_fitted"]) == np.searchsorted(cutoffs["fitted"], 0.5, side="right")
    slices_of = pd.read_csv(tmp_path / "slices.csv").set_index("id")
    assert slices_of.loc["f_0", "predicted_published"] == 2 and slices_of.loc["f_0", "predicted_fitted"] >= 0
    assert metrics["counts"].pop("patients_predicted") == without["counts"].pop("patients_predicted") + 1 == 6
    for unit in (metrics, without):
        unit.pop("counts")
    assert metrics == without


@pytest.mark.parametrize(
    ("scores", "cutoffs"),
    [([1], "published"), ([None], "published"), ([None], "fitted"), ([0, 1, 2], "published"), ([None] * 4, "fitted")],
)
def test_published_cutoffs_score_one_patient_or_people_without_any_class(tmp_path, scores, cutoffs):
    """All the way to the tables, the figures and the page."""
    names = list("abcd")[: len(scores)]
    classes = [None if score is None else "x" for score in scores]
    patients = pd.DataFrame({"patient": names, "morbidity": classes, "score": scores, "slices": 3})
    run(tmp_path, {name: [0.0, 0.1, 0.6] for name in names}, patients=patients, cutoffs=cutoffs)
    table, metrics = read(tmp_path)
    assert table["predicted_published"].tolist() == [1] * len(names) and set(table["predicted_fitted"]) == {""}
    assert table["ratio_mean"].tolist() == pytest.approx([0.7 / 3] * len(names), rel=1e-3)
    assert metrics["headline"] == "published" and metrics["cutoffs"]["fitted"] is None
    assert metrics["fitted"]["micro_f1"] is None and metrics["regions"]["right_anterior"]["patients"] == len(names)
    anybody = scores != [None] * len(scores)
    assert (metrics["published"]["micro_f1"] is None) is (not anybody)

    methods = {name: Method(label=name, pretext="none") for name in ("one", "other")}
    files = tuple(f"{tmp_path}/{name}" for name in ("patients.csv", "slices.csv", "metrics.json"))
    runs = [Run(name, 0, files) for name in methods]
    found = [Run(name, 0, files[:1]) for name in methods]
    compared = of_severity(found, methods, resamples=50, seed=0)
    assert set(compared["target"]) == ({"patients_published"} if anybody else set())
    five = paper_tables.severity_table(runs, methods, compared)
    ours = five[five["source"] == "ours"]
    said = ours[ours["mean"] == ""]
    assert (
        len(said) and said[~said["metric"].isin(["auc_severe", "spearman"])]["note"].str.startswith("undefined").all()
    )
    answer = verdict.beats_majority(five, metrics)
    assert answer.answer == ("Too few patients to tell" if anybody else "Not tested")
    assert summary_page.groups(five)
    people = severity_figures.read_patients(tmp_path / "patients.csv"), metrics
    for draw in ("severity_figure", "roc_figure", "regions_figure"):
        getattr(severity_figures, draw)({"one": people}).canvas.draw()


def test_one_patient_cannot_be_fitted_and_the_remedy_is_named(tmp_path):
    patients = pd.DataFrame({"patient": ["a"], "morbidity": "x", "score": [1], "slices": 1})
    with pytest.raises(InputError, match=r"at least two patients of one class.*severity.cutoffs: published"):
        run(tmp_path, {"a": [0.0]}, patients=patients)
    assert severity.check_cutoffs(patients, Severity()) == [severity.TOO_FEW]
    assert severity.check_cutoffs(patients, Severity(cutoffs="published")) == []
    assert severity.check_cutoffs(patients.assign(score=None), Severity()) == []
    assert severity.check_cutoffs(PATIENTS, Severity()) == []


def numbers(value):
    """All leaves of JSON values."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers(item)
    else:
        yield value


@pytest.mark.parametrize("ratios", [[0.0] * 4, [0.5] * 4, [0.1, 0.2, 0.3, 0.4]])
@pytest.mark.parametrize("scores", [(0, 0, 0, 0), (2, 2, 2, 2), (0, 0, 1, 2), (1, 1, 2, 2)])
def test_every_number_is_finite_or_null(tmp_path, ratios, scores):
    patients = pd.DataFrame({"patient": list("abcd"), "morbidity": "x", "score": scores, "slices": 1})
    run(tmp_path, {patient: [ratio] for patient, ratio in zip("abcd", ratios, strict=True)}, patients=patients)
    metrics = json.loads((tmp_path / "metrics.json").read_text(), parse_constant=lambda text: pytest.fail(text))
    leaves = [value for value in numbers(metrics) if not isinstance(value, str)]
    assert all(value is None or np.isfinite(value) for value in leaves) and len(leaves) > 60
    assert (metrics["auc_severe"]["value"] is None) == (0 not in scores or set(scores) == {0})
    if len(set(ratios)) == 1 and metrics["auc_severe"]["value"] is not None:
        assert metrics["auc_severe"]["value"] == 0.5


def test_one_patient_of_each_class_cannot_be_fitted(tmp_path):
    patients = pd.DataFrame({"patient": list("abc"), "morbidity": "x", "score": [0, 1, 2], "slices": 1})
    with pytest.raises(InputError, match="at least two patients of one class"):
        run(tmp_path, {"a": [0.0], "b": [0.1], "c": [0.5]}, patients=patients)


def test_a_kept_slice_without_lungs_is_left_out_and_counted(tmp_path):
    run(tmp_path, RATIOS, patients=PATIENTS, empty=("a_1", "e_0"))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["counts"]["slices_left_out"] == {"no lungs": 2, "no severity score": 1}
    table = pd.read_csv(tmp_path / "patients.csv").set_index("patient")
    assert table.loc["a", ["ratio_mean", "kept_slices"]].tolist() == [0, 1]
    assert table.loc["e", "left_out"] == "no slice kept"


@pytest.mark.parametrize(
    ("patients", "message"),
    [
        (PATIENTS.iloc[1:], "patient a of slice a_0 is not in the table of patients"),
        (PATIENTS.replace({"score": {2: 3}}), "e has the score 3.0"),
        (PATIENTS.drop(columns="score"), "p.csv: no column score"),
    ],
)
def test_a_table_of_patients_that_does_not_fit_is_an_error(tmp_path, patients, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path, RATIOS, patients=patients)


def test_a_missing_map_is_an_error_that_names_the_slice(tmp_path):
    with pytest.raises(InputError, match=r"slice b_0: .*no slice b_0"):
        run(tmp_path, RATIOS, patients=PATIENTS, without_map="b_0")


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        run(tmp_path / name, RATIOS, patients=PATIENTS)
        found.append(
            [
                (tmp_path / name / f"{file}").read_bytes()
                for file in ("slices.csv", "patients.csv", "metrics.json", "metrics.csv")
            ]
        )
    assert found[0] == found[1]


def test_nobody_to_score_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nothing can be scored"):
        run(tmp_path, RATIOS, verdict="rejected", patients=PATIENTS)


def test_ratio_by_max_changes_the_class():
    patients = PATIENTS[PATIENTS["patient"].isin(["a", "b"])]
    table = pd.DataFrame({"patient": ["a", "a", "b"], "ratio": [0.0, 0.6, 0.0]})
    by = {how: severity.score_patients(patients, table, Severity(patient_ratio=how)) for how in ("mean", "max")}
    assert by["mean"]["predicted_published"].tolist() == [1, 0]
    assert by["max"]["predicted_published"].tolist() == [2, 0]


def test_the_table_of_metrics_has_the_majority_beside_each_cutoff_and_both_predictors(tmp_path):
    run(tmp_path, RATIOS, patients=PATIENTS)
    table = pd.read_csv(tmp_path / "metrics.csv", keep_default_na=False).set_index(
        ["unit", "predictor", "cutoffs", "metric"]
    )
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert table.index.is_unique
    for unit, scores in (("patients", metrics), ("slices", metrics["slices"])):
        assert float(table.loc[(unit, "majority", "", "micro_f1"), "value"]) == pytest.approx(
            scores["majority"]["micro_f1"], rel=1e-5
        )
        row = table.loc[(unit, "ratio", "published", "quadratic_kappa")]
        assert [float(row["low"]), float(row["high"])] == pytest.approx(
            scores["published"]["intervals"]["quadratic_kappa"], rel=1e-5
        )
    assert {("patients", name, "", "spearman") for name in ("ratio", "ct_share", "infected")} <= set(table.index)
    assert ("patients", "ct_share", "", "auc_difference") in table.index


def test_regions_of_slices_and_patients_come_from_the_maps(tmp_path):
    """4 x 4 slices that are all lung, two columns each; `a` has three slices, so it has thirds."""
    ratios = {"a": [0.0, 0.25, 0.75], "b": [0.0], "c": [0.25], "d": [0.375], "e": [0.75]}
    ggo, dense = np.ones((4, 4), np.uint8), np.full((4, 4), 2, np.uint8)
    classes = {f"{patient}_{n}": 0 * ggo for patient, found in ratios.items() for n in range(len(found))}
    classes |= {"a_1": ggo, "a_2": dense}
    patients = PATIENTS[PATIENTS["patient"].isin(list(ratios))].replace({"slices": {2: 3}})
    run(tmp_path, ratios, patients=patients, classes=classes)
    by_slice = pd.read_csv(tmp_path / "slices.csv").set_index("id")
    assert by_slice.loc["a_0", ["ct_score", "ct_regions", "infected", "ggo"]].tolist() == [0, 4, 0, 0]
    assert by_slice.loc["a_2", ["ct_score", "ct_share", "infected", "consolidation"]].tolist() == [8, 1, 1, 1]
    assert by_slice.loc["a_1", "right_anterior_lung"] == 4
    table = pd.read_csv(tmp_path / "patients.csv").set_index("patient")
    row = table.loc["a"]
    assert row[["ct_score", "ct_regions"]].tolist() == [16, 12]  # two of three thirds are wholly infected
    assert row[["infected", "ggo", "consolidation"]].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3], rel=1e-5)
    assert row["left_posterior_last_consolidation"] == 1 and row["left_posterior_first_infected"] == 0
    assert row["left_posterior_infected"] == pytest.approx(2 / 3, rel=1e-5)
    assert table.loc["e", ["ct_score", "ct_regions"]].tolist() == [8, 4]
    assert np.isnan(table.loc["e", "left_posterior_last_score"])
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["counts"]["patients_in_thirds"] == 1
    assert metrics["regions"]["left_posterior_last"]["patients"] == 1
    assert metrics["regions"]["right_anterior"]["mean_score"] == pytest.approx((2 + 0 + 2 + 2 + 2) / 5)
    assert {"ratio", "ct_share", "infected", "ggo", "consolidation"} == set(metrics["predictors"])


def test_thirds_of_one_anatomy_are_the_same_from_the_head_and_from_the_feet():
    """Two patients of equal pictures, one named the other way round; the lesions are in the upper third."""
    patient = subject(np.random.default_rng(4), 96, 0.0)
    stack = [patient.render(z) for z in np.linspace(0.15, 0.9, 9)]
    names = [*["down"] * 9, *["up"] * 9]
    slices_, counts, between = [], [], []
    for place, one in enumerate([*stack, *stack[::-1]]):
        infected = one.lungs * (place < 3 or place > 14)
        regions = severity_regions.divide(to_grey(one.hounsfield, LUNG_WINDOW), one.lungs)
        counts.append(severity_regions.count_pixels(regions, [infected]))
        between.append(direction.between(one.lungs))
        slices_.append((names[place], ""))
    table = pd.DataFrame(slices_, columns=["patient", "left_out"])
    found = regions_of_patients(table, np.array(counts), np.array(between), 0.01)
    assert found["order"].to_dict() == {"down": "head first", "up": "feet first"}
    pd.testing.assert_series_equal(
        found.drop(columns="order").loc["down"], found.drop(columns="order").loc["up"], check_names=False
    )
    assert found.loc["up", "right_anterior_first_score"] == 2 and found.loc["up", "right_anterior_last_score"] == 0


def test_a_third_whose_slices_have_no_lungs_is_not_scored_but_counted(tmp_path):
    ratios = {"a": [0.0, 0.25, 0.75], "b": [0.0], "c": [0.25], "d": [0.375]}
    patients = PATIENTS[PATIENTS["patient"].isin(list(ratios))].replace({"slices": {2: 3}})
    run(tmp_path, ratios, patients=patients, empty=("a_2",))
    row = pd.read_csv(tmp_path / "patients.csv").set_index("patient").loc["a"]
    assert row[["ct_score", "ct_regions", "left_anterior_last_lung"]].tolist() == [8, 8, 0]
    assert np.isnan(row["left_anterior_last_score"])
    region = json.loads((tmp_path / "metrics.json").read_text())["regions"]["left_anterior_last"]
    assert region["without_lung"] == 1 and region["patients"] == 0


def test_classes_of_another_size_are_an_error_that_names_the_slice(tmp_path):
    with pytest.raises(InputError, match=r"slice a_0: the classes are \(3, 3\) and the lungs are \(4, 4\)"):
        run(tmp_path, {"a": [0.0]}, patients=PATIENTS, classes={"a_0": np.zeros((3, 3), np.uint8)})
