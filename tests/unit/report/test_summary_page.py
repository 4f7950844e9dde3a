import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from safetensors.numpy import save_file

import write_summary
from ssinfnet.errors import InputError
from ssinfnet.figures import style
from ssinfnet.process import machine
from ssinfnet.report import findings as verdict
from ssinfnet.report import pages, paper_tables, published, summary_page
from ssinfnet.severity import metrics as severity_metrics
from ssinfnet.severity import scores as severity_scores

ROOT = Path(__file__).parents[3]

SEVERITY = {
    "headline": "fitted",
    "cutoffs": {"published": [0.01, 0.5], "fitted": [0.0712, 0.2]},
    "published": {"confusion_matrix": [[20, 5, 0], [4, 6, 0], [0, 3, 2]]},
    "counts": {
        "patients": 1342,
        "patients_scored": 40,
        "patients_predicted": 42,
        "patients_left_out": {"no severity score": 2},
        "slices": 126,
        "slices_scored": 120,
        "slices_left_out": {},
    },
}


def row(target, metric, mean, **others):
    values = {"source": "ours", "name": "sinfnet", "method": "SInfNet", "seeds": "1", "n": "9"}
    values |= {"target": target, "metric": metric, "mean": str(mean)}
    return values | {name: str(value) for name, value in others.items()}


def table(number, rows):
    printed = published.table(number).assign(source="published", note="")
    printed["name"] = [published.name_of(method) for method in printed["method"]]
    return (
        pd.concat([pd.DataFrame(rows), printed])
        .reindex(columns=paper_tables.COLUMNS)
        .astype(object)
        .fillna("")
        .astype(str)
    )


def results(*, low=0.6, chance=0.2, difference=None, balanced=0.5, auc=0.75):
    """Tables of two methods, as tabulate_results writes them."""
    first = row("infection", "dice", 0.7, groups=6, error=0.05, low=low, high=0.8, chance=chance)
    second = {**first, "name": "ssinfnet", "method": "SS<InfNet>"}
    if difference:
        names = ("difference", "difference_low", "difference_high")
        second |= {"reference": "SInfNet", **dict(zip(names, map(str, difference), strict=True))}
    lesions = [
        row("ggo", "dice", 0.5, groups=6, low=0.4, high=0.6, chance=0.3, note="some note"),
        row("consolidation", "dice", 0.5, groups=6, low=0.3, high=0.7, chance=0.5, note="some note"),
    ]
    majority = {"source": "ours", "name": "majority", "method": paper_tables.MAJORITY, "target": "patients_majority"}
    severity = [{**majority, "metric": name, "mean": "0.33"} for name in paper_tables.SEVERITY_METRICS]
    severity[0]["mean"] = "0.81"
    scores = dict.fromkeys(paper_tables.SEVERITY_METRICS, 0.5) | {"balanced_accuracy": 0.7}
    severity += [row("patients_fitted", name, value, low=balanced, high=0.95) for name, value in scores.items()]
    severity += [row("patients", "auc_severe", 0.83, low=auc, high=0.9, chance=0.5), row("patients", "spearman", 0.4)]
    return {2: table(2, [first, second]), 3: table(3, lesions), 4: table(4, lesions), 5: table(5, severity)}


# --- verdict ----------------------------------------------------------------------------------------------------------


def test_better_than_chance_asks_the_lower_end_of_the_interval():
    answers = {low: verdict.findings(results(low=low, chance=0.5), [SEVERITY])[0].answer for low in (0.6, 0.45, 0.5)}
    assert answers == {0.6: "Yes", 0.45: "Not shown", 0.5: "Not shown"}
    tables_by_number = results(low=0.6, chance=0.5)
    first = tables_by_number[2].index[0]
    tables_by_number[2].iloc[first, list(paper_tables.COLUMNS).index("low")] = "0.4"
    assert verdict.findings(tables_by_number, [SEVERITY])[0].answer == "Only SS<InfNet>"


