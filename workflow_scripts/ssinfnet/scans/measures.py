"""What a scored scan amounts to: volumes, shares and scores of the lungs, their sides, regions and lobes.

Infection and classes count inside the lungs alone. GGO and consolidation are of another network than infection, so
their sum need not be the infected volume.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.severity import regions
from ssinfnet.severity.regions import FINDINGS, REGIONS, VOLUME_REGIONS
from ssinfnet.slices.labels import LESIONS

SIDES = {"right": 1, "left": 2}
"""The codes of the patient's lungs."""
LOBES = {
    "left_upper_lobe": 1,
    "left_lower_lobe": 2,
    "right_upper_lobe": 3,
    "right_middle_lobe": 4,
    "right_lower_lobe": 5,
}
"""The codes of a lobe mask, as lungmask has them."""
CT_SS_BOUNDS = (0.05, 0.25, 0.5, 0.75)
"""Infected shares at which classes 2 to 5 of LungQuant's CT-SS begin (Lizzi et al., Int J CARS 17:229, 2022)."""
MOST_PER_LOBE = 5


@dataclass(frozen=True)
class Extent:
    """A part of the lungs in voxels, and the findings in it; those of classes are None where there is no class map.

    `voxel_ml` is the volume of a voxel, None where unknown.
    """

    voxel_ml: float | None
    lung: int
    infected: int
    ggo: int | None = None
    consolidation: int | None = None

    def share(self, finding: str) -> float | None:
        """Share of the part that has one of `FINDINGS`, 0 to 1; None without lung or class map."""
        count = getattr(self, finding)
        return None if count is None or not self.lung else count / self.lung

    def ml(self, what: str) -> float | None:
        """Volume in ml of the lung or of one of `FINDINGS`; None without a class map or a known size of voxels."""
        count = getattr(self, what)
        return None if count is None or self.voxel_ml is None else count * self.voxel_ml

    def as_dict(self) -> dict[str, float | None]:
        """`lung_ml`, and of each finding its share and its `_ml`; ready for JSON."""
        row: dict[str, float | None] = {"lung_ml": self.ml("lung")}
        for finding in FINDINGS:
            row |= {finding: self.share(finding), f"{finding}_ml": self.ml(finding)}
        return row


@dataclass(frozen=True)
class Measures:
    """A scan in numbers.

    `sides` has right and left; `regions` has the twelve of `VOLUME_REGIONS`, or the four of `REGIONS` where lungs are
    on fewer than three slices. `region_score` sums the `grades` (0, 1, 2; None without lung) of its `graded` regions.
    `ct_ss` is LungQuant's class, 1 to 5. `lobe_grades` (0 to 5; None for a lobe that is not there) and their sum
    `lobe_score` need a mask of lobes; without one they and `lobes` are empty and None. All scores are None without
    any lung.
    """

    lungs: Extent
    sides: dict[str, Extent]
    regions: dict[str, Extent]
    grades: dict[str, int | None]
    region_score: int | None
    graded: int
    ct_ss: int | None
    lobes: dict[str, Extent]
    lobe_grades: dict[str, int | None]
    lobe_score: int | None

    def parts(self) -> Iterator[tuple[str, Extent]]:
        """Every part with its name, the lungs first."""
        yield "lungs", self.lungs
        for group in (self.sides, self.regions, self.lobes):
            yield from group.items()

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""

        def graded(parts: dict[str, Extent], grades: dict[str, int | None]) -> dict[str, Any]:
            return {name: {**part.as_dict(), "grade": grades[name]} for name, part in parts.items()}

        return {
            "lungs": self.lungs.as_dict(),
            "sides": {name: part.as_dict() for name, part in self.sides.items()},
            "regions": graded(self.regions, self.grades),
            "region_score": {"value": self.region_score, "highest": 2 * self.graded, "regions": self.graded},
            "ct_ss": self.ct_ss,
            "lobes": graded(self.lobes, self.lobe_grades),
            "lobe_score": {
                "value": self.lobe_score,
                "highest": MOST_PER_LOBE * sum(grade is not None for grade in self.lobe_grades.values()),
            },
        }


