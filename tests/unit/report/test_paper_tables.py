import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score

import compare_methods
import tabulate_results
from ssinfnet.errors import InputError
from ssinfnet.evaluation import comparisons
from ssinfnet.evaluation.intervals import bootstrap
from ssinfnet.report import agreement, paper_tables, published
from ssinfnet.severity import metrics as severity_metrics

METHODS = {
    "sinfnet": {"label": "SInfNet"},
    "ssinfnet": {"label": "SSInfNet", "pretext": "inpainting"},
    "ssinfnet_aug": {"label": "SSInfNet + aug", "pretext": "inpainting", "augmentation": {"cutout": 0.5}},
}
UNITS = [(unit, cutoffs) for unit in ("patients", "slices") for cutoffs in ("fitted", "published", "majority")]
GROUPS = ["a", "a", "b", "b", "c", "d"]


def summary(path, targets, *, seed, ids="uvwxyz", undefined=()):
    """A summary as evaluate_single writes it, with random values per image."""
    random = np.random.default_rng(seed)
    values = {}
    for target in targets:
        column = [None if position in undefined else value for position, value in enumerate(random.random(6).tolist())]
        values[target] = {"dice": column, "auc": column}
    means = {target: {"mean": np.mean([v for v in values[target]["dice"] if v is not None])} for target in targets}
    scores = {
        target: {"metrics": {"dice": means[target], "auc": means[target]}, "constant": {"nothing": 0.2, "all": 0.3}}
        for target in targets
    }
    content = {
        "bootstrap": {"resamples": 200, "seed": 0},
        "targets": scores,
        "per_image": {"id": list(ids), "group": GROUPS, "values": values},
    }
    path.write_text(json.dumps(content))
    return values


def severity(folder, name, seed):
    """Twelve patients of two slices with random predictions, as score_severity writes them; returns all by unit."""
    random = np.random.default_rng(seed)
    patients = pd.DataFrame({"patient": [f"p{number}" for number in range(13)], "score": [0, 0, 1, 0, 2, 1] * 2 + [0]})
    patients["left_out"] = [*[""] * 12, "no slice kept"]
    slices = patients.iloc[np.repeat(np.arange(13), 2)].reset_index(drop=True)
    slices.insert(0, "id", [f"s{number}" for number in range(len(slices))])
    tables, metrics = {}, {"patient_ratio": "mean", "bootstrap": {"resamples": 200, "seed": 0}, "counts": {}}
    for unit, table in (("patients", patients), ("slices", slices)):
        ratios = 0.1 * table["score"] + random.random(len(table)) / 4
        table[["ratio_mean", "predicted_fitted"]] = np.c_[ratios, np.digitize(ratios, [0.15, 0.3])]
        table["predicted_published"] = random.integers(0, 3, len(table))
        table.to_csv(folder / f"{name}_{unit}.csv", index=False)
        tables[unit] = scored = table[table["left_out"] == ""]
        truth, groups = scored["score"].to_numpy(), scored["patient"].to_numpy(str)
        scores = {"majority": severity_metrics.majority(truth, groups, **metrics["bootstrap"])}
        for cutoffs in ("fitted", "published"):
            answer = scored[f"predicted_{cutoffs}"].to_numpy(int)
            scores[cutoffs] = severity_metrics.classification(truth, answer, groups, **metrics["bootstrap"])
        metrics |= scores if unit == "patients" else {"slices": scores}
        metrics["counts"][f"{unit}_scored"] = len(scored)
    ratios = {"ratio": tables["patients"]["ratio_mean"].to_numpy()}
    truth = tables["patients"]["score"].to_numpy()
    metrics["predictors"] = severity_metrics.ranking(truth, ratios, **metrics["bootstrap"])
    (folder / f"{name}.json").write_text(json.dumps(metrics))
    return tables, metrics


def arguments_of(folder, runs, methods=METHODS, **sections):
    arguments = ["--config-json", json.dumps({"methods": methods, **sections})]
    for method, seed in runs:
        for option in ("single", "predicted", "oracle"):
            arguments += [f"--{option}", method, str(seed), f"{folder}/{option}_{method}_{seed}.json"]
    return arguments