def test_each_class_has_to_beat_chance():
    findings = verdict.findings(results(), [SEVERITY])
    assert [(finding.question, finding.answer) for finding in findings[1:3]] == [
        ("Is GGO found better than by the picture-blind baseline?", "Yes"),
        ("Is consolidation found better than by the picture-blind baseline?", "Not shown"),
    ]
    assert "reaches 0.500" in findings[2].because


@pytest.mark.parametrize(
    ("difference", "seeds", "answer"),
    [
        ((0.05, 0.01, 0.09), 3, "Yes"),
        ((-0.05, -0.09, -0.01), 3, "No, it harms"),
        ((0.05, -0.01, 0.11), 3, "No difference shown"),
        ((0.05, 0.01, 0.09), 1, "Better in this training"),
        ((-0.05, -0.09, -0.01), 1, "Worse in this training"),
        ((0.05, -0.01, 0.11), 1, "No difference shown"),
        ((0.05, "", ""), 1, "No difference shown"),
        (None, 1, "Not tested"),
    ],
)
def test_pretraining_is_judged_by_its_paired_interval(difference, seeds, answer):
    """And by several trainings, as the one of a single seed may lie on either side."""
    finding = verdict.pretext_helps(results(difference=difference)[2].assign(seeds=str(seeds)))
    assert finding.answer == answer
    if difference:
        assert f"{difference[0]:+.3f}" in finding.because
        assert ("interval speaks" in finding.because) == (seeds == 1)


@pytest.mark.parametrize(
    ("balanced", "auc", "answer"),
    [
        (0.5, 0.75, "Yes"),
        (0.3, 0.75, "In part"),
        (0.5, 0.45, "Not shown"),
        (0.3, 0.5, "Not shown"),
        (0.5, "", "Not shown"),
    ],
)
def test_severity_is_judged_by_the_intervals_of_the_ranking_and_of_balanced_accuracy(balanced, auc, answer):
    finding = verdict.beats_majority(results(balanced=balanced, auc=auc)[5], SEVERITY)
    assert finding.answer == answer
    assert "accuracy 0.810" in finding.because and "0.830" in finding.because


def test_intervals_of_a_few_groups_or_patients_are_not_judged():
    few = SEVERITY | {"published": {"confusion_matrix": [[20, 5, 0], [0, 2, 0], [0, 1, 1]]}}
    assert verdict.beats_majority(results()[5], few).answer == "Too few patients to tell"
    tables_by_number = results(difference=(0.05, 0.01, 0.09))
    tables_by_number[2].loc[tables_by_number[2]["source"] == "ours", "groups"] = "4"
    assert verdict.findings(tables_by_number, [SEVERITY])[0].answer == "Too few groups to tell"
    assert verdict.pretext_helps(tables_by_number[2]).answer == "No difference shown"
    without = results(low="")
    assert verdict.findings(without, [SEVERITY])[0].answer == "Too few groups to tell"


def shares_called_better(effect, simulations, counts=(20, 7, 3), resamples=200):
    """Shares of simulated studies called In part or Yes, and Yes; a ratio rises by `effect` with the score."""
    truth, patients = np.repeat([0, 1, 2], counts), np.arange(sum(counts))
    drawn = np.random.default_rng(0).multinomial(len(truth), np.full(len(truth), 1 / len(truth)), size=resamples)
    severe, others = drawn[:, truth > 0], drawn[:, truth == 0]
    majority = [row("patients_majority", name, 1 / 3) for name in ("micro_f1", "balanced_accuracy")]
    answers = []
    for seed in range(simulations):
        ratios = np.random.default_rng(seed).normal(size=len(truth)) + effect * truth
        # The AUC of all resamples at once: pairs of a severe patient and another one, weighted as often as drawn.
        right = (ratios[truth > 0][:, None] > ratios[truth == 0]).astype(float)
        areas = (severe @ right * others).sum(axis=1) / (severe.sum(axis=1) * others.sum(axis=1))
        low, high = np.percentile(areas, [2.5, 97.5])
        bounds = {"low": 1, "high": 1}
        if low > 0.5:  # else nothing hangs on the accuracy, which takes most of the time
            predicted = severity_scores.cross_validate(ratios, truth, patients, folds=3, seed=seed)
            found = severity_metrics.intervals(truth, [predicted], patients, resamples=resamples, seed=0)
            bounds = dict(zip(("low", "high"), found["balanced_accuracy"], strict=True))
        rows = [row("patients_fitted", name, 0.5, **bounds) for name in ("micro_f1", "balanced_accuracy")]
        rows += [row("patients", "auc_severe", 0.5, low=low, high=high), *majority]
        columns = ["source", "name", "method", "target", "metric", "mean", "low", "high"]
        answers.append(verdict.beats_majority(pd.DataFrame(rows, columns=columns).fillna(""), SEVERITY).answer)
    return [np.mean([answer in wanted for answer in answers]) for wanted in (("In part", "Yes"), ("Yes",))]


