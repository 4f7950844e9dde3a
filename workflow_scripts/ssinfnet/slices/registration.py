"""Pictures laid over each other: shift and scale by the method of Lucas and Kanade, for many pairs at once.

A move is (x, y, width, height): the shift in shares of the side, and the scale. Pictures are compared by their
`detail`, in which greys that change slowly do not count.
"""

import cv2
import numpy as np

STILL = (0.0, 0.0, 1.0, 1.0)
"""The move that changes nothing."""
_SETTLED = 0.1  # pixels of a step after which the next one changes next to nothing


def detail(image: np.ndarray, size: int) -> np.ndarray:
    """The picture (H, W) at `size` pixels, float32 (size, size), smooth enough to be moved by part of a pixel.

    What changes slowly is taken out, so that the window does not matter.
    """
    shrinks = min(image.shape) >= 2 * size
    double = cv2.resize(image, (2 * size, 2 * size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    smooth = cv2.resize(
        cv2.GaussianBlur(double.astype(np.float32), (0, 0), 2), (size, size), interpolation=cv2.INTER_AREA
    )
    return smooth - cv2.GaussianBlur(smooth, (0, 0), 4)


def lay_over(still: np.ndarray, images: np.ndarray, moves: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Move each of `images` over that of `still`, float32 (N, H, H) both, from `moves` (N, 4) on.

    Returns the moved pictures (N, H, H) and the moves (N, 4), after at most so many `steps` each.
    """
    moves, size = moves.copy(), still.shape[-1]
    moved = np.stack([_moved(image, move) for image, move in zip(images, moves, strict=True)])
    waiting = np.arange(len(still))
    for _ in range(steps):
        change = _corrections(still[waiting], moved[waiting])
        moves[waiting] += change / size
        for place in waiting:
            moved[place] = _moved(images[place], moves[place])
        waiting = waiting[np.abs(change).max(axis=1) >= _SETTLED]
        if not waiting.size:
            break
    return moved, moves


def largest_change(moves: np.ndarray) -> np.ndarray:
    """How far moves (N, 4) are from none, in shares of the side, (N,)."""
    return np.abs(moves - STILL).max(axis=1)


def correlations(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The correlation of each two of N pictures of one size, (N, ...) both, as (N,)."""
    first, second = (pictures.reshape(len(pictures), -1) for pictures in (ones, others))
    first, second = (pictures - pictures.mean(axis=1, keepdims=True) for pictures in (first, second))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.einsum("np,np->n", first, second) / np.maximum(lengths, 1e-6)


def _moved(image: np.ndarray, move: np.ndarray) -> np.ndarray:
    size, (x, y, width, height) = len(image), move
    middle = (size - 1) / 2
    matrix = np.array([[width, 0, (1 - width) * middle + x * size], [0, height, (1 - height) * middle + y * size]])
    return cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )


def _corrections(still: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """A step for each pair, (N, 4): by how much more to move, in pixels (scales: at the two borders together)."""
    count, size = len(still), still.shape[-1]
    place = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    slopes = np.zeros((count, 4, size, size), np.float32)
    np.subtract(moved[:, :, 2:], moved[:, :, :-2], out=slopes[:, 0, :, 1:-1])
    np.subtract(moved[:, 2:], moved[:, :-2], out=slopes[:, 1, 1:-1])
    slopes[:, :2] /= 2
    np.multiply(slopes[:, 0], place, out=slopes[:, 2])
    np.multiply(slopes[:, 1], place[:, None], out=slopes[:, 3])
    still, moved, slopes = still.reshape(count, -1), moved.reshape(count, -1), slopes.reshape(count, 4, -1)
    length = np.einsum("np,np->n", moved, moved)
    gain = np.einsum("np,np->n", still, moved) / np.maximum(length, 1e-6)
    products = slopes @ slopes.transpose(0, 2, 1)
    # So little that it matters only where a picture has no slope in a direction.
    products += 1e-6 * (length[:, None, None] + 1e-6) * np.eye(4, dtype=np.float32)
    left = slopes @ (still - gain[:, None] * moved)[..., None]
    # The slopes of the picture with its gain are `gain` times these.
    gain = np.where(np.abs(gain) < 1e-3, np.inf, gain)
    return np.linalg.solve(products, left)[..., 0] / gain[:, None]
