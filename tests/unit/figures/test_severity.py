import json

import numpy as np
import pandas as pd
import pytest

import plot_severity
from ssinfnet.errors import InputError
from ssinfnet.figures import severity as severity_figures
from ssinfnet.severity.regions import REGIONS


def severity(folder, *, classes=True, area=0.75):
    patients = pd.DataFrame(
        {
            "patient": list("pqrstu"),
            "morbidity": ["Severe", "Control", "Control", "Critically ill", "Suspected", "Regular"],
            "score": [1, 0, 0, 2, np.nan, 0],
            "ratio_mean": [0.3, 0.0, 0.02, 0.6, 0.2, np.nan],
            "ratio_max": [0.4, 0.0, 0.03, 0.7, 0.3, np.nan],
            "left_out": [None, None, None, None, "no severity score", "no slice kept"],
            "ct_share": [0.25, 0.5, 0.0, 1.0, 0.5, np.nan],
            "infected": [0.3, 0.0, 0.02, 0.6, 0.2, np.nan],
        }
    )
    for number, region in enumerate(REGIONS):
        patients[f"{region}_infected"] = patients["infected"] + number / 10
        if classes:
            patients["ggo"] = patients[f"{region}_ggo"] = 0.1 * (number + 1)
            patients[f"{region}_consolidation"] = 0.01
    patients.to_csv(folder / "patients.csv", index=False)
    metrics = {
        "cutoffs": {"published": [0.01, 0.5], "fitted": [0.1, 0.4]},
        "patient_ratio": "max",
        "fitted": {"confusion_matrix": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]},
        "published": {"confusion_matrix": [[1, 1, 0], [0, 1, 0], [0, 0, 1]]},
        "predictors": {
            "ratio": {"auc_severe": {"value": 1.0, "low": 0.8, "high": 1.0}},
            "ct_share": {"auc_severe": {"value": area, "low": None, "high": None}},
        },
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return patients, metrics


def legend(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_severity_shows_scored_patients_by_class_and_all_cutoffs(tmp_path):
    figure = severity_figures.severity_figure({"SInfNet": severity(tmp_path)})
    ratios, fitted, published = figure.axes
    labels = [label.get_text() for label in ratios.get_xticklabels()]
    assert labels == ["Control\nscore 0\nn = 2", "Severe\nscore 1\nn = 1", "Critically ill\nscore 2\nn = 1"]
    points = np.concatenate([line.get_ydata() for line in ratios.lines if line.get_marker() == "o"])
    np.testing.assert_allclose(np.sort(points), [0, 0.03, 0.4, 0.7])
    lines = {line.get_ydata()[0] for line in ratios.lines if list(line.get_xdata()) == [0, 1]}
    assert lines == {0.01, 0.1, 0.4, 0.5}
    assert [text.get_text() for text in fitted.texts][:2] == ["2\n100%", "0\n0%"]
    assert fitted.get_xlabel() == "predicted score, fitted cut-offs"
    assert [text.get_text() for text in published.texts][:2] == ["1\n50%", "1\n50%"]
    assert published.get_xlabel() == "predicted score, published cut-offs"


def test_roc_curves_go_through_the_points_of_the_patients_and_state_the_area(tmp_path):
    results = {"SInfNet": severity(tmp_path), "other": severity(tmp_path)}
    ratio, score = severity_figures.roc_figure(results).axes
    assert legend(ratio) == ["SInfNet: AUC 1.00 [0.80, 1.00]", "other: AUC 1.00 [0.80, 1.00]", "chance: AUC 0.5"]
    assert len({line.get_linestyle() for line in ratio.lines[:2]}) == 2  # told apart without colour
    curve = score.lines[0].get_xydata()  # shares: 0.25 and 1 of the severe, 0.5 and 0 of the others
    np.testing.assert_allclose(curve, [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]])
    assert legend(score)[0] == "SInfNet: AUC 0.75"


def test_roc_of_one_class_says_so(tmp_path):
    _, score = severity_figures.roc_figure({"SInfNet": severity(tmp_path, area=None)}).axes
    assert [text.get_text() for text in score.texts] == ["all patients are on one side"]
    assert legend(score) == ["chance: AUC 0.5"]


@pytest.mark.parametrize("classes", [True, False])
def test_regions_show_means_over_the_patients_of_each_score(tmp_path, classes):
    figure = severity_figures.regions_figure({"SInfNet": severity(tmp_path, classes=classes)})
    assert len(figure.axes) == (3 if classes else 2)
    bars = [[bar.get_height() for bar in group] for group in figure.axes[1].containers]
    np.testing.assert_allclose(bars[0], [0.01, 0.11, 0.21, 0.31])  # Control: 0 and 0.02
    np.testing.assert_allclose(bars[2], [0.6, 0.7, 0.8, 0.9])
    assert legend(figure.axes[1])[0] == "not severe (score 0)"
    if classes:
        np.testing.assert_allclose([bar.get_height() for bar in figure.axes[2].containers[0]], [0.1, 0.2, 0.3, 0.4])
        assert legend(figure.axes[2]) == ["GGO", "consolidation"]


def test_plot_severity_writes_the_same_bytes(tmp_path):
    severity(tmp_path)
    run = ["--severity", "sinfnet", "0", f"{tmp_path}/patients.csv", f"{tmp_path}/metrics.json"]
    names = ("classes", "roc", "regions")
    for turn in "ab":
        plot_severity.main([*run, *(f"--out-{name}={tmp_path}/{name}{turn}.png" for name in names)])
    for name in names:
        assert (tmp_path / f"{name}a.png").read_bytes() == (tmp_path / f"{name}b.png").read_bytes()
    (tmp_path / "metrics.json").unlink()
    with pytest.raises(InputError, match=r"metrics.json: cannot be read"):
        plot_severity.main([*run, *(f"--out-{name}={tmp_path}/{name}.png" for name in names)])