def tabulate(folder, runs, severities=(), **sections):
    arguments = arguments_of(folder, runs, **sections)
    compare_methods.main([*arguments, f"--out={folder}/comparisons.csv"])
    arguments.append(f"--comparisons={folder}/comparisons.csv")
    for method, seed in severities:
        files = (f"{folder}/severity_{method}_{seed}{rest}" for rest in ("_patients.csv", "_slices.csv", ".json"))
        arguments += ["--severity", method, str(seed), *files]
    outputs = [folder / f"table_{number}.csv" for number in range(2, 6)]
    for number, path in enumerate(outputs, start=2):
        arguments += [f"--out-table-{number}", str(path)]
    tabulate_results.main(arguments)
    return dict(enumerate(map(paper_tables.read, outputs), start=2))


@pytest.fixture
def results(tmp_path):
    values = {}
    for position, (method, seed) in enumerate([("sinfnet", 0), ("sinfnet", 1), ("ssinfnet", 0), ("ssinfnet_aug", 0)]):
        values[method, seed] = summary(tmp_path / f"single_{method}_{seed}.json", ["infection"], seed=position)
        for option in ("predicted", "oracle"):
            summary(tmp_path / f"{option}_{method}_{seed}.json", ["ggo", "overall"], seed=position + 10)
    return tmp_path, values


def ours(table, name, target="infection", metric="dice"):
    rows = table[(table["source"] == "ours") & (table["name"] == name)]
    (row,) = rows[(rows["target"] == target) & (rows["metric"] == metric)].to_dict("records")
    return row


def test_one_seed_gives_the_images_mean_error_and_interval(results):
    folder, values = results
    row = ours(tabulate(folder, [("ssinfnet", 0)])[2], "ssinfnet")
    dice = np.array(values["ssinfnet", 0]["infection"]["dice"])
    assert float(row["mean"]) == pytest.approx(dice.mean(), abs=1e-5)
    assert float(row["error"]) == pytest.approx(1.96 * dice.std(ddof=1) / np.sqrt(6), abs=1e-5)
    expected = bootstrap(dice, np.array(GROUPS), resamples=200, seed=0)
    assert (float(row["low"]), float(row["high"])) == pytest.approx(expected, abs=1e-5)
    assert (row["n"], row["groups"], row["seeds"], row["seed_sd"], row["chance"]) == ("6", "4", "1", "", "0.3")
    assert row["reference"] == row["difference"] == ""


def test_several_seeds_are_averaged_per_image(results):
    folder, values = results
    row = ours(tabulate(folder, [("sinfnet", 0), ("sinfnet", 1)])[2], "sinfnet")
    both = np.array([values["sinfnet", seed]["infection"]["dice"] for seed in (0, 1)])
    assert float(row["mean"]) == pytest.approx(both.mean(axis=1).mean(), abs=1e-5)
    assert float(row["error"]) == pytest.approx(1.96 * both.mean(axis=0).std(ddof=1) / np.sqrt(6), abs=1e-5)
    assert float(row["seed_sd"]) == pytest.approx(both.mean(axis=1).std(ddof=1), abs=1e-5)
    assert row["seeds"] == "2"


def test_pretext_is_compared_with_its_own_counterpart_only(results):
    folder, values = results
    table = tabulate(folder, [("sinfnet", 0), ("ssinfnet", 0), ("ssinfnet_aug", 0)])[2]
    row = ours(table, "ssinfnet")
    first, second = (np.array(values[name, 0]["infection"]["dice"]) for name in ("sinfnet", "ssinfnet"))
    assert row["reference"] == "SInfNet"
    assert float(row["difference"]) == pytest.approx((second - first).mean(), abs=1e-5)
    low, high = bootstrap(second - first, np.array(GROUPS), resamples=200, seed=0)
    assert (float(row["difference_low"]), float(row["difference_high"])) == pytest.approx((low, high), abs=1e-5)
    compared = comparisons.read(folder / "comparisons.csv").query("table == '2' and metric == 'dice'")
    pair = compared.query("name == 'ssinfnet' and reference == 'sinfnet'").to_dict("records")
    assert [(row["p"], row["p_holm"])] == [(found["p"], found["p_holm"]) for found in pair]
    assert ours(table, "ssinfnet_aug")["reference"] == ""  # no method has its augmentation without the pretext


def test_a_class_that_no_test_slice_has_is_said(results):
    folder, _ = results
    for path in folder.glob("predicted_*.json"):
        content = json.loads(path.read_text()) | {"images": 6}
        content["targets"]["ggo"]["without_foreground"] = {"truth": 6}
        content["per_image"]["values"]["ggo"]["dice"] = [None] * 6
        path.write_text(json.dumps(content))
    table = tabulate(folder, [("sinfnet", 0), ("ssinfnet", 0)])[3]
    row = ours(table, "sinfnet", target="ggo")
    assert (row["mean"], row["low"], row["n"], row["undefined"]) == ("", "", "0", "6")
    assert row["note"] == "no slice of the test part has GGO, so how well it is found is undefined"
    assert ours(table, "sinfnet", target="overall")["note"] == row["note"]


