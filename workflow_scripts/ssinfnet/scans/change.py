"""Two scans of one patient: what has changed, and what may not be said to have changed.

Only the infected share has an interval, so only of it, and of the infected volume that follows from it, a change can be
claimed, and only where the interval of the change leaves zero out. The two intervals cover their true shares each with
its coverage; so both do with at least the sum of the coverages less one (Bonferroni), and then the true change lies
between the lowest later less the highest earlier share, and the reverse. That is wide: it takes no luck in the errors
of one patient's two scans for granted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ssinfnet.errors import InputError
from ssinfnet.severity.regions import FINDINGS

MORE, LESS, NO_CLAIM = "more", "less", "no claim"
BREATH = 0.15
"""Share by which lungs may differ in volume before it is said that the patient may have breathed in differently."""


@dataclass(frozen=True)
class Change:
    """One quantity of one part: earlier, later, later less earlier, the interval of that, and what may be claimed.

    `unit` is `ml` or `share` (0 to 1); numbers are None where they are not known.
    """

    part: str
    quantity: str
    unit: str
    earlier: float | None
    later: float | None
    change: float | None
    low: float | None
    high: float | None
    claim: str


@dataclass(frozen=True)
class Comparison:
    """All changes, the least coverage of their intervals (None without any), and what to mind."""

    earlier: str
    later: str
    coverage: float | None
    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    def headline(self) -> Change:
        """The change of the infected share of both lungs."""
        return next(one for one in self.changes if (one.part, one.quantity) == ("lungs", "infected"))

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "earlier": self.earlier,
            "later": self.later,
            "coverage": self.coverage,
            "notes": list(self.notes),
            "changes": [vars(one) for one in self.changes],
        }


def compare(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Comparison:
    """The change from one scan to a later one, both as `ScanResult.as_dict` gives them.

    Of both lungs, each lung and, where both scans have them, lobes. Regions are left out: their borders follow the
    lungs of each scan. Raises `InputError` where a scan has no score, or another bundle scored it.
    """
    for scan in (earlier, later):
        if not scan["scored"]:
            raise InputError(f"{scan['name']}: has no score, so nothing can be compared with it")
    if earlier["method"]["sha256"] != later["method"]["sha256"]:
        raise InputError(
            f"{earlier['name']}: was scored by another bundle than {later['name']}; score both by the same one"
        )
    coverages = [(scan["infected_interval"] or {}).get("coverage") for scan in (earlier, later)]
    known = all(coverage is not None for coverage in coverages)
    before, after = (_parts(scan["measures"]) for scan in (earlier, later))
    changes = [
        change
        for part in before
        if part in after
        for change in _changes(part, before[part], after[part], _intervals(part, earlier, later))
    ]
    return Comparison(
        earlier=earlier["name"],
        later=later["name"],
        coverage=max(0.0, sum(coverages) - 1) if known else None,
        changes=tuple(changes),
        notes=tuple(_notes(earlier, later, before["lungs"], after["lungs"])),
    )


def _parts(measures: Mapping[str, Any]) -> dict[str, Mapping[str, float | None]]:
    return {"lungs": measures["lungs"], **measures["sides"], **measures["lobes"]}


def _intervals(part: str, *scans: Mapping[str, Any]) -> list[tuple[float, float]] | None:
    """The intervals of the infected shares of both scans; there are such of both lungs only."""
    found = [scan["infected_interval"] for scan in scans]
    if part != "lungs" or None in found:
        return None
    return [(one["low"], one["high"]) for one in found]


def _changes(
    part: str,
    before: Mapping[str, float | None],
    after: Mapping[str, float | None],
    intervals: list[tuple[float, float]] | None,
) -> list[Change]:
    rows = [_change(part, "lung_ml", "ml", before, after, None)]
    for finding in FINDINGS:
        bounds = intervals if finding == "infected" else None
        rows.append(_change(part, finding, "share", before, after, bounds))
        volumes = [before["lung_ml"], after["lung_ml"]]
        if bounds is not None and None not in volumes:
            bounds = [(low * ml, high * ml) for (low, high), ml in zip(bounds, volumes, strict=True)]
        else:
            bounds = None
        rows.append(_change(part, f"{finding}_ml", "ml", before, after, bounds))
    return rows


def _change(
    part: str,
    quantity: str,
    unit: str,
    before: Mapping[str, float | None],
    after: Mapping[str, float | None],
    bounds: list[tuple[float, float]] | None,
) -> Change:
    values = before[quantity], after[quantity]
    change = None if None in values else values[1] - values[0]
    low = high = None
    claim = NO_CLAIM
    if bounds is not None and change is not None:
        (low_before, high_before), (low_after, high_after) = bounds
        low, high = low_after - high_before, high_after - low_before
        claim = MORE if low > 0 else LESS if high < 0 else NO_CLAIM
    return Change(part, quantity, unit, *values, change, low, high, claim)


def _notes(
    earlier: Mapping[str, Any],
    later: Mapping[str, Any],
    before: Mapping[str, float | None],
    after: Mapping[str, float | None],
) -> list[str]:
    notes = []
    volumes = [before["lung_ml"], after["lung_ml"]]
    if None in volumes:
        notes.append("pictures have no size: only shares are compared, of slices that may lie at other heights")
    elif min(volumes) > 0 and abs(volumes[1] / volumes[0] - 1) > BREATH:
        notes.append(
            f"the lungs have {volumes[1]:,.0f} ml after {volumes[0]:,.0f} ml: the patient may have breathed in"
            " differently, which changes densities and shares"
        )
    if earlier["infected_interval"] is None or later["infected_interval"] is None:
        notes.append("the bundle has no interval, so no change is claimed")
    if earlier["spacing_mm"] and later["spacing_mm"]:
        thick = [scan["spacing_mm"][0] for scan in (earlier, later)]
        if max(thick) > 2 * min(thick):
            notes.append(f"the slices are {thick[0]:g} and {thick[1]:g} mm apart: the scans differ in kind")
    return notes
