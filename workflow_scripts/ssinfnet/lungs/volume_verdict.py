"""Whether to trust the lungs of a scan, and what a reader of its numbers has to know of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage

from ssinfnet.config.cleaning import Cleaning
from ssinfnet.lungs.balls import Spacing
from ssinfnet.lungs.coarse import at_edge, dilate_flat, find_factors, find_nothing, sample
from ssinfnet.lungs.verdicts import KEPT, REJECTED

VOLUME_MEASURES = ("right_ml", "left_ml", "components", "balance", "top", "bottom", "border")
PIECE_ML = 1.0
"""Smaller pieces are not counted."""
CUT_OFF = 0.05
"""Share of their largest cross-section from which on lungs in the first or last slice are cut off there."""
LARGELY_CUT_OFF = 0.75, 1 / 3
"""That share of the cross-section, and that border contact, from which on much of the lungs is missing.

An ellipsoid that is cut where its cross-section is three quarters of the largest lacks 16 % of its volume, and one that
is cut at the largest a half. Round fields of view that touch a third of a made-up chest's lungs lack 10 %.
"""
LARGEST_ML = 12_000.0
"""No lungs hold more."""
ONE_LUNG = 0.05
"""Below this ratio of the smaller to the larger lung there is one."""
NOTE, REFUSED = "note", "refused"


class Finding(NamedTuple):
    """Something odd: its `code`, its `level` (`note`, or `refused` if it forbids a score), and a sentence."""

    code: str
    level: str
    text: str


@dataclass(frozen=True)
class VolumeVerdict:
    """`verdict` is kept or rejected, `reason` that of a rejection, else empty, in the words of the slices' cleaning."""

    verdict: str
    reason: str
    findings: tuple[Finding, ...]


def measure_volume(values: np.ndarray, lungs: np.ndarray, spacing: Spacing) -> dict[str, float | int]:
    """The measures of the lungs of a scan; all are 0 without lungs.

    `values` are HU, `lungs` the codes of `find_lungs` (1 right, 2 left), both (slices, rows, columns), slice 0 nearest
    the head; `spacing` in mm.

    - `right_ml`, `left_ml`: their volumes;
    - `components`: separate pieces of the right lung and of the left one, of at least 1 ml;
    - `balance`: the smaller lung's volume over the larger one's, 0 to 1;
    - `top`, `bottom`: area in the first and in the last slice over the largest of a slice, 0 to 1;
    - `border`: share of the slices' outlines that lies on the edge of the slice, or of what was measured of it, 0 to 1.
    """
    areas = np.stack([np.bincount(plane.ravel(), minlength=3)[1:3] for plane in lungs])
    if not areas.any():
        return dict.fromkeys(VOLUME_MEASURES, 0)
    right, left = (float(total) * float(np.prod(spacing)) / 1000 for total in areas.sum(axis=0))
    factors = find_factors(lungs.shape, spacing)
    coarse = sample(lungs, factors)
    voxel_ml = float(np.prod(spacing)) * float(np.prod(factors)) / 1000
    components = 0
    for code in (1, 2):
        sizes = np.bincount(ndimage.label(coarse == code)[0].ravel())[1:]
        components += int((sizes * voxel_ml >= PIECE_ML).sum())
    outline = np.stack([_outline(plane) for plane in coarse])
    # The method leaves out the voxel beside what was not measured, and the surface is a voxel wide.
    edge = at_edge(coarse.shape) | dilate_flat(find_nothing(sample(values, factors)), 2)
    either = areas.sum(axis=1)
    return {
        "right_ml": right,
        "left_ml": left,
        "components": components,
        "balance": min(right, left) / max(right, left),
        "top": float(either[0] / either.max()),
        "bottom": float(either[-1] / either.max()),
        "border": float((outline & edge).sum() / max(outline.sum(), 1)),
    }


def judge_volume(measures: dict[str, float | int], config: Cleaning) -> VolumeVerdict:
    """The verdict on lungs with these measures, and all findings, by the limits for slices that mean the same here.

    Codes: `no_lungs` and `lungs_too_large` are refused; `one_lung`, `lungs_uneven`, `lungs_cut_off`,
    `lungs_largely_cut_off` and `lungs_in_pieces` are notes, as the numbers then tell of less than two whole lungs but
    are no less right.
    """
    refused = list(_refusals(measures))
    if refused:
        reason, finding = refused[0]
        return VolumeVerdict(REJECTED, reason, (finding,))
    return VolumeVerdict(KEPT, "", tuple(_notes(measures, config)))


def _refusals(measures: dict[str, float | int]) -> Iterator[tuple[str, Finding]]:
    total = measures["right_ml"] + measures["left_ml"]
    if not total:
        reason = "no lungs found"
        text = f"{reason}: nothing looks like lung and is as large; is it a CT of the chest, in Hounsfield units?"
        yield reason, Finding("no_lungs", REFUSED, text)
    elif total > LARGEST_ML:
        reason = f"volume above {LARGEST_ML:,.0f} ml"
        text = f"{reason}: lungs of {total:,.0f} ml are none; are the spacing and the Hounsfield units right?"
        yield reason, Finding("lungs_too_large", REFUSED, text)


def _notes(measures: dict[str, float | int], config: Cleaning) -> Iterator[Finding]:
    sizes = {"right": measures["right_ml"], "left": measures["left_ml"]}
    larger, smaller = sorted(sizes, key=lambda side: -sizes[side])
    found = f"right {sizes['right']:,.0f} ml, left {sizes['left']:,.0f} ml"
    if measures["balance"] < ONE_LUNG:
        text = f"one lung: only the {larger} one was found ({found}); the {smaller} one may be missing, or without air"
        yield Finding("one_lung", NOTE, text)
    elif measures["balance"] < config.min_balance:
        text = f"left/right balance below {config.min_balance:g} ({found}): part of the {smaller} lung may be missing"
        yield Finding("lungs_uneven", NOTE, text)
    places = [
        f"at the {place} ({100 * measures[place]:.0f} % of their largest cross-section)"
        for place in ("top", "bottom")
        if measures[place] > CUT_OFF
    ]
    if measures["border"] > config.max_border:
        places.append(f"at the side (border contact above {config.max_border:g}: {measures['border']:.2f})")
    if places:
        section, border = LARGELY_CUT_OFF
        largely = max(measures["top"], measures["bottom"]) >= section or measures["border"] >= border
        text = f"the scan cuts off {'much' if largely else 'some'} of the lungs {' and '.join(places)}; volumes, shares"
        text += ", scores and thirds are of what it shows"
        yield Finding("lungs_largely_cut_off" if largely else "lungs_cut_off", NOTE, text)
    if measures["components"] > config.max_components:
        text = f"more than {config.max_components} components ({measures['components']}): look at the lungs' outlines"
        yield Finding("lungs_in_pieces", NOTE, text)


def _outline(plane: np.ndarray) -> np.ndarray:
    lung = (plane > 0).astype(np.uint8)
    return (lung & ~cv2.erode(lung, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)) > 0