def test_undefined_values_are_counted(results):
    folder, _ = results
    summary(folder / "single_sinfnet_0.json", ["infection"], seed=0, undefined=(1, 4))
    row = ours(tabulate(folder, [("sinfnet", 0)])[2], "sinfnet", metric="auc")
    assert (row["n"], row["undefined"], row["chance"]) == ("4", "2", "0.5")


def test_published_rows_follow_ours_and_are_flagged(results):
    found = tabulate(results[0], [("sinfnet", 0)])
    assert list(found[3]["source"].drop_duplicates()) == ["ours", "published"]
    printed = found[3][found[3]["source"] == "published"]
    flagged = set(printed.loc[printed["note"].str.contains("identical in every digit"), "name"])
    assert flagged == {"sinfnet_aug04", "ssinfnet", "ssinfnet_aug"}
    assert found[4]["note"].str.startswith("oracle").all()
    assert not found[2]["note"].any()
    printed = found[2][(found[2]["source"] == "published") & (found[2]["name"] == "ssinfnet_aug")]
    assert printed.loc[printed["metric"] == "precision", "error"].item() == "0.045"


def judged(tables, name="sinfnet"):
    """The verdicts on the printed numbers of a method, by table, target and metric."""
    rows = [row | {"table": number} for number, table in tables.items() for row in table.to_dict("records")]
    rows = [row for row in rows if row["source"] == "published" and row["name"] == name]
    return {(row["table"], row["target"], row["metric"]): (row["verdict"], row["why"]) for row in rows}


@pytest.mark.parametrize(
    ("dice", "verdict"),
    [
        ([0.2, 0.5, 0.3, 0.5, 0.4, 0.4], ("agrees", "the printed value lies in our 95 % interval")),
        ([0.8, 0.9, 0.8, 0.9, 0.8, 0.9], ("better", "our 95 % interval lies above it")),
        ([0.1, 0.0, 0.1, 0.0, 0.1, 0.0], ("worse", "our 95 % interval lies below it")),
        ([None] * 6, ("undecided", "ours is undefined")),
    ],
)
def test_each_printed_number_has_a_verdict(results, dice, verdict):
    """Of six groups; the paper prints a Dice of 0.39."""
    folder, _ = results
    path = folder / "single_sinfnet_0.json"
    content = json.loads(path.read_text())
    content["per_image"] |= {"group": list("abcdef")}
    content["per_image"]["values"]["infection"]["dice"] = dice
    path.write_text(json.dumps(content))
    tables = tabulate(folder, [("sinfnet", 0)])
    found = judged(tables)
    assert found[2, "infection", "dice"] == verdict
    assert found[2, "infection", "precision"] == ("undecided", "ours is undefined")  # made-up runs have none
    assert found[5, "severity", "micro_f1"] == ("not attempted", paper_tables.NO_SEVERITY)
    assert set(judged(tables, "sinfnet_aug04").values()) == {
        ("not attempted", "no method sinfnet_aug04 in this run"),
        ("not attempted", paper_tables.NO_SEVERITY),
    }
    assert not any(ours(tables[2], "sinfnet")[column] for column in ("verdict", "why"))


def test_an_interval_of_few_groups_judges_no_printed_number(results):
    found = judged(tabulate(results[0], [("sinfnet", 0)]))  # of four groups
    assert found[2, "infection", "dice"] == ("undecided", "ours is of fewer than 5 groups")


def test_a_printed_severity_is_compared_with_slices_by_published_cutoffs(results):
    folder, _ = results
    _, metrics = severity(folder, "severity_sinfnet_0", 0)
    low, high = metrics["slices"]["published"]["intervals"]["micro_f1"]
    found = judged(tabulate(folder, [("sinfnet", 0)], [("sinfnet", 0)]))
    assert found[5, "severity", "micro_f1"][0] == ("better" if low > 0.285 else "worse" if high < 0.275 else "agrees")


def test_the_numbers_of_the_phantom_are_judged_by_nobody(results):
    folder, _ = results
    severity(folder, "severity_sinfnet_0", 0)
    runs = [("sinfnet", 0)], [("sinfnet", 0)]
    found = judged(tabulate(folder, *runs, labelled={"source": "phantom"}))
    assert set(found.values()) == {("not comparable", agreement.PHANTOM)}
    found = judged(tabulate(folder, *runs, labelled={"source": "medseg"}, patients={"source": "phantom"}))
    assert {verdict for (table, *_), (verdict, _) in found.items() if table == 5} == {"not comparable"}
    assert "not comparable" not in {verdict for (table, *_), (verdict, _) in found.items() if table != 5}


