"""What the numbers say, in plain words: questions, each with an answer that follows from the tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from ssinfnet.slices.labels import WORDS

PERCENT = "95\N{NO-BREAK SPACE}%"


class Finding(NamedTuple):
    """A question, its answer in a word or two, whether that is good news (None: open), and the numbers behind it."""

    question: str
    answer: str
    good: bool | None
    because: str


def findings(tables: Mapping[int, pd.DataFrame], severity: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """The findings of a run from its tables (2 to 5) and severity metrics (of which the first names the cut-offs)."""
    question = "Is {} found better than by the picture-blind baseline?"
    result = [better_than_chance(question.format("infection"), tables[2], "infection", "infection")]
    if (tables[3]["source"] == "ours").any():
        # One by one: their mean can beat chance by one class alone, the other never being found.
        for target, what in WORDS.items():
            result.append(better_than_chance(question.format(what), tables[3], target, what))
    result.append(pretext_helps(tables[2]))
    result.append(beats_majority(tables[5], severity[0]["headline"] if severity else None))
    return result


def better_than_chance(question: str, table: pd.DataFrame, target: str, what: str) -> Finding:
    """Yes where the whole interval of the mean Dice of every method lies above the picture-blind baseline."""
    rows = _ours(table, target, "dice")
    above = [_number(row["low"] or row["mean"]) > _number(row["chance"]) for row in rows]
    chance = max(_number(row["chance"]) for row in rows)
    scores = "; ".join(f"{row['method']} {_with_interval(row)}" for row in rows)
    because = (
        f"Mean Dice of {what} on {rows[0]['n']} test slices: {scores}. The picture-blind baseline reaches {chance:.3f}."
    )
    if not all(row["low"] for row in rows):
        because += " There are too few groups for an interval, so this compares the means alone."
    if all(above):
        return Finding(question, "Yes", True, because)
    if any(above):
        winners = ", ".join(row["method"] for row, good in zip(rows, above, strict=True) if good)
        return Finding(question, f"Only {winners}", None, because)
    return Finding(question, "Not shown", False, because)


def pretext_helps(table: pd.DataFrame) -> Finding:
    """Paired difference in Dice between each method and its counterpart without the pretext task."""
    question = "Does self-supervised pretraining help?"
    rows = [row for row in _ours(table, "infection", "dice") if row["difference"]]
    if not rows:
        because = "No two of the configured methods differ in the pretext task alone."
        return Finding(question, "Not tested", None, because)
    parts, signs = [], set()
    for row in rows:
        interval = "no interval, too few groups"
        sign = 0
        if row["difference_low"]:
            low, high = _number(row["difference_low"]), _number(row["difference_high"])
            interval = f"{PERCENT} interval {low:+.3f} to {high:+.3f}"
            sign = (low > 0) - (high < 0)
        signs.add(sign)
        pair = f"{row['method']} against {row['reference']}"
        parts.append(f"{pair}: {_number(row['difference']):+.3f} in mean Dice of the same slices ({interval})")
    because = "; ".join(parts) + "."
    seeds = int(rows[0]["seeds"])
    if seeds == 1:
        because += " With one seed the interval speaks of other patients, not of another training."
    else:
        because += f" Mean of {seeds} seeds."
    answers = {1: ("Yes", True), -1: ("No, it harms", False), 0: ("No difference shown", None)}
    return Finding(question, *(answers[signs.pop()] if len(signs) == 1 else ("It depends", None)), because)


def beats_majority(table: pd.DataFrame, cutoffs: str | None) -> Finding:
    """Accuracy and balanced accuracy of patients against the picture-blind baseline, at the cut-offs of the config."""
    question = "Is severity told better than by the picture-blind baseline?"
    if cutoffs is None:
        return Finding(question, "Not tested", None, "The severity stage is not configured.")
    names = {"micro_f1": "accuracy", "balanced_accuracy": "balanced accuracy"}
    base = {metric: _number(_ours(table, "patients_majority", metric)[0]["mean"]) for metric in names}
    parts, wins = [], []
    for row in _ours(table, f"patients_{cutoffs}", "micro_f1"):
        values = {
            metric: _number(found["mean"])
            for metric in names
            for found in _ours(table, f"patients_{cutoffs}", metric)
            if found["name"] == row["name"]
        }
        wins.append([values[metric] > base[metric] for metric in names])
        text = " and ".join(f"{name} {values[metric]:.3f}" for metric, name in names.items())
        (auc,) = (found for found in _ours(table, "patients", "auc_severe") if found["name"] == row["name"])
        ranking = f", AUC for severe or worse {_with_interval(auc)}" if auc["mean"] else ""
        parts.append(f"{row['method']} has {text}{ranking}")
    baseline = " and ".join(f"{name} {base[metric]:.3f}" for metric, name in names.items())
    because = (
        f"With {cutoffs} cut-offs, by patient: {'; '.join(parts)}. The picture-blind baseline, always the most "
        f"frequent class, has {baseline}."
    )
    if all(all(pair) for pair in wins):
        return Finding(question, "Yes", True, because)
    if any(any(pair) for pair in wins):
        return Finding(question, "In part", None, because)
    return Finding(question, "No", False, because)


def _ours(table: pd.DataFrame, target: str, metric: str) -> list[dict[str, str]]:
    chosen = (table["source"] == "ours") & (table["target"] == target) & (table["metric"] == metric)
    return table[chosen].to_dict("records")


def _with_interval(row: Mapping[str, str]) -> str:
    interval = f" ({PERCENT} interval {_number(row['low']):.3f} to {_number(row['high']):.3f})" if row["low"] else ""
    return f"{_number(row['mean']):.3f}{interval}"


def _number(text: str) -> float:
    return float(text)
