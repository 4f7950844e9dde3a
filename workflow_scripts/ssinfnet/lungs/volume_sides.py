"""The two lungs of a scan, told apart, even where they touch."""

import numpy as np
from scipy import ndimage

from ssinfnet.lungs.balls import Spacing, dilate, erode

BOTH_SIDES = 0.2
"""A piece with at least this share on either side of the body's middle is both lungs."""
DEEPEST = 16.0
"""Radius of the largest ball that is tried to part the lungs, mm."""


def part(pieces: list[np.ndarray], middle: float, spacing: Spacing) -> np.ndarray:
    """Both lungs, uint8 (slices, rows, columns): 1 right, 2 left, 0 elsewhere.

    `pieces` are bool masks of that shape that do not overlap, column 0 on the patient's right, `middle` the column of
    the body's middle. A piece on both sides is cut where it is narrow; the others are of the side of their centroid, or
    if all lie on one side, of their place to each other.
    """
    result = np.zeros(pieces[0].shape, np.uint8)
    whole = []
    for piece in pieces:
        share = piece[..., : round(middle)].sum() / piece.sum()
        if BOTH_SIDES < share < 1 - BOTH_SIDES:
            result |= _cut(piece, middle, spacing)
        else:
            whole.append((float(piece.sum(axis=(0, 1)) @ np.arange(piece.shape[2]) / piece.sum()), piece))
    if not whole:
        return result
    largest = sorted(whole, key=lambda pair: int(pair[1].sum()))[-2:]
    centres = [centre for centre, _ in largest]
    shifted = not result.any() and len(largest) == 2 and (min(centres) > middle or max(centres) < middle)
    if shifted and largest[0][1].sum() >= BOTH_SIDES * largest[1][1].sum():
        middle = sum(centres) / 2
    for centre, piece in whole:
        result[piece] = 1 + (centre > middle)
    return result


def _cut(piece: np.ndarray, middle: float, spacing: Spacing) -> np.ndarray:
    """A piece that is both lungs: codes as in `part`."""
    box = ndimage.find_objects(piece.astype(np.uint8))[0]
    # Erosion must not take the box for the end of the scan.
    member, middle = np.pad(piece[box].astype(np.uint8), 1), middle - box[2].start + 1
    columns = np.arange(member.shape[2])
    halves = np.zeros(member.shape, np.uint8)
    step = min(spacing[1:])
    for radius in np.arange(step, DEEPEST + step, step):
        core = erode(member, float(radius), spacing)
        labels, count = ndimage.label(core)
        sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        order = np.argsort(-sizes, kind="stable")[:2] + 1
        if count >= 2 and sizes[order[1] - 1] >= BOTH_SIDES * sizes[order[0] - 1]:
            centres = [float((labels == one).sum(axis=(0, 1)) @ columns) / sizes[one - 1] for one in order]
            if min(centres) < middle < max(centres):
                for one, centre in zip(order, centres, strict=True):
                    halves[labels == one] = 1 + (centre > middle)
                break
    else:
        halves[:] = member * (1 + (columns > middle)).astype(np.uint8)
    _grow(halves, member)
    # What is out of reach of both.
    rest = (member > 0) & (halves == 0)
    halves[rest] = np.broadcast_to(1 + (columns > middle), member.shape)[rest]
    result = np.zeros(piece.shape, np.uint8)
    result[box] = halves[1:-1, 1:-1, 1:-1]
    return result


def _grow(halves: np.ndarray, member: np.ndarray) -> None:
    """Let the codes in `halves` grow into `member` voxel by voxel, both at one pace, as far as they get."""
    reached = True
    while reached:
        grown = [dilate((halves == code).astype(np.uint8), 1.0, (1.0, 1.0, 1.0)) for code in (1, 2)]
        free = (member > 0) & (halves == 0)
        reached = False
        for code, mask in enumerate(grown, start=1):
            new = free & (halves == 0) & (mask > 0)
            halves[new] = code
            reached |= bool(new.any())
