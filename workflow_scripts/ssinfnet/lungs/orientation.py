"""Where a patient's spine lies in an axial slice, so that pictures that lie turned or upside down are noticed.

It asks the body alone, not the lungs: lungs are looked for right and left of the body's middle, so in a turned picture
they are found in pieces or not at all. A chest is wider than deep, and alike on both sides but not in front and behind,
which tells the axis of symmetry; bone on that axis is the spine at the back, against the thin breastbone in front.
Mirrored pictures are not told from others.
"""

import cv2
import numpy as np
import pandas as pd

from ssinfnet.lungs.body import find_body

SIDES = ("below", "left", "right", "above")
UNKNOWN = ""
EDGE = 128
"""Longer edge, in pixels, of the small picture that is looked at; it takes half a millisecond."""
ROUND = 0.1
"""Log of width over depth nearer to 0 than this is neither wide nor tall: a body cut off, or a picture made square."""
CLEAR = 0.2
"""Least difference between the bone at both ends of an axis, as a share of their sum, that counts."""


def spine_side(image: np.ndarray) -> str:
    """The side of a slice (uint8, H x W) on which the spine lies: one of `SIDES`, or `UNKNOWN` where it is not clear.

    `below` is upright. Left and right are those of the picture.
    """
    scale = EDGE / max(image.shape)
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    body, _, tissue = find_body(image)
    if not body.any():
        return UNKNOWN
    x, y, width, height = cv2.boundingRect(body)
    body, image = body[y : y + height, x : x + width], image[y : y + height, x : x + width]
    bone = np.where(body > 0, np.maximum(image.astype(float) - tissue - 8, 0), 0)
    down, right = _towards_the_end(bone), _towards_the_end(bone.T)
    wide, uneven = np.log(width / height), abs(down) - abs(right)
    if abs(wide) < ROUND:
        wide = uneven if abs(uneven) > CLEAR else 0.0
    elif wide * uneven < 0 and abs(uneven) > CLEAR:
        return UNKNOWN  # shape and bone tell of two axes
    if wide < 0:
        return "right" if right > 0 else "left"
    if wide == 0 or abs(down) <= CLEAR:
        return UNKNOWN
    return "below" if down > 0 else "above"


def of_groups(sides: pd.Series, groups: pd.Series) -> pd.Series:
    """The side by patient: that of most of its slices that tell one; `UNKNOWN` where none does, or sides are tied."""
    counts = pd.crosstab(groups, sides).reindex(columns=list(SIDES), fill_value=0)
    most = counts.max(axis=1)
    clear = (most > 0) & counts.eq(most, axis=0).sum(axis=1).eq(1)
    return counts.idxmax(axis=1).where(clear, UNKNOWN)


def _towards_the_end(bone: np.ndarray) -> float:
    """How much more bone lies near the vertical axis below than above, -1 to 1; 0 where there is none."""
    height, width = bone.shape
    band = bone[:, int(0.35 * width) : int(np.ceil(0.65 * width))]
    above, below = float(band[: height // 2].sum()), float(band[height - height // 2 :].sum())
    return (below - above) / (below + above) if above + below else 0.0
