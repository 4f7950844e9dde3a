"""What the numbers say, in plain words: questions, each with an answer that follows from the tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from ssinfnet.config.methods import Method
from ssinfnet.evaluation.seeds import without_pretext, without_self_training
from ssinfnet.report import agreement
from ssinfnet.report.agreement import FEWEST
from ssinfnet.slices.labels import WORDS

PERCENT = "95\N{NO-BREAK SPACE}%"


class Finding(NamedTuple):
    """A question, its answer in a word or two, whether that is good news (None: open), and the numbers behind it."""

    question: str
    answer: str
    good: bool | None
    because: str


class Unequal(NamedTuple):
    """A method whose comparison is of trainings of unequal length, and the sentence that says so."""

    method: str
    text: str


def findings(
    tables: Mapping[int, pd.DataFrame],
    severity: Sequence[Mapping[str, Any]],
    warnings: Sequence[Unequal] = (),
    *,
    methods: Mapping[str, Method] | None = None,
    folds: int | None = None,
) -> list[Finding]:
    """The findings of a run from its tables (2 to 5) and severity metrics (of which the first names the cut-offs).

    `warnings` are of comparisons that are not of the pretext task or of self-training alone; `folds` is `split.folds`.
    """
    question = "Is {} found better than by the picture-blind baseline?"
    result = [better_than_chance(question.format("infection"), tables[2], "infection", "infection")]
    if (tables[3]["source"] == "ours").any():
        # One by one: their mean can beat chance by one class alone, the other never being found.
        for target, what in WORDS.items():
            result.append(better_than_chance(question.format(what), tables[3], target, what))
    taught = _taught(tables[2], methods or {})
    others = [warning.text for warning in warnings if warning.method not in taught]
    result.append(pretext_helps(tables[2][~tables[2]["name"].isin(taught)], others, folds=folds))
    if taught:
        own = [warning.text for warning in warnings if warning.method in taught]
        result.append(self_training_helps(tables[2][tables[2]["name"].isin(taught)], own, folds=folds))
    result.append(beats_majority(tables[5], severity[0] if severity else None))
    return result + agrees_with_paper([tables[number] for number in sorted(tables)])


def better_than_chance(question: str, table: pd.DataFrame, target: str, what: str) -> Finding:
    """Yes where the whole interval of the mean Dice of every method lies above the picture-blind baseline.

    Without an interval, or with one from too few groups, there is no answer.
    """
    rows = _ours(table, target, "dice")
    if not any(row["mean"] for row in rows):
        return Finding(question, "Not tested", None, f"No slice of the test part has {what}.")
    above = [bool(row["low"]) and _number(row["low"]) > _number(row["chance"]) for row in rows]
    chance = max(_number(row["chance"]) for row in rows)
    scores = "; ".join(f"{row['method']} {_with_interval(row)}" for row in rows)
    because = (
        f"Mean Dice of {what} on {rows[0]['n']} test slices: {scores}. The picture-blind baseline reaches {chance:.3f}."
    )
    if any(_too_few_groups(row) for row in rows):
        because += f" With fewer than {FEWEST} groups an interval says too little to judge by."
        return Finding(question, "Too few groups to tell", None, because)
    if all(above):
        return Finding(question, "Yes", True, because)
    if any(above):
        winners = ", ".join(row["method"] for row, good in zip(rows, above, strict=True) if good)
        return Finding(question, f"Only {winners}", None, because)
    return Finding(question, "Not shown", False, because)


def pretext_helps(table: pd.DataFrame, warnings: Sequence[str] = (), *, folds: int | None = None) -> Finding:
    """Paired difference in Dice between each method and its counterpart without the pretext task, and `warnings`."""
    question = "Does self-supervised pretraining help?"
    nothing = "No two of the configured methods differ in the pretext task alone."
    return _difference_tells(question, table, warnings, folds) or Finding(question, "Not tested", None, nothing)


def self_training_helps(table: pd.DataFrame, warnings: Sequence[str] = (), *, folds: int | None = None) -> Finding:
    """Paired difference in Dice between each method with a student and its teacher, and `warnings`."""
    question = "Does self-training on slices without labels help?"
    nothing = "No method with a student has an infected test slice in common with its teacher."
    return _difference_tells(question, table, warnings, folds) or Finding(question, "Not tested", None, nothing)


def _taught(table: pd.DataFrame, methods: Mapping[str, Method]) -> set[str]:
    """The methods that a table compares with their teacher."""
    present = [name for name in dict.fromkeys(table.loc[table["source"] == "ours", "name"]) if name in methods]
    return {
        name
        for name in present
        if not without_pretext(name, methods, present) and without_self_training(name, methods, present)
    }


def _difference_tells(question: str, table: pd.DataFrame, warnings: Sequence[str], folds: int | None) -> Finding | None:
    """What the paired differences of the infection's Dice in a table answer; None where it has none."""
    rows = [row for row in _ours(table, "infection", "dice") if row["difference"]]
    if not rows:
        return None
    parts, signs = [], set()
    for row in rows:
        interval = "too few groups for an interval to judge by"
        sign = 0
        if row["difference_low"] and not _too_few_groups(row):
            low, high = _number(row["difference_low"]), _number(row["difference_high"])
            interval = f"{PERCENT} interval {low:+.3f} to {high:+.3f}"
            sign = (low > 0) - (high < 0)
        signs.add(sign)
        pair = f"{row['method']} against {row['reference']}"
        parts.append(f"{pair}: {_number(row['difference']):+.3f} in mean Dice of the same slices ({interval})")
    because = "; ".join(parts) + "."
    seeds = int(rows[0]["seeds"])
    if folds:
        because += (
            f" {folds}-fold cross-validation, {seeds} trainings each: a slice has the mean of those that tested it."
        )
    elif seeds == 1:
        because += (
            " With one seed the interval speaks of other patients, not of another training, which may turn the"
            " difference round: give several seeds to tell."
        )
    else:
        because += f" Mean of {seeds} seeds."
    because = " ".join([because, *(f"Warning: {warning}" for warning in warnings)])
    answers = {1: ("Yes", True), -1: ("No, it harms", False), 0: ("No difference shown", None)}
    if seeds == 1 and not folds:
        answers |= {1: ("Better in this training", None), -1: ("Worse in this training", None)}
    return Finding(question, *(answers[signs.pop()] if len(signs) == 1 else ("It depends", None)), because)


