"""The lungs of a CT scan in Hounsfield units, in three dimensions, right and left told apart.

On a grid of about 1.5 mm: air in the body, without what joins the air around it slice by slice; its pieces that are
large enough and hold blood; without trachea and main bronchi; parted into right and left; dense lesion at the chest
wall added and the hilum closed with a ball, as in the method for slices. The fine grid gives the surface.
"""

import cv2
import numpy as np
from scipy import ndimage

from ssinfnet.lungs import volume_sides
from ssinfnet.lungs.airways import find_airways
from ssinfnet.lungs.balls import Spacing, close, dilate, erode
from ssinfnet.lungs.body import disk, fill_holes, largest_component
from ssinfnet.lungs.coarse import LUNG, Coarse, at_edge, dilate_flat, label_flat, reduce, refine
from ssinfnet.lungs.wall import lesion_at_wall

BALL = 8.5
"""Radius of the ball that closes vessels and lesion, mm."""
SKIN = 3.5
"""What is nearer to the surface of the body is no lung, mm."""
OUTER_AIR = -920.0
"""HU: air that reaches the edge of a slice and is darker, on average, is air around the patient."""
THIN = 16.0
"""Air at the edge of a slice is no lung either unless it is as deep as this, mm."""
GAS = -950.0
"""HU: a piece whose core is darker holds no blood and is no lung but bowel, stomach or airway."""
SECTION = 1000.0
"""Least of the largest cross-section of a lung, mm²."""
PIECE = 1000.0
"""Least of a further piece of a lung, mm³, which lies at most `NEAR` mm from it."""
NEAR = 10.0
DEEP = 0.25
"""Lesion at the chest wall is added where the lung reaches this share of the way to the wall."""
WEDGE = 4.0
"""Radius of a ball that must find room in what is added, mm."""


def find_lungs(values: np.ndarray, spacing: Spacing) -> np.ndarray:
    """The lungs of a scan, uint8 (slices, rows, columns): 1 the right, 2 the left lung, 0 elsewhere; lesions included.

    `values` are HU, int16, in axial display orientation: slice 0 nearest the head, row 0 anterior, column 0 on the
    patient's right; `spacing` is that of slices, rows and columns in mm. A scan without lungs gives an empty mask; a
    scan of less than the lungs gives what it shows. Raises `ValueError` for what is no volume.
    """
    coarse = reduce(values, spacing)
    flat, cut = _air_inside(coarse)
    inside = flat > 0
    body, centre = _body(coarse, inside)
    middle = float(np.median(centre[:, 0]))
    airways = find_airways(coarse, inside, flat, middle)
    pieces = _lungs(coarse, inside & body & ~airways & ~_gas(coarse, flat), cut)
    if not pieces:
        return np.zeros(values.shape, np.uint8)
    sides = volume_sides.part(pieces, middle, coarse.spacing)
    complete = np.zeros_like(sides)
    closed = [_complete(sides == code, body, airways, centre, coarse.spacing) for code in (1, 2)]
    for code, mask in enumerate(closed, start=1):
        # What closes both, and is neither, lies between them.
        complete[mask & ~closed[2 - code] | (sides == code)] = code
    dense = (complete > 0) & (coarse.hounsfield >= LUNG)
    return refine(values, coarse, complete, dense, airways & (complete == 0))


def _air_inside(coarse: Coarse) -> tuple[np.ndarray, np.ndarray]:
    """The pieces of air in the body, slice by slice (int), and where they reach the edge of the slice (bool)."""
    edge = at_edge(coarse.nothing.shape)
    # A voxel beside nothing is a mixture.
    nothing = dilate_flat(coarse.nothing)
    flat, count = label_flat((coarse.hounsfield < LUNG) & ~nothing)
    size = np.maximum(np.bincount(flat.ravel(), minlength=count + 1), 1)
    contact = np.bincount(flat[edge | dilate_flat(nothing)], minlength=count + 1)
    mean = np.bincount(flat.ravel(), weights=coarse.hounsfield.ravel(), minlength=count + 1) / size
    reaches = contact > 0
    lung = reaches & (mean > OUTER_AIR) & (size * max(coarse.spacing[1:]) > THIN * contact)
    outer = reaches & ~lung
    outer[0], lung[0] = True, False
    return np.where(outer[flat], 0, flat), lung[flat]


