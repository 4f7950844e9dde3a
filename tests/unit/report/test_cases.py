import base64
import io
import json
import re

import browser
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import write_cases
from ssinfnet.errors import InputError
from ssinfnet.report import cases, cases_page, pages
from ssinfnet.slices import store

PATIENTS = ["p1", "p2", "p10"]
IDS = [f"{patient}_{number}" for patient in PATIENTS for number in range(10 if patient == "p10" else 1)]


def square(size, start, end):
    mask = np.zeros((size, size), np.uint8)
    mask[start:end, start:end] = 1
    return mask


def write_store(path, array, values):
    with store.create_store(path) as writer:
        for slice_id, value in values.items():
            group = slice_id.split("_")[0]
            arrays = value if array is None else {array: value}
            writer.add(slice_id, group=group, origin="made", **arrays)


@pytest.fixture
def files(tmp_path):
    """Two methods; the lesions are squares that `a` finds and `b` does not, and 10 of 12 slices are of one patient."""
    image = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    mask = square(32, 4, 8) + square(32, 20, 24) * 2
    write_store(tmp_path / "labelled.h5", None, {name: {"image": image, "mask": mask} for name in ("x_1", "y_1")})
    (tmp_path / "split.csv").write_text("id,group,part\nx_1,x,test\ny_1,y,test\n")
    write_store(tmp_path / "pictures.h5", "image", dict.fromkeys(IDS, np.full((600, 300), 90, np.uint8)))
    for number in (0, 1):
        write_store(tmp_path / f"lungs{number}.h5", "lungs", dict.fromkeys(IDS[number::2], square(32, 2, 30)))
    reasons = [{"id": name, "reason": "too <small>" if name == "p2_0" else ""} for name in IDS]
    pd.DataFrame(reasons).to_csv(tmp_path / "quality.csv", index=False)
    for method, found in (("a", 1), ("b", 0)):
        infection = (square(32, 4, 8) * np.float16(0.6) * found).astype(np.float16)
        classes = np.stack([np.full((32, 32), 0.5), square(32, 4, 8) * found, square(32, 20, 24) * found])
        write_store(tmp_path / f"{method}_single.h5", "infection", dict.fromkeys(("x_1", "y_1"), infection))
        write_store(tmp_path / f"{method}_multi.h5", "classes", dict.fromkeys(("x_1", "y_1"), classes.astype("f2")))
        for number in (0, 1):
            write_store(tmp_path / f"{method}{number}.h5", "infection", dict.fromkeys(IDS[number::2], infection))
        dice = {target: {"dice": [0.5, None]} for target in ("infection", "ggo", "consolidation")}
        metrics = {"threshold": {"value": 0.5}, "per_image": {"id": ["x_1", "y_1"], "values": dice}}
        metrics |= {"headline": "fitted", "patient_ratio": "mean", "counts": {}}
        metrics["cutoffs"] = {"published": [0.01, 0.5], "fitted": [0.1, 0.2]}
        (tmp_path / f"{method}.json").write_text(json.dumps(metrics))
        people = {"patient": [*PATIENTS, "p11"], "morbidity": ["Mild", "Se</script>vere", "Mild", "Mild"]}
        people |= {"score": [0, 1, None, 0], "slices": [1, 1, 10, 0], "kept_slices": [1, 0, 10, 0]}
        people |= {"ratio_mean": [0.123456, None, 0.3, None], "ratio_max": [0.2, None, 0.4, None]}
        people |= {"left_out": ["", "no slice kept", "no severity score", "no pictures"]}
        people |= {"predicted_published": [1, None, None, None], "predicted_fitted": [0, None, None, None]}
        pd.DataFrame(people | {"ct_score": [3, 0, 25, 0]}).to_csv(tmp_path / f"{method}_patients.csv", index=False)
        scores = {"id": IDS, "ratio": 0.25, "predicted_published": 1.0, "predicted_fitted": None}
        pd.DataFrame(scores).to_csv(tmp_path / f"{method}_slices.csv", index=False)
    return tmp_path