def beats_majority(table: pd.DataFrame, severity: Mapping[str, Any] | None) -> Finding:
    """Whether severity is told better than by the picture-blind baseline, by the cut-offs that `severity` names.

    In part where the ratio ranks patients better than by chance (the interval of the AUC lies above 0.5). Yes where
    the predicted scores also have a balanced accuracy whose interval lies above the majority's, which is one over the
    number of scores and so has none. Of ratios that know nothing 2 to 4 % pass the first (30 patients, 5 to 15 of them
    severe) and fewer both; where the first fails, balanced accuracy is no second try. Plain accuracy is shown and not
    judged: where most patients share a class, a good answer can have less of it.
    """
    question = "Is severity told better than by the picture-blind baseline?"
    if severity is None:
        return Finding(question, "Not tested", None, "The severity stage is not configured.")
    cutoffs, names = severity["headline"], {"micro_f1": "accuracy", "balanced_accuracy": "balanced accuracy"}
    majority = {metric: _ours(table, "patients_majority", metric)[0]["mean"] for metric in names}
    if not majority["micro_f1"]:
        because = "No patient with a kept slice has a severity class; predicted ones are in the tables of patients."
        return Finding(question, "Not tested", None, because)
    parts, ranks, tells = [], [], []
    for row in _ours(table, f"patients_{cutoffs}", "micro_f1"):
        (balanced,), (auc,) = (
            [found for found in _ours(table, target, metric) if found["name"] == row["name"]]
            for target, metric in ((f"patients_{cutoffs}", "balanced_accuracy"), ("patients", "auc_severe"))
        )
        ranks.append(_above(auc, 0.5))
        tells.append(ranks[-1] and _above(balanced, _number(majority["balanced_accuracy"])))
        text = f"accuracy {_number(row['mean']):.3f} and balanced accuracy {_with_interval(balanced)}"
        ranking = f", AUC for severe or worse {_with_interval(auc)}" if auc["mean"] else ""
        parts.append(f"{row['method']} has {text}{ranking}")
    baseline = " and ".join(f"{name} {_number(majority[metric]):.3f}" for metric, name in names.items())
    because = (
        f"With {cutoffs} cut-offs, by patient: {'; '.join(parts)}. The picture-blind baseline, always the most "
        f"frequent class, has {baseline}."
    )
    if (rarer := _rarer_side(severity)) < FEWEST:
        because += f" {rarer} patients on one side of severe are too few to judge by."
        return Finding(question, "Too few patients to tell", None, because)
    if all(tells):
        return Finding(question, "Yes", True, because)
    if any(ranks):
        return Finding(question, "In part", None, because)
    return Finding(question, "Not shown", False, because)


def agrees_with_paper(tables: Sequence[pd.DataFrame]) -> list[Finding]:
    """Whether ours agree with the printed numbers (`agreement.judge`), over all tables; empty where none was judged."""
    question = "Do the numbers agree with the printed ones?"
    counts = agreement.count(tables)
    if not counts:
        return []
    if set(counts) == {agreement.NOT_COMPARABLE}:
        reason = f"{agreement.PHANTOM[0].upper()}{agreement.PHANTOM[1:]}."
        return [Finding(question, "Not comparable", None, reason)]
    rule = f"A printed number agrees if it lies in our {PERCENT} interval; data and split are not the paper's."
    because = f"{agreement.told(tables)} {rule}"
    agree, others = counts[agreement.AGREES], counts[agreement.BETTER] + counts[agreement.WORSE]
    if not agree + others:
        return [Finding(question, "Not tested", None, because)]
    if not others:
        return [Finding(question, "Yes", True, because)]
    return [Finding(question, "In part" if agree else "No", None, because)]


def _rarer_side(severity: Mapping[str, Any]) -> int:
    """The patients that are severe or worse, or those that are not: the fewer."""
    others, *severe = (sum(row) for row in severity["published"]["confusion_matrix"])
    return min(others, sum(severe))


def _above(row: Mapping[str, str], value: float) -> bool:
    return bool(row["low"]) and _number(row["low"]) > value


def _too_few_groups(row: Mapping[str, str]) -> bool:
    """Whether there is no interval, or one from fewer than `FEWEST` groups."""
    return not row["low"] or int(row["groups"]) < FEWEST


def _ours(table: pd.DataFrame, target: str, metric: str) -> list[dict[str, str]]:
    chosen = (table["source"] == "ours") & (table["target"] == target) & (table["metric"] == metric)
    return table[chosen].to_dict("records")


def _with_interval(row: Mapping[str, str]) -> str:
    interval = f" ({PERCENT} interval {_number(row['low']):.3f} to {_number(row['high']):.3f})" if row["low"] else ""
    return f"{_number(row['mean']):.3f}{interval}"


def _number(text: str) -> float:
    return float(text)
