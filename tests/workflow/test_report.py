"""The pages of a finished run as a person sees them: in a headless Chromium that reaches no network."""

import json
import re

import browser as chromium
import pandas as pd
import pytest

import write_summary

pytestmark = pytest.mark.skipif(
    chromium.find() is None, reason="no Chromium is installed; on Debian and Ubuntu: apt install chromium"
)
CLICK_REPORT = "[...document.querySelectorAll('a')].find((one) => one.innerText.trim() === '{}').click()"
OPEN_RESULT = (
    "[...document.querySelectorAll('tr')].find((one) => one.innerText.includes('{}')).querySelector('a').click()"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.Browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results"


@pytest.fixture(scope="module")
def pages(results, tmp_path_factory):
    """The pages by name; `wide` is a summary of three methods and three seeds with numbers as long as they get."""
    folder = tmp_path_factory.mktemp("wide")
    for number in (2, 3, 4, 5):
        table = pd.read_csv(results / f"tables/table_{number}.csv", dtype=str, keep_default_na=False)
        widen(table).to_csv(folder / f"table_{number}.csv", index=False)
    files = [f"--fingerprint={results}/split/fingerprint.json", f"--split={results}/split/split.csv"]
    files += ["--tables", *(f"{folder}/table_{number}.csv" for number in (2, 3, 4, 5))]
    files += ["--figures", *map(str, sorted((results / "figures").glob("*.png")))]
    files += [f"--counts={results}/parenchyma/counts.json"]
    files += ["--severity", "sinfnet", "0", f"{results}/sinfnet/seed0/severity/metrics.json"]
    out = [f"--out={folder}/summary.html", f"--out-numbers={folder}/summary.json"]
    sections = json.dumps({"segmentation": {"source": "phantom"}, "seeds": [0, 1, 2]})
    write_summary.main(["--config-json", sections, *files, *out])
    named = {"summary": results / "summary.html", "wide": folder / "summary.html", "cases": results / "cases.html"}
    return {name: path.as_uri() for name, path in named.items()}


def widen(table):
    """A table of results with a third method of a long name, three seeds, all intervals, and small p."""
    third = table[(table["source"] == "ours") & (table["name"] == "ssinfnet")].copy()
    third[["name", "method", "note"]] = ["ssinfnet_aug", "SSInfNet + data augmentation", "a note"]
    third.loc[third["reference"] != "", "reference"] = "SInfNet + data augmentation"
    table = pd.concat([table, third], ignore_index=True)
    scored = (table["source"] == "ours") & (table["name"] != "majority") & (table["mean"] != "")
    table.loc[scored, ["seeds", "low", "high"]] = ["3", "0.1234", "0.9876"]
    table.loc[scored & table["metric"].isin(["quadratic_kappa", "spearman"]), "low"] = "-0.1234"
    if not table["target"].str.startswith("patients").any():
        table.loc[scored, "error"] = "0.1234"
    compared = ["difference", "difference_low", "difference_high", "p", "p_holm"]
    table.loc[scored & (table["reference"] != ""), compared] = ["-0.1234", "-0.2345", "0.1234", "0.00012", "0.00049"]
    return table


def measure(browser):
    """How wide the window, the page, and each table with its frame are, and whether the frame says that it scrolls.

    `cut` are the cells and pictures of which a part cannot be seen.
    """
    return browser.run(
        """({
          window: document.documentElement.clientWidth,  // without the scroll bar
          page: document.documentElement.scrollWidth,
          tables: [...document.querySelectorAll('table')].filter((one) => one.checkVisibility()).map((one) => {
            const frame = one.closest('.scroll'), box = one.getBoundingClientRect();
            const place = frame.querySelector('.hint')?.getBoundingClientRect();
            return {
              name: frame.getAttribute('aria-label'), width: one.scrollWidth, right: box.right,
              frame: frame.clientWidth, content: frame.scrollWidth, edge: frame.getBoundingClientRect().right,
              focus: frame.tabIndex === 0 && frame.getAttribute('role') === 'region',
              hint: Boolean(place && place.height > 5 && place.left >= 0 && place.right <= innerWidth),
            };
          }),
          cut: [...document.querySelectorAll('th, td, img, svg[role=img], figure')].filter((one) => {
            const beyond = one.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
            return one.scrollWidth > one.clientWidth + 1 || (beyond && !one.closest('table'));
          }).map((one) => one.outerHTML.slice(0, 200)),
        })"""
    )


def look(browser, address):
    """What `measure` says of a page; of the case browser, of its two views together, with all that folds open."""
    browser.open(address)
    found = measure(browser)
    if browser.run("document.querySelector('#tab-tests') !== null"):
        browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = measure(browser)
        browser.run("document.querySelector('#tab-tests').click()")
        other = measure(browser)
        found["page"] = max(found["page"], other["page"])
        found["tables"] += other["tables"]
        found["cut"] += other["cut"]
    return found


def read_case(browser, frame=None):
    """The heading, the rows of the first table by method, and the captions of the pictures."""
    return browser.run(
        """({
          heading: document.querySelector('#case h2').innerText,
          about: document.querySelector('#case .head span').innerText,
          rows: Object.fromEntries([...document.querySelectorAll('#case table:not(details table) tbody tr')]
            .map((row) => [row.cells[0].innerText, [...row.cells].slice(1).map((cell) => cell.innerText)])),
          captions: [...document.querySelectorAll('#case figcaption')].map((one) => one.innerText),
          alternatives: [...document.querySelectorAll('#case [role=img]')].map((one) => one.getAttribute('aria-label')),
          paths: [...document.querySelectorAll('#case path:not(.under)')].map((one) => one.getAttribute('class')),
        })""",
        frame,
    )


def assert_quiet(browser):
    """No error, and nothing was asked of a network."""
    assert browser.errors == []
    assert {address.split(":")[0] for address in browser.requests} <= {"file", "data"}


@pytest.mark.parametrize("name", ["summary.html", "cases.html", "cases_sample.html"])
def test_pages_refer_to_nothing_outside(results, name):
    text = (results / name).read_text()
    places = re.findall(r"""(?:src|href|action|data)\s*=\s*["']?([^"'\s>]+)|url\(([^)]+)\)|@import\s*([^;]+)""", text)
    outside = [place for place in map("".join, places) if re.match(r"""["']?(?:[a-z]+:)?//""", place)]
    assert outside == []
    assert "default-src 'none'" in text


def test_summary_shows_verdict_tables_and_figures(browser, results):
    browser.open((results / "summary.html").as_uri())
    assert_quiet(browser)
    verdict = browser.run("document.querySelector('#verdict').innerText")
    numbers = json.loads((results / "summary.json").read_text())
    for finding in numbers["verdict"]:
        assert finding["question"] in verdict and finding["answer"] in verdict
    for number in (2, 3, 4, 5):
        assert browser.run(f"document.querySelectorAll('#table-{number} table tbody tr').length") > 3
    dice = numbers["results"]["infection"]["sinfnet"]["infection"]["dice"]["mean"]
    assert f"{dice:.3f}" in browser.run("document.querySelector('#table-2').innerText")
    assert browser.run("[...document.images].filter((one) => !one.naturalWidth || !one.alt).length") == 0
    assert browser.run("document.images.length") >= 6


def test_patients_show_what_the_tables_say(browser, results):
    browser.open((results / "cases.html").as_uri())
    assert_quiet(browser)
    people = pd.read_csv(results / "sinfnet/seed0/severity/patients.csv", dtype={"patient": str}).set_index("patient")
    seen = people[people["slices"] > 0]
    listed = browser.run("[...document.querySelectorAll('#list button')].map((one) => one.dataset.id)")
    assert sorted(listed) == sorted(seen.index)
    for patient in listed[:4]:
        browser.run(f"document.querySelector('[data-id=\"{patient}\"]').click()")
        case, row = read_case(browser), people.loc[patient]
        assert case["heading"] == f"Patient {patient}" and row["morbidity"] in case["about"]
        mean, _, fitted, published, _ = case["rows"]["SInfNet"]
        assert mean == ("none" if pd.isna(row["ratio_mean"]) else f"{row['ratio_mean']:.4f}")
        for shown, value in ((fitted, row["predicted_fitted"]), (published, row["predicted_published"])):
            assert shown == ("none" if pd.isna(value) else str(int(value)))
        assert len(case["captions"]) == row["slices"] and all(case["alternatives"])
    assert_quiet(browser)


def test_keys_filters_and_switches_work(browser, results):
    browser.open((results / "cases.html").as_uri())
    first = read_case(browser)
    browser.press("ArrowRight")
    assert read_case(browser)["heading"] != first["heading"]
    browser.press("ArrowLeft")
    assert read_case(browser) == first
    assert "lungs" in first["paths"]
    browser.press("l")
    assert "lungs" not in read_case(browser)["paths"] and not browser.run(
        "document.querySelector('#show-lungs').checked"
    )
    browser.press("m")
    assert browser.run("document.querySelector('#method').value") == "ssinfnet"

    def choose(control, value):
        browser.run(
            f"(document.querySelector('#{control}').value = '{value}',"
            f" document.querySelector('#{control}').dispatchEvent(new Event('change')))"
        )

    choose("class", "Severe")
    people = pd.read_csv(results / "ssinfnet/seed0/severity/patients.csv", dtype={"patient": str})
    severe = people[(people["morbidity"] == "Severe") & (people["slices"] > 0)].sort_values("ratio_mean")
    choose("sort", "ratio")
    listed = browser.run("[...document.querySelectorAll('#list button')].map((one) => one.dataset.id)")
    assert listed == list(severe["patient"][::-1])
    # The address holds the place.
    address, before = browser.run("location.href"), read_case(browser)
    browser.open(address)
    assert read_case(browser) == before and "lungs" not in before["paths"]
    choose("outcome", "none")
    assert browser.run("document.querySelectorAll('#list button').length") == severe["predicted_fitted"].isna().sum()
    assert_quiet(browser)


def test_rejected_slices_say_why(browser, results, tmp_path):
    """A slice that this run rejected, or where it rejected none, one that the page is told was rejected."""
    text = (results / "cases.html").read_text()
    changed = text.replace('"rejected": null', '"rejected": "area below 0.01"', 1)
    page = tmp_path / "rejected.html"
    page.write_text(changed)
    browser.open(page.as_uri())
    data = json.loads(browser.run("document.getElementById('data').textContent"))
    patient, reason = next(
        (one["id"], piece["rejected"]) for one in data["patients"] for piece in one["slices"] if piece["rejected"]
    )
    browser.open(f"{page.as_uri()}#view=patients&id={patient}")
    assert any(f"rejected: {reason}" in caption for caption in read_case(browser)["captions"])


def test_labelled_slices_show_truth_and_finds(browser, results):
    browser.open((results / "cases.html").as_uri())
    browser.run("document.querySelector('#tab-tests').click()")
    split = pd.read_csv(results / "split/split.csv", dtype=str)
    listed = browser.run("[...document.querySelectorAll('#list button')].map((one) => one.dataset.id)")
    assert sorted(listed) == sorted(split.loc[split["part"] == "test", "id"])
    metrics = json.loads((results / "sinfnet/seed0/single/metrics.json").read_text())["per_image"]
    case = read_case(browser)
    value = metrics["values"]["infection"]["dice"][metrics["id"].index(case["heading"].removeprefix("Slice "))]
    assert len(case["captions"]) == 4 and f"Dice {value:.3f}" in case["captions"][1]
    assert_quiet(browser)


@pytest.mark.parametrize("width", [1280, 1440])
@pytest.mark.parametrize("name", ["summary", "wide", "cases"])
def test_no_table_is_cut_off_on_a_screen(browser, pages, name, width):
    browser.resize(width, 900)
    try:
        found = look(browser, pages[name])
    finally:
        browser.resize(1280, 900)
    assert found["page"] <= found["window"] <= width
    assert found["tables"] and found["cut"] == []
    for table in found["tables"]:
        assert table["width"] <= table["frame"] and table["content"] <= table["frame"], table
        assert table["right"] <= table["edge"] <= width, table
        assert not table["hint"], table


@pytest.mark.parametrize("name", ["summary", "wide", "cases"])
def test_tables_scroll_in_their_frames_on_a_telephone(browser, pages, name):
    """And say so above, where they do; the page itself does not scroll sideways."""
    browser.resize(390, 800)
    try:
        found = look(browser, pages[name])
        if name == "wide":
            last = """(() => {
              const frame = document.querySelector('.scroll'), cell = frame.querySelector('thead th:last-child');
              frame.scrollLeft = frame.scrollWidth;
              return [frame.getBoundingClientRect().right - cell.getBoundingClientRect().right, frame.scrollLeft];
            })()"""
            gap, moved = browser.run(last)
            assert abs(gap) <= 1 and moved > 0
            assert measure(browser)["tables"][0]["hint"]  # it stays in sight
    finally:
        browser.resize(1280, 900)
    assert found["page"] <= found["window"] <= 390
    assert found["tables"] and found["cut"] == []
    for table in found["tables"]:
        assert table["edge"] <= 390 and table["focus"] and table["name"], table
        assert table["hint"] == (table["content"] > table["frame"]), table
    scrolling = [table for table in found["tables"] if table["hint"]]
    assert scrolling or name == "cases"


def test_arrow_keys_scroll_a_table_that_has_the_focus(browser, pages):
    """Where it is too wide; else they change the case, as everywhere on the page."""
    for width, stays in ((320, True), (1280, False)):
        browser.resize(width, 900)
        browser.open(pages["cases"])
        before = read_case(browser)["heading"]
        browser.run("document.querySelector('#case .scroll').focus()")
        browser.press("ArrowRight")
        assert (read_case(browser)["heading"] == before) == stays


@pytest.mark.parametrize("name", ["summary", "wide", "cases"])
def test_pages_fit_on_paper(browser, pages, name, tmp_path):
    """A4 upright, within its margins: no table, cell or picture is wider than the page, none higher."""
    browser.open(pages[name])
    browser.print(tmp_path / "page.pdf")
    boxes = re.findall(rb"/MediaBox \[([^]]*)\]", (tmp_path / "page.pdf").read_bytes())
    assert {tuple(round(float(side)) for side in box.split()) for box in boxes} == {(0, 0, 595, 842)}
    rules = """[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).flatMap((rule) =>
      rule instanceof CSSMediaRule && rule.conditionText === 'print' ? [...rule.cssRules] : [])
      .filter((rule) => rule instanceof CSSPageRule).map((rule) => rule.style.margin)"""
    (margin,) = browser.run(rules)
    down, across = (float(part.removesuffix("mm")) for part in margin.split())
    pixel = 25.4 / 96
    browser.paper(True)
    browser.resize(int((210 - 2 * across) / pixel), int((297 - 2 * down) / pixel))
    try:
        found = look(browser, pages[name])
        heights = browser.run(
            "[...document.querySelectorAll('figure, tr')].map((one) => one.getBoundingClientRect().height)"
        )
    finally:
        browser.paper(False)
        browser.resize(1280, 900)
    assert found["page"] <= found["window"]
    assert found["tables"] and found["cut"] == []
    for table in found["tables"]:
        assert table["width"] <= table["frame"] and table["right"] <= found["window"], table
        assert not table["hint"], table
    assert max(heights) <= (297 - 2 * down) / pixel


def test_snakemakes_report_shows_both_pages(browser, finished, tmp_path):
    """As one file, somewhere else."""
    finished.snakemake("--report", str(tmp_path / "report.html"), *finished.overlay("{}"))
    browser.open((tmp_path / "report.html").as_uri())
    browser.wait("document.body.innerText.includes('Start with')")
    browser.run(CLICK_REPORT.format("Summary"))
    browser.wait("document.body.innerText.includes('Case browser')")
    browser.run(OPEN_RESULT.format("Verdict and tables"))
    browser.wait("document.querySelectorAll('#table-5 table').length > 0", frame="data:text/html")
    browser.run(OPEN_RESULT.format("Case browser"))
    browser.wait("document.querySelectorAll('#list button').length > 1", frame="data:text/html")
    first = read_case(browser, "data:text/html")
    browser.run("document.querySelectorAll('#list button')[1].click()", frame="data:text/html")
    assert read_case(browser, "data:text/html")["heading"] != first["heading"]
    assert_quiet(browser)
