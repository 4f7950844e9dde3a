"""Pictures are laid over each other by the shift and scale by which they were moved, each pair by its own."""

import cv2
import numpy as np
from alike import SIDE, scan

from ssinfnet.slices import registration


def moved_by(image, x, y, width, height):
    """The picture with its content moved, as `lay_over` undoes it: in shares of the side, about the middle."""
    matrix = np.array(
        [
            [width, 0, (1 - width) * (SIDE - 1) / 2 + x * SIDE],
            [0, height, (1 - height) * (SIDE - 1) / 2 + y * SIDE],
        ]
    )
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def test_shift_and_scale_are_found_for_many_pairs_at_once():
    moves = np.array([[0, 0, 1, 1], [0.02, -0.01, 1, 1], [0, 0, 1.03, 0.98], [-0.01, 0.02, 0.98, 1.02]])
    images = [scan(seed)[0] for seed in range(len(moves))]
    still = np.stack([registration.detail(image, 96) for image in images])
    others = np.stack(
        [registration.detail(moved_by(image, *move), 96) for image, move in zip(images, moves, strict=True)]
    )
    before = registration.correlations(still, others)
    moved, found = registration.lay_over(still, others, np.tile(registration.STILL, (len(moves), 1)), 6)
    assert np.abs(found - moves).max() < 0.002
    inside = np.s_[:, 8:-8, 8:-8]
    after = registration.correlations(still[inside], moved[inside])
    assert after.min() > 0.995 and before[1:].max() < 0.95


def test_greys_of_a_pair_and_a_picture_of_nothing_do_not_matter():
    image = registration.detail(scan(0)[0], 48)
    still, others = np.stack([image, image, 0 * image]), np.stack([-0.3 * image, 0 * image, image])
    moved, found = registration.lay_over(still, others, np.tile(registration.STILL, (3, 1)), 3)
    assert np.isfinite(found).all() and np.isfinite(moved).all()
    assert np.abs(found[0] - registration.STILL).max() < 1e-4
    assert registration.correlations(still, others).round(4).tolist() == [-1, 0, 0]