def write(folder, *, severity=True, source="phantom"):
    """The data of both pages and their text."""
    words = [f"--slices={folder}/labelled.h5", f"--split={folder}/split.csv"]
    for method in "ab":
        metrics = f"{folder}/{method}.json"
        words += ["--single", method, "0", f"{folder}/{method}_single.h5", metrics]
        words += ["--multi", method, "0", f"{folder}/{method}_multi.h5", metrics]
        if severity:
            words += ["--severity", method, "0", *(f"{folder}/{method}_{name}.csv" for name in ("patients", "slices"))]
            words += [metrics]
            for number in (0, 1):
                words += ["--infection", method, "0", f"{folder}/{method}{number}.h5"]
    if severity:
        words += [f"--pictures={folder}/pictures.h5", f"--quality={folder}/quality.csv"]
        words += ["--lungs", f"{folder}/lungs0.h5", f"{folder}/lungs1.h5"]
    config = {"methods": {"a": {"label": "Method A"}}, "patients": {"source": source}}
    out = [f"--out={folder}/cases.html", f"--out-sample={folder}/sample.html"]
    write_cases.main(["--config-json", json.dumps(config), *words, *out])
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("cases.html", "sample.html")]
    return [(data_of(text), text) for text in texts]


def data_of(text):
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


# --- records ----------------------------------------------------------------------------------------------------------


def test_page_holds_patients_with_ratio_scores_masks_and_reasons(files):
    (data, _), _ = write(files)
    people = {one["id"]: one for one in data["patients"]}
    assert set(people) == set(PATIENTS)  # p11 has no pictures
    first = people["p1"]["methods"]["a"]
    assert (first["ratio_mean"], first["ratio_max"], first["fitted"], first["published"]) == (0.1235, 0.2, 0, 1)
    assert first["more"] == {"ct_score": 3}
    assert people["p2"]["class"] == "Se</script>vere" and people["p2"]["score"] == 1
    assert people["p2"]["methods"]["a"]["left_out"] == "no slice kept"
    assert people["p2"]["slices"][0]["rejected"] == "too <small>" and people["p1"]["slices"][0]["rejected"] is None
    (one,) = people["p1"]["slices"]
    assert one["lungs"] == cases.outline(square(32, 2, 30))
    assert one["methods"]["a"] == {"ratio": 0.25, "published": 1, "fitted": None, "infection": "M4 4 4 7 7 7 7 4Z"}
    assert one["methods"]["b"]["infection"] == ""
    assert data["methods"] == [
        {"name": "a", "label": "Method A", "seed": 0, "threshold": 0.5},
        {"name": "b", "label": "b", "seed": 0, "threshold": 0.5},
    ]


def test_many_slices_of_a_patient_are_thinned_and_pictures_made_small(files):
    (data, _), _ = write(files)
    many = next(one for one in data["patients"] if one["id"] == "p10")
    shown = [one["id"] for one in many["slices"]]
    assert (len(shown), many["hidden"]) == (cases.MOST_SLICES, 2)
    assert shown[0] == "p10_0" and shown[-1] == "p10_9"
    kind, _, content = many["slices"][0]["image"].partition(",")
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert kind == "data:image/webp;base64" and picture.size == (cases.WIDTH, 2 * cases.WIDTH)
    assert (many["slices"][0]["width"], many["slices"][0]["height"]) == (300, 600)


def test_page_holds_truth_and_finds_of_the_test_slices(files):
    (data, _), _ = write(files)
    one = next(one for one in data["tests"] if one["id"] == "x_1")
    ggo, consolidation = "M4 4 4 7 7 7 7 4Z", "M20 20 20 23 23 23 23 20Z"
    assert one["truth"]["ggo"] == ggo and one["truth"]["consolidation"] == consolidation
    assert sorted(one["truth"]["infection"].split("Z")[:-1]) == sorted([ggo[:-1], consolidation[:-1]])
    assert one["methods"]["a"] == {
        **{"infection": ggo, "ggo": ggo, "consolidation": consolidation},
        "dice": {"infection": 0.5, "ggo": 0.5, "consolidation": 0.5},
    }
    assert one["methods"]["b"]["ggo"] == ""
    other = next(one for one in data["tests"] if one["id"] == "y_1")
    assert other["methods"]["a"]["dice"]["infection"] is None


def test_page_says_what_it_leaves_out(files):
    (_, text), _ = write(files)
    assert "All 3 patients with pictures are here" in text and "at most 8 slices" in text
    assert "come from the embedded phantom" in text
    (data, text), _ = write(files, severity=False, source="none")
    assert data["patients"] == [] and "patients with pictures" not in text and "phantom" not in text