def test_a_ratio_that_knows_nothing_is_called_better_in_one_of_twenty_studies_at_most():
    better, yes = shares_called_better(0, 200, resamples=400)
    assert better <= 0.05 and yes <= 0.02


def test_a_ratio_that_knows_is_found():
    better, yes = shares_called_better(2, 25)
    assert better >= 0.95 and yes >= 0.7


def test_a_class_that_no_test_slice_has_is_not_tested():
    tables_by_number = results()
    tables_by_number[3].loc[tables_by_number[3]["target"] == "ggo", ["mean", "low", "high", "chance"]] = ""
    finding = verdict.findings(tables_by_number, [SEVERITY])[1]
    assert (finding.answer, finding.because) == ("Not tested", "No slice of the test part has GGO.")


def test_stages_left_out_are_not_judged():
    without = results() | {3: table(3, []), 5: table(5, [])}
    findings = verdict.findings(without, [])
    assert [finding.answer for finding in findings] == ["Yes", "Not tested", "Not tested"]


# --- page -------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Text, tags and outward links of a page; a tag that is not closed is an error."""

    VOID = ("meta", "img")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.text = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def files(tmp_path):
    for number, content in results(difference=(0.05, 0.01, 0.09)).items():
        content.to_csv(tmp_path / f"table_{number}.csv", index=False)
    lesions = {"ggo": 12345, "consolidation": 20, "effusion": 0}
    numbers = {"slices": 9, "groups": 4, "infected_slices": 7, "empty_slices": 2, "lesion_pixels": lesions}
    numbers["intensity_quantiles"] = {"0.05": 3, "0.5": 90}
    parts = dict.fromkeys(("test", "train", "validation"), numbers)
    (tmp_path / "fingerprint.json").write_text(json.dumps({"parts": parts, "total": numbers}))
    (tmp_path / "counts.json").write_text(json.dumps({"before": 6654, "after": 6613, "by_reason": {"too <small>": 41}}))
    (tmp_path / "severity.json").write_text(json.dumps(SEVERITY))
    (tmp_path / "split.csv").write_text("id,group,part\n")
    figure = Figure(figsize=(1, 1))
    for name in ("severity", "own_picture"):
        style.save(figure, tmp_path / f"{name}.png")
    return tmp_path


def write(folder, *more, source="phantom", splits=("split",), **config):
    sections = json.dumps({"labelled": {"source": source}, "seeds": [0], **config})
    paths = [f"{folder}/table_{number}.csv" for number in range(2, 6)]
    files = [f"--fingerprint={folder}/fingerprint.json", "--tables", *paths, *more]
    files += ["--split", *(f"{folder}/{name}.csv" for name in splits)]
    out = [f"--out={folder}/summary.html", f"--out-numbers={folder}/summary.json"]
    write_summary.main(["--config-json", sections, *files, *out])
    return Page((folder / "summary.html").read_text(encoding="utf-8"))


