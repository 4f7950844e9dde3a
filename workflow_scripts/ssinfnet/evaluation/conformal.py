"""Intervals for the infected share of a scan, by split-conformal calibration on the validation groups.

A group (a volume, a patient) has a true share y and the shares p_s that the networks of the seeds s find. Shares are
compared as t(p) = arcsin(sqrt(p)): the error of a share grows with the share, most of all near 0 where most scans lie,
and this transform makes the spread of a proportion about the same everywhere (M. S. Bartlett, "The square root
transformation in analysis of variance", 1936). Unlike the logit it is finite for scans without any infection.

The score of a group is how far its true share lies outside of the shares found, max(min t(p_s) - t(y), t(y) - max
t(p_s)), and the interval of a new scan is [min t(p_s) - q, max t(p_s) + q], turned back: the conformalised interval of
Romano et al. (NeurIPS 2019) around the range of the seeds, so it is wider where seeds disagree. With one seed it is
t(p) -+ q.

q is the score of rank ceil((n + 1) * level) among n groups. If the new scan and these groups are exchangeable, as draws
from one population in random order are, the interval holds the true share with a probability of at least `level`,
whatever the networks are worth (Vovk et al., 2005; Lei et al., JASA 2018). The probability is over groups and scan
together, not for each kind of scan. Below level / (1 - level) groups there is no such rank, and the interval is [0, 1].

Best epoch and threshold are chosen on the same validation groups, which makes these a little better known than a new
scan. So the promise is not strict here, and the coverage on the test groups, on which nothing was chosen, is told.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field, field_validator
from scipy.special import betaincinv

from ssinfnet.config.base import Section

LEVELS = (0.8, 0.9, 0.95)
"""Whose coverage on the test groups is reported."""
LEVEL = 0.9
"""The level of an interval where nobody asks for another."""
GUARANTEE = (
    "An interval of level L holds the true share of a new scan with a probability of at least L, if that scan and the "
    "validation groups are exchangeable: drawn from one population, and alike to the networks. That is nearly so, not "
    "quite: nothing was trained on these groups, but the best epoch and the threshold were chosen on them. The "
    "coverage on the test groups, on which nothing was chosen, shows what it comes to. Nothing is promised for scans "
    "of another hospital, scanner or disease, nor for one kind of scan by itself, such as the severe ones."
)
_ENDS = (0.025, 0.975)


class Interval(NamedTuple):
    """Shares `low` and `high`, both 0 to 1, from `groups` groups; `text` says in a sentence what it is worth.

    It is [0, 1] and not `known` where the groups are too few for the `level`.
    """

    low: float
    high: float
    level: float
    groups: int
    known: bool
    text: str


class Coverage(Section):
    """How often intervals of a level hold the true share of test groups, with Clopper-Pearson's 95 % interval.

    `radius` is q of this level, of transformed shares; None where there are too few validation groups. `expected` are
    the percentiles 2.5 and 97.5 of the coverage that calibrations with as many groups have, by chance of these groups.
    """

    level: float = Field(gt=0, lt=1)
    radius: float | None = Field(ge=0)
    expected: tuple[float, float] | None
    groups: int = Field(ge=0)
    covered: int = Field(ge=0)
    share: float | None
    low: float | None
    high: float | None
    mean_width: float | None


class Table(Section):
    """A calibration for the networks of these `seeds` together: the sorted scores of the validation groups.

    `slices` and `truth` say what these groups are: least, median and largest number of slices and true share.
    """

    seeds: tuple[int, ...] = Field(min_length=1)
    scores: tuple[float, ...]
    left_out: int = Field(ge=0, description="validation groups without a slice whose lungs are kept")
    slices: tuple[float, float, float] | None
    truth: tuple[float, float, float] | None
    coverage: tuple[Coverage, ...]

    @field_validator("scores")
    @classmethod
    def _sorted(cls, scores: tuple[float, ...]) -> tuple[float, ...]:
        if list(scores) != sorted(scores):
            raise ValueError("must rise")
        return scores

    def radius(self, level: float) -> float | None:
        """q for a level between 0 and 1, at least 0; None where there are too few groups."""
        place = rank(len(self.scores), level)
        return None if place > len(self.scores) else max(self.scores[place - 1], 0.0)


class Calibration(Section):
    """All calibrations of a method: of the seeds together where they share a split, and of each seed alone.

    `torn` counts groups that lie in several parts of the split: with any, nothing is promised.
    """

    tables: tuple[Table, ...]
    torn: int = Field(ge=0)

    def interval(self, shares: Mapping[int, float], level: float = LEVEL) -> Interval:
        """The interval for a scan in which the network of each seed finds such a share, 0 to 1.

        `shares` are of some or all seeds. Where these seeds were not calibrated together, it is the hull of the
        intervals of each, which promises at least as much. Raises `KeyError` for a seed that was not calibrated.
        """
        found = {table.seeds: table for table in self.tables}
        seeds = tuple(sorted(shares))
        tables = [found[seeds]] if seeds in found else [found[(seed,)] for seed in seeds]
        groups, radii = min(len(table.scores) for table in tables), [table.radius(level) for table in tables]
        if None in radii:
            counted = f"{groups} validation group{'' if groups == 1 else 's'}"
            text = f"unknown: {counted}, and a {100 * level:g} % interval needs {least(level)}"
            return Interval(0.0, 1.0, level, groups, False, text)
        ends = [_ends([shares[seed] for seed in one.seeds], one.radius(level)) for one in tables]
        torn = f", though {self.torn} groups lie in several parts of the split" if self.torn else ""
        text = f"{100 * level:g} % interval, calibrated on {groups} validation groups{torn}"
        return Interval(min(low for low, _ in ends), max(high for _, high in ends), level, groups, True, text)


def calibrate(groups: pd.DataFrame, splits: Mapping[int, str], torn: int = 0) -> Calibration:
    """Calibrate on the shares of `shares.measure`; `splits` says by seed which split it has, `torn` as `Calibration`.

    Seeds with one split are calibrated together as well. Groups without a share are left out and counted.
    """
    seeds = tuple(sorted(splits))
    together = [seeds] if len(seeds) > 1 and len(set(splits.values())) == 1 else []
    alone = [(seed,) for seed in seeds]
    return Calibration(tables=tuple(_table(groups, chosen) for chosen in (*together, *alone)), torn=torn)


def report(calibration: Calibration) -> str:
    """The calibration as lines to read, one per set of seeds and level."""
    lines = []
    for table in calibration.tables:
        seeds = f"seed{'s' if len(table.seeds) > 1 else ''} {', '.join(map(str, table.seeds))}"
        lines.append(f"{seeds}: {len(table.scores)} validation groups, {table.left_out} more without lungs to trust")
        for one in table.coverage:
            if one.radius is None:
                lines.append(f"  {100 * one.level:g} %: unknown, as it needs {least(one.level)} groups")
            elif not one.groups:
                lines.append(f"  {100 * one.level:g} %: no test group to try it on")
            else:
                lines.append(
                    f"  {100 * one.level:g} %: {one.covered} of {one.groups} test groups covered "
                    f"({one.low:.2f} to {one.high:.2f}), {one.mean_width:.3f} wide on average"
                )
    return "\n".join(lines)


def transform(shares: Any) -> np.ndarray:
    """Shares in [0, 1] as t = arcsin(sqrt(share)), float in [0, pi / 2]."""
    return np.arcsin(np.sqrt(np.asarray(shares, dtype=np.float64)))


def rank(groups: int, level: float) -> int:
    """Which of the sorted scores of so many groups is q, from 1; more than `groups` where none is."""
    # Rounded, as 0.95 * 20 may come out just above 19.
    return math.ceil(round((groups + 1) * level, 9))


def least(level: float) -> int:
    """The fewest groups with which there is an interval of this level."""
    groups = max(1, math.floor(level / (1 - level)) - 1)
    while rank(groups, level) > groups:
        groups += 1
    return groups


def _table(groups: pd.DataFrame, seeds: tuple[int, ...]) -> Table:
    validation, test = (_of_part(groups, seeds, part) for part in ("validation", "test"))
    known = validation[validation["truth"].notna()]
    scores = tuple(np.sort(_scores(known, seeds)).tolist())
    bare = Table(
        seeds=seeds,
        scores=scores,
        left_out=len(validation) - len(known),
        slices=_spread(known["used"]),
        truth=_spread(known["truth"]),
        coverage=(),
    )
    tested = test[test["truth"].notna()]
    return bare.model_copy(update={"coverage": tuple(_coverage(bare, tested, level) for level in LEVELS)})


def _of_part(groups: pd.DataFrame, seeds: Sequence[int], part: str) -> pd.DataFrame:
    """A row per group of a part: used (slices), truth, and the share that each seed finds in a column of its number."""
    rows = groups[(groups["part"] == part) & groups["seed"].isin(seeds)]
    wide = rows.pivot(index="group", columns="seed", values="predicted").reindex(columns=list(seeds))
    # Truth and lungs are the same for all seeds.
    return wide.join(rows[rows["seed"] == seeds[0]].set_index("group")[["used", "truth"]])


def _scores(rows: pd.DataFrame, seeds: Sequence[int]) -> np.ndarray:
    found, truth = transform(rows[list(seeds)]), transform(rows["truth"])
    return np.maximum(found.min(axis=1) - truth, truth - found.max(axis=1)) if len(rows) else np.empty(0)


def _ends(shares: Sequence[float], radius: float) -> tuple[float, float]:
    ends = transform([min(shares), max(shares)]) + np.array([-radius, radius])
    low, high = np.sin(np.clip(ends, 0, np.pi / 2)) ** 2
    return float(low), float(high)


def _coverage(table: Table, tested: pd.DataFrame, level: float) -> Coverage:
    groups, radius = len(table.scores), table.radius(level)
    place = rank(groups, level)
    if radius is None:
        unknown = dict.fromkeys(("radius", "expected", "share", "low", "high", "mean_width"))
        return Coverage(level=level, groups=len(tested), covered=0, **unknown)
    covered = int((_scores(tested, table.seeds) <= radius).sum())
    low, high = _clopper_pearson(covered, len(tested))
    ends = [_ends(row, radius) for row in tested[list(table.seeds)].to_numpy()]
    return Coverage(
        level=level,
        radius=radius,
        # Given the calibration groups, the coverage has this beta distribution (Vovk, 2012).
        expected=tuple(float(betaincinv(place, groups + 1 - place, end)) for end in _ENDS),
        groups=len(tested),
        covered=covered,
        share=covered / len(tested) if len(tested) else None,
        low=low,
        high=high,
        mean_width=float(np.mean([high - low for low, high in ends])) if ends else None,
    )


def _clopper_pearson(right: int, total: int) -> tuple[float | None, float | None]:
    """The exact 95 % interval of a proportion; None where there is nothing."""
    if not total:
        return None, None
    low = float(betaincinv(right, total - right + 1, _ENDS[0])) if right else 0.0
    high = float(betaincinv(right + 1, total - right, _ENDS[1])) if right < total else 1.0
    return low, high


def _spread(values: pd.Series) -> tuple[float, float, float] | None:
    return (float(values.min()), float(values.median()), float(values.max())) if len(values) else None
