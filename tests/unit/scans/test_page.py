import re

import pytest
import scan_results
from PIL import Image

from ssinfnet.scans import change, measures, page
from ssinfnet.scans.result import Method


def plain(path):
    """What a person reads, in one line."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", path.read_text(), flags=re.DOTALL).split())


@pytest.fixture
def overview(tmp_path):
    Image.new("RGB", (60, 40), "red").save(tmp_path / "overview.png")
    return tmp_path / "overview.png"


def test_a_page_tells_numbers_interval_reliability_and_notes(tmp_path, overview):
    result = scan_results.scored()
    page.write_scan(tmp_path / "scan.html", result, overview)
    text, share = plain(tmp_path / "scan.html"), 100 * result.measures.lungs.share("infected")
    assert f"Infected share {share:.1f} % {share - 5:.1f} % to {share + 10:.1f} % in 90 % of scans" in text
    assert "Lung volume 32.4 ml 5.5 ml infected" in text
    assert "severe 1 of 2 seeds say so; right in 31 of 40 in the test" in text
    assert "Its slices are 12 mm apart; volumes are coarse. (spacing_above_10_mm)" in text
    assert "Right posterior, upper third" in text and "Phantom" not in text and "not a medical device" in text
    assert "data:image/webp;base64," in (tmp_path / "scan.html").read_text()


def test_a_page_without_a_score_tells_why_and_escapes(tmp_path):
    page.write_scan(tmp_path / "scan.html", scan_results.refused())
    text = (tmp_path / "scan.html").read_text()
    assert "No score." in text and "40 % &lt;i&gt;; scan the whole chest." in text and "What the numbers" not in text


def test_a_page_asks_for_nothing(tmp_path, overview):
    """No address of another host, no script, and a policy that would refuse them."""
    page.write_scan(tmp_path / "scan.html", scan_results.scored(), overview)
    page.write_batch(tmp_path / "batch.html", [scan_results.scored().as_dict()], {})
    for name in ("scan", "batch"):
        text = (tmp_path / f"{name}.html").read_text()
        assert "default-src 'none'" in text and not re.search(r"https?://|<script|<link|@import|url\(", text)


def test_a_phantom_is_said_to_be_one(tmp_path):
    method = Method("SInfNet", "ab" * 32, (0,), synthetic=True)
    page.write_scan(tmp_path / "scan.html", scan_results.scored(method=method))
    page.write_batch(tmp_path / "batch.html", [scan_results.scored(method=method).as_dict()], {})
    for name in ("scan", "batch"):
        assert "computer-generated" in plain(tmp_path / f"{name}.html")


def test_without_interval_or_severity_that_is_said(tmp_path):
    page.write_scan(tmp_path / "scan.html", scan_results.scored(share_interval=None, coverage=None, severity=None))
    text = plain(tmp_path / "scan.html")
    assert "no interval" in text and "nothing says how sure" in text and "Severity" not in text


def test_a_change_is_shown_with_its_claim(tmp_path):
    later = scan_results.scored()
    earlier = scan_results.scored("scan_0").as_dict()
    earlier["infected_interval"] = {"low": 0.0, "high": 0.01, "coverage": 0.9}
    page.write_scan(tmp_path / "scan.html", later, comparison=change.compare(earlier, later.as_dict()))
    text = plain(tmp_path / "scan.html")
    assert "Since scan_0 The infected share has grown" in text and "in at least 80 % of cases" in text
    assert "+11.0 points to +27.0 points more" in text


def test_the_batch_lists_all_scans(tmp_path):
    results = [scan_results.scored().as_dict(), scan_results.refused().as_dict()]
    page.write_batch(tmp_path / "batch.html", results, {"scan_1": "scan_1/scan_1.html"})
    text = plain(tmp_path / "batch.html")
    assert "1 of 2 scans scored" in text and "severe, right in 31 of 40" in text
    assert "Without a score" in text and "Its lungs are cut off by 40 %" in text
    assert 'href="scan_1/scan_1.html"' in (tmp_path / "batch.html").read_text()


def test_pictures_have_no_columns_of_volumes(tmp_path):
    arrays = scan_results.arrays()
    found = measures.measure(*arrays, spacing=None, least=0.01)
    page.write_scan(tmp_path / "scan.html", scan_results.scored(measures=found, spacing=None, kind="pictures"))
    told = (tmp_path / "scan.html").read_text()
    assert ", ml</th>" not in told and ">Infected</th>" in told and ">GGO</th>" in told
    page.write_scan(tmp_path / "scan.html", scan_results.scored())
    assert ">Infected, ml</th>" in (tmp_path / "scan.html").read_text()
