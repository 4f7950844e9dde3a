import json

import pandas as pd
import pytest
import scan_results

from ssinfnet.errors import InputError
from ssinfnet.scans import tables
from ssinfnet.severity.regions import VOLUME_REGIONS


def test_json_and_csv_of_a_scan_agree(tmp_path):
    result = scan_results.scored()
    tables.write_scan(tmp_path / "scan_1", result)
    told, table = tables.read_scan(tmp_path / "scan_1.json"), pd.read_csv(tmp_path / "scan_1.csv", index_col="part")
    assert list(table.index) == ["lungs", "right", "left", *VOLUME_REGIONS]
    assert told["measures"]["lungs"]["lung_ml"] == pytest.approx(9 * 180 * 0.02)
    for part, row in table.iterrows():
        group = "sides" if part in ("right", "left") else "regions"
        expected = told["measures"]["lungs"] if part == "lungs" else told["measures"][group][part]
        for column in ("lung_ml", "infected", "infected_ml", "ggo", "consolidation_ml"):
            assert row[column] == pytest.approx(expected[column], rel=1e-5), (part, column)
    assert told["severity"] == {
        **{"class": 1, "words": "severe", "by_seed": {"0": 1, "1": 2}, "ratio": 0.21},
        **{"cutoffs": "fitted", "right": 31, "given": 40},
    }
    assert ".0," not in (tmp_path / "scan_1.csv").read_text()  # a grade is a whole number


def test_a_scan_without_score_tells_why(tmp_path):
    tables.write_scan(tmp_path / "scan_2", scan_results.refused())
    told = tables.read_scan(tmp_path / "scan_2.json")
    assert told["scored"] is False and told["measures"] is None
    assert told["outcomes"][0]["code"] == "lungs_cut_off"
    assert len((tmp_path / "scan_2.csv").read_text().splitlines()) == 1


def test_another_file_is_refused(tmp_path):
    (tmp_path / "other.json").write_text(json.dumps({"format": "ssinfnet-scan/9"}))
    with pytest.raises(InputError, match="score the scan again"):
        tables.read_scan(tmp_path / "other.json")


@pytest.mark.parametrize("turned", [False, True])
def test_the_batch_has_a_row_for_every_scan(tmp_path, turned):
    results = [scan_results.scored().as_dict(), scan_results.refused().as_dict()]
    tables.write_batch(tmp_path / "scans.csv", results[:: -1 if turned else 1])
    table = pd.read_csv(tmp_path / "scans.csv").set_index("name")
    one, other = table.loc["scan_1"], table.loc["scan_2"]
    measures = results[0]["measures"]
    assert one["infected"] == pytest.approx(measures["lungs"]["infected"], rel=1e-5)
    assert one["right_infected"] == pytest.approx(measures["sides"]["right"]["infected"], rel=1e-5)
    assert one["right_posterior_first_grade"] == 1 and one["severity"] == 1
    assert (one["infected_low"], one["interval_coverage"]) == (pytest.approx(one["infected"] - 0.05, rel=1e-5), 0.9)
    assert other["refused"] == "lungs_cut_off" and pd.isna(other["infected"]) and not other["scored"]
    assert one["notes"] == "spacing_above_10_mm"


def test_a_batch_that_nothing_was_scored_of(tmp_path):
    tables.write_batch(tmp_path / "scans.csv", [scan_results.refused().as_dict()])
    assert pd.read_csv(tmp_path / "scans.csv")["scored"].tolist() == [False]