def test_page_is_whole_and_needs_no_network(files):
    pictures = ["--figures", f"{files}/severity.png", f"{files}/own_picture.png"]
    page = write(
        files, *pictures, f"--counts={files}/counts.json", "--severity", "sinfnet", "0", f"{files}/severity.json"
    )
    targets = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= targets
    outward = {link for link in page.links if not link.startswith(("#", "data:image/webp;base64,"))}
    assert outward == {"cases.html", "summary.json"}  # beside the page
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 2 and all(image["alt"] for image in images)
    words = page.words()
    for text in ("not a medical device", "6,654", "too <small> (41)", "1,342", "0.0712", "SS<InfNet>", "0.9605"):
        assert text in words
    assert "Table V." in words and "12,345" in words
    assert not [tag for tag, _ in page.tags if tag in ("infnet", "small", "script", "link")]  # escaped, no code


def test_page_names_the_phantom_only_when_it_is_one(files):
    assert "Phantom data" in write(files).words()
    assert "Phantom data" not in write(files, source="medseg").words()
    assert "the labelled slices come from the embedded phantom" in write(files).words()


def test_page_says_who_lies_turned_and_that_nobody_has_a_class(files):
    counts = {"before": 9, "after": 9, "by_reason": {}, "patients_by_spine": {"below": 3, "left": 2, "unclear": 1}}
    (files / "counts.json").write_text(json.dumps(counts))
    severity = SEVERITY | {"cutoffs": {"published": [0.01, 0.5], "fitted": None}, "headline": "published"}
    severity["counts"] = SEVERITY["counts"] | {"patients_scored": 0}
    (files / "severity.json").write_text(json.dumps(severity))
    table_5 = pd.read_csv(files / "table_5.csv", dtype=str, keep_default_na=False)
    table_5.loc[table_5["source"] == "ours", ["mean", "low", "high"]] = ""
    table_5.to_csv(files / "table_5.csv", index=False)
    page = write(files, f"--counts={files}/counts.json", "--severity", "sinfnet", "0", f"{files}/severity.json")
    words = page.words()
    for text in ("the pictures of 2 patients lie turned", "too few to fit any", "42 patients without a severity score"):
        assert text in words
    assert "No patient with a kept slice has a severity class" in words


def test_page_manages_without_severity_and_is_repeatable(files):
    table(5, []).to_csv(files / "table_5.csv", index=False)
    words = write(files).words()
    assert "The severity stage is not configured" in words and "left out of the severity stage" not in words
    first = (files / "summary.html").read_bytes()
    write(files)
    assert (files / "summary.html").read_bytes() == first


def test_split_is_named_by_its_hash(files):
    digest = hashlib.sha256(b"id,group,part\n").hexdigest()
    assert digest in write(files).words()
    assert json.loads((files / "summary.json").read_text())["split"]["sha256"] == digest


def test_page_says_how_a_cross_validation_was_done(files):
    assert "Cross-validation" not in write(files).words()
    for seed, text in enumerate(["test train validation", "train test validation"]):
        rows = [f"s{place},g{place},{part}" for place, part in enumerate(text.split())]
        (files / f"split{seed}.csv").write_text("\n".join(["id,group,part", *rows, ""]))
    words = write(files, splits=["split0", "split1"], split={"folds": 3}).words()
    assert "cut into 3 test folds" in words and "In all 2 of 3 slices were tested, once each" in words
    assert "of the first seed; every seed has another test part" in words
    assert "3-fold cross-validation, 1 trainings each: a slice has the mean of those that tested it" in words
    hashes = [hashlib.sha256((files / f"split{seed}.csv").read_bytes()).hexdigest() for seed in range(2)]
    assert all(one in words for one in hashes)
    found = json.loads((files / "summary.json").read_text())["split"]
    tested = {"slices": 3, "tested": 2, "least": 0, "most": 1}
    assert found == {"sha256": hashes, "folds": 3, "tested": tested}


def test_page_warns_of_groups_on_two_sides(files):
    assert "Groups on two sides" not in write(files).words()
    (files / "split.csv").write_text("id,group,part\na,<g>,train\nb,<g>,test\nc,h,validation\n")
    words = write(files, split={"by": "file"}).words()
    assert "Groups on two sides" in words and "<g> (train and test)" in words