def test_an_external_method_is_named_as_such_and_is_nobodys_counterpart(results):
    folder, _ = results
    methods = {"nnunet": {"label": "nnU-Net", "external": {"infection": "x"}}, **METHODS}
    for option, source in (("single", "sinfnet"), ("predicted", "sinfnet"), ("oracle", "sinfnet")):
        (folder / f"{option}_nnunet_0.json").write_text((folder / f"{option}_{source}_0.json").read_text())
    table = tabulate(folder, [("nnunet", 0), ("ssinfnet", 0)], methods=methods)[2]
    assert ours(table, "nnunet")["note"] == paper_tables.EXTERNAL
    assert ours(table, "ssinfnet")["reference"] == ours(table, "ssinfnet")["note"] == ""


def test_severity_of_one_seed_is_what_its_metrics_say(results):
    folder, _ = results
    _, metrics = severity(folder, "severity_sinfnet_0", 0)
    table = tabulate(folder, [("sinfnet", 0)], [("sinfnet", 0)])[5]
    assert table.loc[0, "name"] == "majority"
    found = [
        (f"{unit}_{cutoffs}", metrics if unit == "patients" else metrics["slices"], cutoffs) for unit, cutoffs in UNITS
    ]
    for target, scores, cutoffs in found:
        for metric in paper_tables.SEVERITY_METRICS:
            row = ours(table, "majority" if cutoffs == "majority" else "sinfnet", target, metric)
            expected = [scores[cutoffs][metric], *scores[cutoffs]["intervals"][metric]]
            assert [float(row[column]) for column in ("mean", "low", "high")] == pytest.approx(expected, abs=1e-5)
    for metric, chance in (("auc_severe", "0.5"), ("spearman", "0")):
        row, expected = ours(table, "sinfnet", "patients", metric), metrics["predictors"]["ratio"][metric]
        assert {name: float(row[name]) for name in ("low", "high")} == pytest.approx(
            {name: expected[name] for name in ("low", "high")}, abs=1e-5
        )
        assert (row["n"], row["chance"], float(row["mean"])) == ("12", chance, pytest.approx(expected["value"]))


def test_severity_of_several_seeds_is_averaged_and_its_interval_draws_patients(results):
    folder, _ = results
    found = [severity(folder, f"severity_sinfnet_{seed}", seed) for seed in (0, 1)]
    table = tabulate(folder, [("sinfnet", 0)], [("sinfnet", 0), ("sinfnet", 1)])[5]
    row = ours(table, "sinfnet", "slices_fitted", "balanced_accuracy")
    values = [metrics["slices"]["fitted"]["balanced_accuracy"] for _, metrics in found]
    assert float(row["mean"]) == pytest.approx(np.mean(values), abs=1e-5)
    assert float(row["seed_sd"]) == pytest.approx(np.std(values, ddof=1), abs=1e-5)
    assert (row["seeds"], row["n"]) == ("2", "24")
    # Drawn by hand: the same patients with all of their slices, for both seeds.
    by_seed = [dict(list(tables["slices"].groupby("patient"))) for tables, _ in found]
    names = sorted(by_seed[0])
    drawn = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), size=200)
    means = []
    for counts in drawn:
        pooled = [
            pd.concat([one[name] for name, n in zip(names, counts, strict=True) for _ in range(n)]) for one in by_seed
        ]
        scores = [
            recall_score(one["score"], one["predicted_fitted"], average=None, labels=one["score"].unique())
            for one in pooled
        ]
        means.append(np.mean([score.mean() for score in scores]))
    assert [float(row["low"]), float(row["high"])] == pytest.approx(np.percentile(means, [2.5, 97.5]), abs=1e-5)
    auc = ours(table, "sinfnet", "patients", "auc_severe")
    assert 0 < float(auc["low"]) < float(auc["mean"]) < float(auc["high"]) <= 1


def test_seeds_that_scored_different_patients_are_named(results):
    folder, _ = results
    for seed in (0, 1):
        severity(folder, f"severity_sinfnet_{seed}", seed)
    path = folder / "severity_sinfnet_1_patients.csv"
    pd.read_csv(path).iloc[1:].to_csv(path, index=False)
    with pytest.raises(InputError, match=r"severity_sinfnet_1_patients.csv: scored others than .*0_patients"):
        tabulate(folder, [("sinfnet", 0)], [("sinfnet", 0), ("sinfnet", 1)])


