"""The rule by which printed numbers and ours are compared."""

import pandas as pd
import pytest

from ssinfnet.report import agreement, findings, paper_tables


def printed(mean="0.39", metric="dice", target="infection", name="sinfnet"):
    return {"name": name, "target": target, "metric": metric, "mean": mean}


def ours(low, high, metric="dice", **more):
    return [{"name": "sinfnet", "target": "infection", "metric": metric, "mean": 0.5, "low": low, "high": high} | more]


@pytest.mark.parametrize(
    ("value", "low", "high", "metric", "verdict"),
    [
        ("0.39", 0.3, 0.5, "dice", "agrees"),
        ("0.39", 0.394, 0.5, "dice", "agrees"),  # 0.39 may be 0.3949
        ("0.39", 0.396, 0.5, "dice", "better"),
        ("0.390", 0.394, 0.5, "dice", "better"),
        ("0.39", 0.1, 0.386, "dice", "agrees"),
        ("0.39", 0.1, 0.384, "dice", "worse"),
        ("0.39", 0.1, 0.2, "mae", "better"),  # less is better
        ("0.39", 0.5, 0.6, "mae", "worse"),
        ("1.0", 0.994, 0.998, "dice", "agrees"),
        ("1", 0.3, 0.4, "dice", "worse"),
    ],
)
def test_a_number_agrees_within_our_interval_and_its_own_rounding(value, low, high, metric, verdict):
    assert agreement.judge(printed(value, metric), ours(low, high, metric, groups=9)).verdict == verdict


def test_what_cannot_be_judged_says_why():
    rows = ours(0.3, 0.5)
    assert agreement.judge(printed(), rows, phantom=True) == ("not comparable", agreement.PHANTOM)
    assert agreement.judge(printed(), [], absent="no severity") == ("not attempted", "no severity")
    assert agreement.judge(printed(name="other"), rows) == ("not attempted", "no method other in this run")
    assert agreement.judge(printed(target="ggo"), rows) == ("undecided", "ours is undefined")
    assert agreement.judge(printed(), ours(None, None)) == ("undecided", "ours has no interval")
    assert agreement.judge(printed(), ours(0.3, 0.5, groups=4)).why == "ours is of fewer than 5 groups"


def table(*verdicts):
    rows = [{"source": "published", "verdict": verdict, "why": f"why {verdict}"} for verdict in verdicts]
    rows.append({"source": "ours"})
    return pd.DataFrame(rows).reindex(columns=paper_tables.COLUMNS).astype(object).fillna("")


@pytest.mark.parametrize(
    ("verdicts", "answer", "good"),
    [
        (["agrees", "agrees", "not attempted"], "Yes", True),
        (["agrees", "better"], "In part", None),
        (["worse", "better"], "No", None),
        (["not attempted", "undecided"], "Not tested", None),
        (["not comparable"] * 3, "Not comparable", None),
    ],
)
def test_the_verdict_of_the_page_sums_them_up(verdicts, answer, good):
    (finding,) = findings.agrees_with_paper([table(*verdicts), table(verdicts[0])])
    assert (finding.answer, finding.good) == (answer, good)


def test_a_sentence_counts_them_with_their_reasons():
    assert agreement.told([table("agrees", "agrees", "worse", "not attempted", "undecided")]) == (
        "Of 5 printed numbers ours agree with 2, are better in 0 and worse in 1; 1 is undecided (why undecided);"
        " 1 is not attempted (why not attempted)."
    )
    rows = table("agrees", "not attempted", "not attempted", "not attempted")
    rows["name"] = ["a", "b", "c", "b", ""]
    rows["why"] = [agreement.NO_METHOD.format(name) for name in rows["name"]]
    assert agreement.told([rows]).endswith("; 3 are not attempted (no method b, c in this run).")
    assert agreement.told([table("not comparable")]) == agreement.told([table()]) == ""
    assert findings.agrees_with_paper([table()]) == []