def test_figures_get_smaller_until_the_page_fits_into_a_report(tmp_path):
    """Noise, which no format can compress, in more pixels than there is room for."""
    paths = [tmp_path / f"{name}.png" for name in "ab"]
    for path in paths:
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 1700, 3), dtype=np.uint8)).save(path)
    for budget, widest in ((10_000_000, 1600), (150_000, 1100)):
        uris = pages.figures(paths, budget)
        assert sum(map(len, uris)) <= budget
        with Image.open(io.BytesIO(base64.b64decode(uris[0].partition(",")[2]))) as image:
            assert image.width <= widest
        assert (image.width == 1600) == (budget == 10_000_000)


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_tables_with_what_they_depend_on(files):
    weights = files / "weights.safetensors"
    said = {"device": "cpu", "precision": "float32", "threads": "1", "torch": "2.13", "network": "left out"}
    save_file({"one": np.zeros(1)}, weights, metadata={"ssinfnet": json.dumps(said)})
    severity = ["--severity", "sinfnet", "0", f"{files}/severity.json", f"--counts={files}/counts.json"]
    (files / "regions.json").write_text('{"slices": 4}')
    regions = ["--regions", "sinfnet", "0", f"{files}/regions.json"]
    write(files, *severity, *regions, "--weights", "sinfnet", "0", "single", str(weights))
    numbers = json.loads((files / "summary.json").read_text())
    dice = numbers["results"]["infection"]["ssinfnet"]["infection"]["dice"]
    assert dice == {
        **{"mean": 0.7, "error": 0.05, "low": 0.6, "high": 0.8, "n": 9, "groups": 6, "chance": 0.2, "seeds": 1},
        **{"reference": "SInfNet", "difference": 0.05, "difference_low": 0.01, "difference_high": 0.09},
    }
    assert numbers["results"]["severity"]["majority"]["patients_majority"]["micro_f1"] == {"mean": 0.81}
    assert numbers["verdict"][0]["answer"] == "Yes"
    assert numbers["training"] == [{"method": "sinfnet", "seed": 0, "network": "single"} | said | {"network": "single"}]
    assert numbers["severity_runs"] == [{"method": "sinfnet", "seed": 0, **SEVERITY}]
    assert numbers["region_runs"] == [{"method": "sinfnet", "seed": 0, "slices": 4}]
    assert numbers["config"] == {"labelled": {"source": "phantom"}, "seeds": [0]} and numbers["seeds"] == [0]
    assert numbers["versions"]["packages"]["numpy"] == np.__version__
    assert numbers["hardware"]["cores"] >= 1 and numbers["lungs"]["after"] == 6613


def test_weights_that_are_none_are_named(files):
    with pytest.raises(InputError, match=r"counts.json: cannot be read as safetensors"):
        write(files, "--weights", "sinfnet", "0", "single", f"{files}/counts.json")


def test_the_commit_is_that_of_a_checkout_of_its_own():
    found = machine.commit()
    assert (found is not None) == (ROOT / ".git").exists()
    if found:
        assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", found)


def test_defects_are_named(files):
    with pytest.raises(InputError, match=r"lost.png: cannot be read"):
        write(files, "--figures", f"{files}/lost.png")
    with pytest.raises(InputError, match=r"counts.json: is not a PNG"):
        write(files, "--figures", f"{files}/counts.json")
    (files / "table_3.csv").write_text("a,b\n")
    with pytest.raises(InputError, match=r"table_3.csv: not a table of results"):
        write(files)


# --- tables of the page -----------------------------------------------------------------------------------------------


def test_a_difference_tells_its_p_before_and_after_correction():
    table = results(difference=(0.05, 0.01, 0.09))[2]
    table.loc[table["difference"] != "", ["p", "p_holm"]] = ["0.0123", "0.049"]
    (group,) = summary_page.groups(table)
    cell = next(cell for cell in group["rows"][-1]["cells"] if cell.mean)
    assert (cell.mean, cell.count) == ("+0.050", "p = 0.012, corrected 0.049")