def test_pages_are_repeatable(files):
    assert [text for _, text in write(files)] == [text for _, text in write(files)]


def test_missing_columns_and_shards_are_named(files):
    (files / "a_slices.csv").write_text("id,other\n")
    with pytest.raises(InputError, match=r"a_slices.csv: no column ratio"):
        write(files)


# --- room -------------------------------------------------------------------------------------------------------------


def test_patients_are_drawn_from_each_class_in_turn():
    frame = pd.DataFrame({"patient": list("abcdefgh"), "morbidity": ["Mild"] * 5 + ["Severe"] * 2 + [None]})
    order = cases.draw(frame)
    assert sorted(order) == list("abcdefgh")
    classes = frame.set_index("patient")["morbidity"].fillna("none")
    assert set(classes[order[:3]]) == {"Mild", "Severe", "none"} and set(classes[order[3:5]]) == {"Mild", "Severe"}


def test_records_are_taken_while_there_is_room():
    records = [{"text": "x" * 10}] * 3
    one = cases.size(records[0])
    assert one == len('{"text": "xxxxxxxxxx"}, ')
    assert [len(cases.take(records, budget)) for budget in (one - 1, one, 3 * one - 1, 99 * one)] == [0, 1, 2, 3]


def test_large_pages_stay_below_their_limits_and_the_sample_says_where_more_is():
    record = {"id": "x", "text": "é<&" * 1000}
    about = {"methods": [{"name": "a", "label": "A", "seed": 0, "threshold": 0.5}], "severity": {}}
    fewer = cases_page.sample([record] * 3000, [record] * 3000)
    text = cases_page.render(*fewer, of_patients=3000, of_tests=3000, fuller="cases.html", **about)
    assert min(map(len, fewer)) > 10 and len(text.encode()) <= pages.LARGEST_IN_REPORT
    assert "The file cases.html" in text and f"{len(fewer[0])} of 3,000 patients" in text
    plain = cases_page.render(*cases_page.sample([{"text": "x" * 999}] * 3000, []), of_patients=1, of_tests=1, **about)
    assert 0.9 * pages.LARGEST_IN_REPORT < len(plain.encode()) <= pages.LARGEST_IN_REPORT


def test_outline_of_a_single_pixel_and_of_nothing():
    assert cases.outline(square(9, 3, 4)) == "M3 3Z"
    assert cases.outline(square(9, 3, 3)) == ""


@pytest.mark.skipif(
    browser.find() is None, reason="no Chromium is installed; on Debian and Ubuntu: apt install chromium"
)
def test_a_method_without_maps_of_the_patients_is_offered_for_the_test_slices_alone(tmp_path):
    """As an external method may be; the first one, too."""
    scores = {"kept_slices": 1, "ratio_mean": 0.1, "ratio_max": 0.2, "fitted": 1, "published": 0, "left_out": None}
    patient = {"id": "p1", "class": "Severe", "score": 1, "hidden": 0, "slices": [], "methods": {"own": {**scores}}}
    patient["methods"]["own"]["more"] = {}
    found = {"dice": {"infection": 0.5}, "infection": ""}
    test = {"id": "s1", "group": "g", "width": 2, "height": 2, "image": "data:,", "truth": {"infection": ""}}
    test["methods"] = {"external": found, "own": found}
    methods = [{"name": name, "label": name, "seed": 0, "threshold": 0.5} for name in test["methods"]]
    cutoffs = {"published": [0.01, 0.5], "fitted": None}
    severity = {"own": {"headline": "published", "cutoffs": cutoffs, "patient_ratio": "mean"}}
    page = tmp_path / "cases.html"
    page.write_text(cases_page.render([patient], [test], of_patients=1, of_tests=1, methods=methods, severity=severity))
    offered = "[...document.querySelectorAll('#method option')].map((one) => one.value).join()"
    with browser.Browser(tmp_path / "profile") as tab:
        tab.open(page.as_uri())
        assert (tab.run(offered), tab.run("state.method")) == ("own", "own")
        tab.run("document.getElementById('tab-tests').click()")
        assert tab.run(offered) == "external,own"
        tab.run("show({method: 'external'})")
        tab.run("document.getElementById('tab-patients').click()")
        assert (tab.run("state.method"), tab.run("state.id")) == ("own", "p1")
        assert tab.errors == []