def measure(
    lungs: np.ndarray,
    infection: np.ndarray,
    classes: np.ndarray | None,
    *,
    spacing: tuple[float, float, float] | None,
    least: float,
    lobes: np.ndarray | None = None,
) -> Measures:
    """The measures of a scan from arrays (slices, rows, columns) of one shape, head first, seen from the feet.

    `lungs` has the codes of `SIDES`, `infection` is bool, `classes` has the codes of `LESIONS` (None: no network tells
    them apart), `lobes` those of `LOBES`; `spacing` is in mm, None for pictures. `least` is the infected share below
    which a region or lobe counts as free. Thirds run from the first to the last slice with lung, so from apex to base,
    whatever else the scan shows. Raises `InputError` for a lobe mask of another shape or with other codes.
    """
    for name, array in (("infection", infection), ("classes", classes)):
        if array is not None and array.shape != lungs.shape:
            raise InputError(f"the {name} are {array.shape} and the lungs are {lungs.shape}")
    voxel_ml = None if spacing is None else float(np.prod(spacing)) / 1000
    filled = np.flatnonzero((lungs > 0).any(axis=(1, 2)))
    span = range(filled[0], filled[-1] + 1) if len(filled) else range(0)
    masks = [infection] if classes is None else [infection, *(classes == code for code in LESIONS.values())]
    by_slice = np.zeros((len(span), len(REGIONS), 1 + len(masks)), int)
    for place, position in enumerate(span):
        by_slice[place] = _count(lungs[position], [mask[position] for mask in masks])
    # Fewer than three slices have no thirds.
    pooled = regions.pool(by_slice, regions.thirds(len(span)) if len(span) >= 3 else [-1])
    names = VOLUME_REGIONS if len(pooled) == len(VOLUME_REGIONS) else REGIONS
    whole = pooled.sum(axis=0)
    grades = regions.grade(regions.shares(pooled)[:, 0], least)
    described = regions.describe(pooled, least, FINDINGS[: len(masks)])
    share = regions.shares(whole)[0]
    of_lobes = {} if lobes is None else _count_lobes(lobes, masks)
    lobe_grades = {name: grade_lobe(regions.shares(row)[0], least) for name, row in of_lobes.items()}
    known = [grade for grade in lobe_grades.values() if grade is not None]
    return Measures(
        lungs=_extent(whole, voxel_ml),
        sides={
            side: _extent(sum(row for name, row in zip(names, pooled, strict=True) if name.startswith(side)), voxel_ml)
            for side in SIDES
        },
        regions={name: _extent(row, voxel_ml) for name, row in zip(names, pooled, strict=True)},
        grades={name: _whole_number(grade) for name, grade in zip(names, grades, strict=True)},
        region_score=_whole_number(described["ct_score"]),
        graded=int(described["ct_regions"]),
        ct_ss=ct_ss(share),
        lobes={name: _extent(row, voxel_ml) for name, row in of_lobes.items()},
        lobe_grades=lobe_grades,
        lobe_score=sum(known) if known else None,
    )


def ct_ss(share: float) -> int | None:
    """LungQuant's CT-SS class of an infected share of the lungs: 1 below 5 %, then 2, 3, 4, and 5 from 75 % on.

    A share on a bound is of the class above it (Lizzi et al., Int J CARS 17:229, 2022); a share of 0 is class 1.
    """
    return None if np.isnan(share) else 1 + int(np.searchsorted(CT_SS_BOUNDS, share, side="right"))


def grade_lobe(share: float, least: float) -> int | None:
    """The grade of a lobe in the 25-point score, from its infected share; None for NaN.

    0 free (below `least`), 1 below 5 %, 2 from 5 to 25 %, 3 below 50 %, 4 from 50 to 75 %, 5 above: the five lobes of
    Pan et al. (Time course of lung changes, Radiology 295:715, 2020), whose grades are none, below 5 %, 5-25 %,
    26-49 %, 50-75 % and above 75 %, for whole percents as a radiologist estimates them by eye. What lies between them,
    above 25 and below 50 %, is grade 3 here. Theirs has no `least`: any lesion that the eye finds is grade 1.
    """
    if np.isnan(share):
        return None
    if share < least or share == 0:
        return 0
    return 1 + int(share >= 0.05) + int(share > 0.25) + int(share >= 0.5) + int(share > 0.75)


def _count(lungs: np.ndarray, findings: list[np.ndarray]) -> np.ndarray:
    """Pixels of each of `REGIONS` and of each finding in it, of one slice; the box around its lungs is enough."""
    inside = lungs > 0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return np.zeros((len(REGIONS), 1 + len(findings)), int)
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    region = regions.divide_sides(*((lungs[box] == code).astype(np.uint8) for code in SIDES.values()))
    return regions.count_pixels(region, [finding[box] for finding in findings])


def _count_lobes(lobes: np.ndarray, findings: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Voxels of each lobe and of each finding in it; the mask alone says where a lobe is."""
    if lobes.shape != findings[0].shape:
        raise InputError(
            f"the mask of lobes is {lobes.shape}, the scan is {findings[0].shape}; make it on the same scan"
        )
    most = max(LOBES.values())
    if lobes.min() < 0 or lobes.max() > most:
        raise InputError(f"the mask of lobes holds codes beyond 0 to {most}, as {lobes.max():g}; see docs/scans.md")
    total = np.zeros((most + 1, 1 + len(findings)), int)
    for position, codes in enumerate(lobes):
        columns = [codes, *(codes[finding[position]] for finding in findings)]
        total += np.stack([np.bincount(one.ravel().astype(np.intp), minlength=most + 1) for one in columns], axis=1)
    return {name: total[code] for name, code in LOBES.items()}


def _extent(row: np.ndarray, voxel_ml: float | None) -> Extent:
    return Extent(voxel_ml, *(int(count) for count in row))


def _whole_number(value: float) -> int | None:
    return None if np.isnan(value) else int(value)