def test_each_method_is_followed_by_its_published_row_and_the_difference_ends_the_group():
    (group,) = summary_page.groups(results(difference=(0.05, 0.01, 0.09))[2])
    kinds = [(row["kind"], row["label"]) for row in group["rows"]]
    assert kinds[:5] == [
        ("baseline", "Picture-blind baseline"),
        ("ours", "SInfNet"),
        ("published", "Single SInfNet"),
        ("ours", "SS<InfNet>"),
        ("published", "Single Self-SInfNet"),
    ]
    assert kinds[-1] == ("difference", "SS<InfNet> minus SInfNet")
    assert group["metrics"] == ["Dice (F1)", "IoU", "Recall", "Precision", "AUC"]
    cells = {row["label"]: row["cells"] for row in group["rows"]}
    assert cells["SInfNet"][0] == ("0.700", "0.050", "0.600 to 0.800", "")
    assert cells["Single SInfNet"][:2] == [("0.39", "0.059", "", ""), ("0.29", "0.053", "", "")]
    assert cells["SS<InfNet> minus SInfNet"][0].mean == "+0.050"
    assert cells["Picture-blind baseline"][0].mean == "0.200"


def test_verdicts_stand_below_printed_numbers_or_once_for_all_of_a_method():
    rows = table(2, [row("infection", "dice", 0.7)])
    rows["verdict"] = rows["why"] = ""
    first = (rows["source"] == "published") & (rows["name"] == "sinfnet")
    rows.loc[first, "verdict"] = ["better", "agrees", "worse", "undecided", "agrees"]
    rows.loc[(rows["source"] == "published") & (rows["name"] == "ssinfnet"), "verdict"] = "not attempted"
    rows.loc[(rows["source"] == "published") & (rows["name"] == "ssinfnet_aug"), "verdict"] = "not comparable"
    (group,) = summary_page.groups(rows)
    shown = {one["label"]: (one["detail"], [cell.count for cell in one["cells"]]) for one in group["rows"]}
    assert shown["Single SInfNet"] == ("", ["better", "agrees", "worse", "undecided", "agrees"])
    assert shown["Single Self-SInfNet"] == ("not attempted", [""] * 5)
    assert shown["Single Self-SInfNet + data aug"] == ("", [""] * 5)  # said once for the whole page
    assert shown["SInfNet"] == ("n = 9", [""] * 5)


def test_values_with_fewer_images_say_so():
    rows = [row("infection", "dice", 0.7, n=9), row("infection", "auc", 0.9, n=7), row("infection", "mae", "", n=0)]
    (group,) = summary_page.groups(table(2, rows))
    cells = next(row for row in group["rows"] if row["label"] == "SInfNet")["cells"]
    by_metric = dict(zip(group["metrics"], cells, strict=True))
    assert (by_metric["AUC"].count, by_metric["MAE"].mean, by_metric["Dice (F1)"].count) == ("n = 7", "undefined", "")


def test_majority_heads_the_severity_groups():
    groups = {group["title"]: group for group in summary_page.groups(results()[5])}
    head = groups["Patients, fitted cut-offs"]["rows"][0]
    assert (head["kind"], head["label"], head["cells"][0].mean) == ("baseline", "Picture-blind baseline", "0.810")
    assert head["detail"] == "always the most frequent class"
    other = groups["Patients, without cut-offs"]["rows"][0]
    assert (other["label"], other["detail"], other["cells"][0].mean) == ("Picture-blind baseline", "", "0.500")


def test_notes_get_marks_unless_they_hold_for_all_rows():
    rows = [row("infection", "dice", 0.7, note="x"), row("infection", "iou", 0.7, note="y"), row("infection", "auc", 1)]
    assert summary_page.remarks(pd.DataFrame(rows).fillna("")) == [("a", "x"), ("b", "y")]
    assert summary_page.remarks(pd.DataFrame(rows[:1])) == [("", "x")]
