"""The model card of a bundle, Markdown: what the networks are and learned from, how good they are, and their limits.

Its parts follow Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ssinfnet.config.methods import Method
from ssinfnet.config.network import Network
from ssinfnet.evaluation import conformal
from ssinfnet.exchange.bundle import Content
from ssinfnet.exchange.bundle_content import SeedSeverity
from ssinfnet.slices.labels import LESIONS, NAMES, WORDS
from ssinfnet.slices.parts import PARTS

NO_DEVICE = "Research software, not a medical device. Do not use it to diagnose or treat anyone."
SYNTHETIC = (
    "**The networks have seen computed pictures of a phantom alone.** Use this bundle to try the programs, never on "
    "scans of people."
)
_METRICS = ("dice", "recall", "precision")
_ANSWERS = ("0", "1 (severe)", "2 (critically ill)")


def write(method: Method, seeds: Sequence[int], content: Content) -> str:
    """The card of a method with these seeds; the same content gives the same text."""
    parts = [
        f"# Model card: {_line(method.label)}",
        f"**{NO_DEVICE}**" + (f"\n\n{SYNTHETIC}" if content.data.synthetic else ""),
        *_networks(method, seeds, content),
        *_data(content),
        *_segmentation(content),
        *_severity(content),
        *_interval(content),
        *_limits(content),
    ]
    return "\n\n".join(parts) + "\n"


def _networks(method: Method, seeds: Sequence[int], content: Content) -> Iterator[str]:
    settings = content.settings
    single, multi = settings.single, settings.multi
    yield "## What it is"
    rows = [
        ("Infection", f"{_described(single.network)}, slices of {single.size} x {single.size}"),
        (
            "GGO and consolidation",
            f"{_described(multi.network)}, slices of {multi.size} x {multi.size}, "
            + ("with the infection map as its prior" if multi.network.prior else "without a prior")
            if multi
            else "not told apart",
        ),
        ("Trained", f"once for each seed: {', '.join(map(str, seeds))}"),
        ("Pretext task", method.pretext),
        ("Labels", "of all training slices" if method.labels in (None, "all") else f"of {method.labels} slices"),
        ("Self-training", method.self_training.teacher or "none"),
        ("Window", "{:g} HU is black, {:g} HU is white".format(*settings.window)),
        ("Infection unites", ", ".join(WORDS.get(NAMES[code], NAMES[code]) for code in settings.labels.infection)),
        (
            "Infected from a probability of",
            ", ".join(f"{one.value:.3f} (seed {seed})" for seed, one in sorted(content.thresholds.seeds.items())),
        ),
        ("Lungs", f"method {settings.parenchyma.method}"),
    ]
    yield _table(("", ""), rows)


def _described(network: Network) -> str:
    """A network by its name, backbone and width, as far as it has them."""
    backbone, width = getattr(network, "backbone", None), getattr(network, "width", None)
    return network.name + (f" on {backbone}" if backbone else "") + (f" of width {width}" if width else "")


def _data(content: Content) -> Iterator[str]:
    yield "## What it learned from"
    yield _table(
        ("data", "used for", "licence", "source"),
        [(one.name, one.used_for, one.licence, one.source) for one in content.data.sets],
    )
    splits = content.splits
    folds = f", with {splits.folds} test folds" if splits.folds else ""
    yield f"Labelled slices were split by {splits.by}{folds}; `split.json` has the SHA-256 of each split."
    rows = []
    for split in splits.splits:
        seeds = "all" if len(splits.splits) == 1 else ", ".join(map(str, split.seeds))
        for part in PARTS:
            held = split.fingerprint["parts"][part]
            rows.append((seeds, part, held["slices"], held["groups"], held["infected_slices"]))
    yield _table(("seeds", "part", "slices", "groups", "of them infected slices"), rows)
    if any(split.groups is None for split in splits.splits):
        yield "Groups are not named, as their names could be those of patients."


def _segmentation(content: Content) -> Iterator[str]:
    yield "## How good the masks are"
    yield (
        "On the test part. The picture-blind baseline is the best mean Dice of a mask that calls all pixels one thing. "
        "Intervals are of 95 %, by a bootstrap over groups."
    )
    rows = []
    for stage, targets in (("single", ("infection",)), ("multi", tuple(LESIONS))):
        for seed, summary in content.metrics[stage].items():
            for target in targets:
                found = summary["targets"][target]
                baseline = max((value for value in found["constant"].values() if value is not None), default=None)
                cells = [_with_interval(found["metrics"][name], "mean") for name in _METRICS]
                rows.append(
                    (WORDS.get(target, target), seed, *cells, _number(baseline), summary["images"], summary["groups"])
                )
    yield _table(("target", "seed", *_METRICS, "picture-blind Dice", "slices", "groups"), rows)


def _severity(content: Content) -> Iterator[str]:
    severity = content.severity
    yield "## How reliable the severity class is"
    if severity.seeds is None:
        yield "No patients were scored, so there are no cut-offs, and scans get no class."
        return
    yield (
        f"A scan's ratio is the mean probability of infection in the lungs of a slice, over its slices the "
        f"{severity.patient_ratio}; two cut-offs make classes 0, 1 (severe) and 2 (critically ill) of it. Of fitted "
        "cut-offs the numbers are cross-validated: no patient helped to fit those that classified them. Beside them "
        "the picture-blind baseline, which always answers the most frequent class."
    )
    rows = []
    for seed, one in sorted(severity.seeds.items()):
        cells = [_measure(one.reliability, name) for name in ("balanced_accuracy", "quadratic_kappa")]
        cutoffs = " and ".join(f"{value:.4g}" for value in one.cutoffs)
        blind = _number(one.majority["balanced_accuracy"])
        rows.append(
            (seed, f"{cutoffs} ({one.kind})", one.patients, *cells, blind, _with_interval(one.auc_severe, "value"))
        )
    yield _table(
        ("seed", "cut-offs", "patients", "balanced accuracy", "quadratic kappa", "picture-blind", "AUC of severe"), rows
    )
    yield _table(
        ("seed", *(f"right of those called {name}" for name in _ANSWERS)),
        [(seed, *map(_right, [one] * 3, range(3))) for seed, one in sorted(severity.seeds.items())],
    )


def _interval(content: Content) -> Iterator[str]:
    calibration = content.interval
    yield "## The interval of the infected share"
    yield conformal.GUARANTEE
    if calibration.torn:
        yield f"Here {calibration.torn} groups lie in several parts of the split, so nothing is promised."
    rows = []
    for table in calibration.tables:
        seeds, groups = ", ".join(map(str, table.seeds)), len(table.scores)
        for one in table.coverage:
            if one.radius is None:
                needed = f"none: 0 to 1, as {conformal.least(one.level)} groups are needed"
                rows.append((seeds, groups, f"{100 * one.level:g} %", needed, "", ""))
                continue
            tried = (
                f"{one.covered} of {one.groups} ({_number(one.low)} to {_number(one.high)})" if one.groups else "none"
            )
            expected = " to ".join(f"{end:.2f}" for end in one.expected or ())
            rows.append((seeds, groups, f"{100 * one.level:g} %", tried, expected, _number(one.mean_width)))
    yield _table(
        ("seeds", "validation groups", "level", "test groups covered", "expected, by so few groups", "mean width"), rows
    )
    first = calibration.tables[0]
    if first.slices and first.truth:
        yield (
            "The validation groups have {:g} to {:g} slices (median {:g}) and true shares from {:.3f} to {:.3f} "
            "(median {:.3f}).".format(*_ends(first.slices), *_ends(first.truth))
        )


def _limits(content: Content) -> Iterator[str]:
    yield "## Limits"
    lines = [
        "Scores and intervals are those of data like the data above. Scans of other scanners, protocols and diseases "
        "can be scored much worse without any sign of it.",
        "Networks find opacities, whatever their cause is.",
        "The share of lungs that are found badly is wrong with them: look at the masks.",
        "The interval was calibrated with lungs found slice by slice, on slices whose lungs are kept. Those of CT "
        "volumes are found in three dimensions, and shares of them can differ by a point or two. Where validation "
        "groups are single slices, it speaks of the share of a slice, not of a whole scan.",
    ]
    yield "\n".join(f"- {line}" for line in lines)


def _right(one: SeedSeverity, score: int) -> str:
    right, called = one.precision(score)
    return f"{right} of {called}"


def _measure(found: dict[str, Any], name: str) -> str:
    low, high = found["intervals"][name]
    return _with_interval({"value": found[name], "low": low, "high": high}, "value")


def _with_interval(found: dict[str, Any], key: str) -> str:
    if found[key] is None:
        return "undefined"
    if found["low"] is None:
        return _number(found[key])
    return f"{_number(found[key])} ({_number(found['low'])} to {_number(found['high'])})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _ends(spread: tuple[float, float, float]) -> tuple[float, float, float]:
    return spread[0], spread[2], spread[1]


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_line, line))} |" for line in lines)


def _line(value: Any) -> str:
    """A value within a table or heading: free text of a config cannot end its line or cell."""
    return " ".join(str(value).replace("|", "\\|").split())