def test_without_severity_stage_only_published_rows_and_a_note(results):
    table = tabulate(results[0], [("sinfnet", 0)])[5]
    assert set(table["source"]) == {"published"} and len(table) == 15
    assert set(table["note"]) == {paper_tables.NO_SEVERITY}


def test_without_classes_tables_3_and_4_hold_published_rows_and_a_note(results):
    folder, _ = results
    outputs = [f"--out-table-{number}={folder}/table_{number}.csv" for number in range(2, 6)]
    pd.DataFrame(columns=comparisons.COLUMNS).to_csv(folder / "comparisons.csv", index=False)
    outputs.append(f"--comparisons={folder}/comparisons.csv")
    single = ["--single", "sinfnet", "0", f"{folder}/single_sinfnet_0.json"]
    tabulate_results.main(["--config-json", json.dumps({"methods": METHODS}), *single, *outputs])
    for number in (3, 4):
        table = paper_tables.read(folder / f"table_{number}.csv")
        assert set(table["source"]) == {"published"}
        assert table["note"].str.contains(paper_tables.NO_CLASSES).all()


def test_defects_are_named(results):
    folder, _ = results
    with pytest.raises(InputError, match="method other is not in the config"):
        tabulate(folder, [("other", 0)])
    with pytest.raises(InputError, match="seed 'x' of method sinfnet"):
        tabulate(folder, [("sinfnet", "x")])
    summary(folder / "single_ssinfnet_0.json", ["infection"], seed=0, ids="tvwxyz")
    with pytest.raises(InputError, match=r"single_ssinfnet_0.json: scored on other images"):
        tabulate(folder, [("sinfnet", 0), ("ssinfnet", 0)])
    (folder / "single_sinfnet_0.json").write_text("{")
    with pytest.raises(InputError, match=r"single_sinfnet_0.json: cannot be read"):
        tabulate(folder, [("sinfnet", 0)])


@pytest.mark.parametrize(
    ("number", "method", "target", "metric", "mean", "error"),
    [
        (1, "ICTCF", "Training", "images", "6654", ""),
        (1, "Med-Seg", "Testing", "patients", "35", ""),
        (2, "Single SInfNet", "infection", "dice", "0.39", "0.059"),
        (2, "Single Self-SInfNet + data aug", "infection", "auc", "0.9785", "0.006"),
        (3, "SInfNet+data aug(0.5)", "consolidation", "recall", "0.47", "0.114"),
        (3, "SInfNet", "overall", "iou", "0.5", "0.038"),
        (4, "SSInfNet+data aug", "ggo", "precision", "0.86", "0.04"),
        (4, "SSInfNet", "overall", "precision", "0.86", "0.049"),
        (5, "SInfNet", "severity", "micro_f1", "0.28", ""),
    ],
)
def test_published_values(number, method, target, metric, mean, error):
    table = published.table(number).set_index(["method", "target", "metric"])
    row = table.loc[(method, target, metric)]
    assert (row["mean"], row["error"]) == (mean, error)


def test_published_rows_of_table_3_are_identical():
    table = published.table(3)
    lesions = table[table["target"].isin(["ggo", "consolidation"])]
    numbers = {method: rows[["mean", "error"]].to_numpy() for method, rows in lesions.groupby("method")}
    assert all(numbers[method].shape == (8, 2) for method in numbers)
    np.testing.assert_array_equal(numbers["SInfNet+data aug(0.4)"], numbers["SSInfNet"])
    np.testing.assert_array_equal(numbers["SSInfNet"], numbers["SSInfNet+data aug"])
    assert not np.array_equal(numbers["SSInfNet"], numbers["SInfNet"])
    assert not paper_tables.identical_methods(published.table(4))


@pytest.mark.parametrize("number", [3, 4])
def test_published_overall_is_the_mean_of_the_classes(number):
    """A check of the transcription: what the paper calls overall is the mean of three classes, to its rounding."""
    table = published.table(number)
    means = table.assign(mean=pd.to_numeric(table["mean"])).pivot(
        index=["method", "metric"], columns="target", values="mean"
    )
    means = means.dropna()
    assert len(means) == 16
    expected = means[["background", "ggo", "consolidation"]].mean(axis=1)
    np.testing.assert_allclose(means["overall"], expected, atol=0.0101)


def test_every_published_method_has_a_name():
    for number in range(2, 6):
        assert {published.name_of(method) for method in published.table(number)["method"]} == set(published.METHODS)