def _body(coarse: Coarse, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The body without its skin, bool (slices, rows, columns), and its centre in each slice, x and y (slices, 2)."""
    filled = ((coarse.hounsfield >= LUNG) & ~coarse.nothing | inside).astype(np.uint8)
    pixel = max(coarse.spacing[1:])
    result, centre = np.zeros(filled.shape, bool), np.zeros((len(filled), 2))
    for position, plane in enumerate(filled):
        # Opening cuts off the table.
        body = largest_component(cv2.morphologyEx(plane, cv2.MORPH_OPEN, disk(2 * SKIN / pixel)))
        moments = cv2.moments(body, binaryImage=True)
        centre[position] = [value / 2 for value in plane.shape[::-1]]
        if moments["m00"]:
            centre[position] = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
        # Where nothing was measured the body goes on.
        nothing = coarse.nothing[position]
        result[position] = (cv2.erode(body | nothing, disk(SKIN / pixel)) > 0) & ~nothing
    return result, centre


def _gas(coarse: Coarse, flat: np.ndarray) -> np.ndarray:
    """The pieces `flat` of single slices whose core holds no blood, bool: a thin wall may part stomach and lung."""
    core = np.stack([cv2.erode(plane, disk(1)) for plane in (flat > 0).astype(np.uint8)]) * flat
    size = np.bincount(core.ravel(), minlength=flat.max() + 1)
    total = np.bincount(core.ravel(), weights=coarse.hounsfield.ravel(), minlength=len(size))
    gas = (size > 0) & (total < GAS * size)
    gas[0] = False
    return gas[flat]


def _lungs(coarse: Coarse, air: np.ndarray, cut: np.ndarray) -> list[np.ndarray]:
    """The pieces of air that are lung, bool masks, largest first: large ones, and smaller ones near them."""
    pieces, _ = ndimage.label(air)
    sizes = np.bincount(pieces.ravel())
    pixel, voxel = float(np.prod(coarse.spacing[1:])), float(np.prod(coarse.spacing))
    boxes = ndimage.find_objects(pieces)
    order = [piece for piece in np.argsort(-sizes, kind="stable") if piece and sizes[piece] * voxel >= PIECE / 4]
    large, small, at_side = [], [], []
    for piece in order:
        box = boxes[piece - 1]
        member, dark = pieces[box] == piece, coarse.hounsfield[box]
        core = ndimage.binary_erosion(member)
        if dark[core if core.any() else member].mean() < GAS:
            continue
        if member.sum(axis=(1, 2)).max() * pixel >= SECTION:
            (at_side if cut[box][member].mean() > 0.5 else large).append(piece)
        elif core.any() and sizes[piece] * voxel >= PIECE:
            small.append(piece)
    # What reaches the side of the scan is foam or cloth, unless it is as large as a lung.
    largest = sizes[(large or at_side or [0])[0]]
    large = [piece for piece in large if sizes[piece] >= 0.05 * largest]
    large += [piece for piece in at_side if sizes[piece] >= 0.2 * largest]
    result = [pieces == piece for piece in large]
    if result and small:
        near = dilate(np.logical_or.reduce(result).astype(np.uint8), NEAR, coarse.spacing) > 0
        result += [
            pieces == piece for piece in small if near[boxes[piece - 1]][pieces[boxes[piece - 1]] == piece].any()
        ]
    return result


def _complete(
    lung: np.ndarray, body: np.ndarray, airways: np.ndarray, centre: np.ndarray, spacing: Spacing
) -> np.ndarray:
    """One lung with its vessels, its hilum and dense lesion at the chest wall, bool (slices, rows, columns).

    Airways that the lung surrounds are its own.
    """
    if not lung.any():
        return lung
    margins = [int(2 * BALL / mm) + 2 for mm in spacing]
    found = ndimage.find_objects(lung.astype(np.uint8))[0]
    box = tuple(slice(max(at.start - margin, 0), at.stop + margin) for at, margin in zip(found, margins, strict=True))
    scan, within = lung[box].astype(np.uint8), (body & ~airways)[box].astype(np.uint8)
    pixel = max(spacing[1:])
    ball, filled = disk(BALL / pixel), scan.copy()
    for position, plane in enumerate(scan):
        if plane.any():
            closed = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, ball) & within[position]
            x, y = centre[box[0].start + position] - [box[2].start, box[1].start]
            filled[position] = closed | lesion_at_wall(closed, (x, y), 0.7 / pixel, least=DEEP) & within[position]
    # Across the liver, where a slice shows no lung behind it, only thin wedges are added.
    filled = dilate(erode(filled, WEDGE, spacing), WEDGE, spacing) & filled | scan
    scan = close(_fill(filled) & within, BALL, spacing) & within
    result = np.zeros_like(lung)
    result[box] = (_fill(scan) > 0) & body[box]
    return result


def _fill(lung: np.ndarray) -> np.ndarray:
    """A lung with what it surrounds in two of the three planes: lesion and vessels, not the dome of the diaphragm."""
    votes = np.zeros(lung.shape, np.uint8)
    for axis in range(3):
        planes = np.ascontiguousarray(np.moveaxis(lung, axis, 0))
        filled = np.stack([fill_holes(plane, plane.size) if plane.any() else plane for plane in planes])
        votes += np.moveaxis(filled, 0, axis)
    return (votes >= 2).astype(np.uint8)
